//! What the loader thread does with a request.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use api::control::{ModelOrigin, ModelReport, Outcome};
use media::picture::{Picture, Size};
use models::{Package, Preset, stock};
use nets::{NetError, Precision, Upscaler};

use super::{Measured, Offer, Rejection, Request, Verdict, check, ordered};
use crate::inference::engine::{EngineHandle, WorkError};
use crate::inference::model::{Demand, Identity, Net, StreamModel};
use crate::inference::profile::Profile;
use crate::inference::profile::{self, Costs, USUAL};
use crate::inference::prove::{self, Evidence, Proof};
use crate::out::EncodeSettings;

/// How long one step on the engine may take. Steps are pictures and builds; a processor that is shared with many
/// others takes a second for the largest, and live pictures of other streams go first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread's state.
pub(super) struct Loader {
    pub(super) engine: EngineHandle,
    pub(super) costs: Measured,
    pub(super) scale: u8,
}

/// Measures the machine; a failure is logged and means the smallest net.
pub(super) fn measure(
    engine: &EngineHandle,
    encode: &EncodeSettings,
    scale: u8,
    ends: &AtomicBool,
) -> Measured {
    let started = Instant::now();
    match Costs::measure(engine, encode, scale, ends) {
        Ok(costs) => {
            let preset = costs.choose(USUAL);
            tracing::info!(
                device = engine.device_name(), base = ?costs.base, nets = ?costs.nets, took = ?started.elapsed(),
                "measured; {preset} keeps up with {} at {}", USUAL.size, USUAL.frame_rate
            );
            Measured::Costs(Arc::new(costs))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot measure this machine; streams get the smallest net");
            Measured::Unknown
        }
    }
}

impl Loader {
    /// Does what is asked; breaks when the server ends.
    pub(super) fn serve(&self, request: Request) -> ControlFlow<()> {
        match request {
            Request::Upload { model, offer, arrived, reply } => {
                let verdict = self.upload(&model, offer, arrived);
                if let Err(rejection) = &verdict {
                    tracing::warn!(stream = %model.name, %rejection, "package rejected, the net in use stays");
                }
                // Whoever asked may have gone; the net is in use all the same.
                let _ = reply.send(verdict);
            }
            Request::Prepare { model, demand } => self.prepare(&model, demand),
            Request::Restore { model } => self.restore(&model),
            Request::Retire(net) => drop(net),
            Request::End => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn upload(&self, model: &StreamModel, offer: Offer, arrived: Instant) -> Verdict {
        let package = offer.package(model)?;
        let fingerprint = package.fingerprint().to_hex();
        if let Some((identity, _)) =
            model.accepted().filter(|(identity, _)| identity.fingerprint == fingerprint)
        {
            return Ok(ModelReport { version: identity.version, fingerprint, outcome: Outcome::Unchanged });
        }
        let preset = ordered(model, &self.costs).ok_or(Rejection::NoNets)?;
        let ordered = preset.config(self.scale).map_err(models::PackageError::from)?;
        check(&package, ordered)?;
        let evidence = match model.sample() {
            Some(picture) => Evidence::Live(picture),
            None => Evidence::Synthetic(prove::synthetic(USUAL.size)),
        };
        let upscaler = self.build(&package, size_of(&evidence))?;
        let (upscaler, proof) = self.prove(upscaler, &evidence)?;
        tracing::debug!(stream = %model.name, ?proof, "package proven");
        let is_stock = stock::find(package.fingerprint()).is_some();
        let origin = if is_stock { ModelOrigin::Stock } else { ModelOrigin::Trained };
        let identity = model.accept(&package, origin);
        let report = ModelReport { version: identity.version, fingerprint, outcome: model.outcome() };
        hand_over(model, upscaler, identity, arrived);
        Ok(report)
    }

    /// Chooses for the real pictures; gives the lane stock weights unless a trained net is there.
    fn prepare(&self, model: &StreamModel, demand: Demand) {
        let arrived = Instant::now();
        let Some(preset) = profile::choose(model.profile, self.costs.costs(), demand) else { return };
        let slow =
            model.profile == Profile::Auto && self.costs.costs().is_some_and(|costs| !costs.keep_up(demand));
        if model.ordered() != Some(preset) && slow {
            tracing::warn!(
                stream = %model.name, size = %demand.size, rate = %demand.frame_rate,
                "this machine is too slow for every picture: many will be upsampled without a net. Publish smaller \
                 pictures or fewer a second, or run the server on a faster machine"
            );
        }
        if model.ordered() != Some(preset) {
            tracing::info!(stream = %model.name, size = %demand.size, rate = %demand.frame_rate, %preset, "net chosen");
        }
        model.order(preset);
        let Some(package) = stock_up_to(preset, self.scale) else {
            tracing::info!(stream = %model.name, %preset, "no stock weights; plain upsampling until a package comes");
            return;
        };
        let keep = model.accepted().is_some_and(|(identity, _)| {
            identity.origin == ModelOrigin::Trained || identity.config == package.config()
        });
        if keep {
            return;
        }
        match self.build(&package, demand.size) {
            Ok(upscaler) => hand_over(model, upscaler, model.accept(&package, ModelOrigin::Stock), arrived),
            Err(error) => tracing::error!(stream = %model.name, %error, "cannot build the stock net"),
        }
    }

    fn restore(&self, model: &StreamModel) {
        let Some((identity, package)) = model.accepted() else { return };
        if !model.slot.is_empty() {
            return;
        }
        let size = model.demand().unwrap_or(USUAL).size;
        match self.build(&package, size) {
            Ok(upscaler) => hand_over(model, upscaler, identity, Instant::now()),
            Err(error) => tracing::error!(stream = %model.name, %error, "cannot build the net again"),
        }
    }

    /// A new frozen net, warm for pictures of this size.
    fn build(&self, package: &Package, size: Size) -> Result<Box<dyn Upscaler>, Rejection> {
        let package = package.clone();
        let built = self.engine.run(move |backend| {
            let mut upscaler = backend.upscaler(&package, Precision::Auto)?;
            upscaler.warm_up(size)?;
            Ok::<_, NetError>(upscaler)
        })?;
        built.wait(PATIENCE)?.map_err(|error| Rejection::Harmful(error.to_string()))
    }

    /// Takes the net to the engine and back for every picture, so that live pictures wait for one at most.
    fn prove(&self, upscaler: Box<dyn Upscaler>, evidence: &Evidence) -> Result<Proven, Rejection> {
        let mut place = Some(upscaler);
        let verdict = prove::prove(evidence, self.scale, |lr, plain| {
            let upscaler = place.take().ok_or(TrialError::Work(WorkError::Lost))?;
            let (upscaler, enhanced) = self.try_on(upscaler, lr.clone(), plain)?;
            place = Some(upscaler);
            enhanced.map_err(TrialError::Net)
        });
        match (verdict, place) {
            (Ok(proof), Some(upscaler)) => Ok((upscaler, proof)),
            (Err(prove::Harm::Net(TrialError::Work(error))), _) => Err(error.into()),
            (Err(harm), _) => Err(Rejection::Harmful(harm.to_string())),
            (Ok(_), None) => Err(WorkError::Lost.into()),
        }
    }

    fn try_on(
        &self,
        mut upscaler: Box<dyn Upscaler>,
        lr: Picture,
        plain: Picture,
    ) -> Result<Trial, WorkError> {
        let reply = self.engine.run(move |_| {
            let enhanced = upscaler.upscale(&lr, plain);
            (upscaler, enhanced)
        })?;
        reply.wait(PATIENCE)
    }
}

/// The largest stock net that is not larger than the preset.
fn stock_up_to(preset: Preset, scale: u8) -> Option<Package> {
    let larger_first = Preset::ALL.into_iter().rev().skip_while(|other| *other != preset);
    larger_first.filter_map(stock::package).find(|package| package.config().scale == scale)
}

type Proven = (Box<dyn Upscaler>, Proof);
type Trial = (Box<dyn Upscaler>, Result<Picture, NetError>);

#[derive(Debug, thiserror::Error)]
enum TrialError {
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Net(NetError),
}

fn size_of(evidence: &Evidence) -> Size {
    let (Evidence::Live(picture) | Evidence::Synthetic(picture)) = evidence;
    picture.size()
}

fn hand_over(model: &StreamModel, upscaler: Box<dyn Upscaler>, identity: Arc<Identity>, arrived: Instant) {
    // A net that nobody took is dropped here, on the loader's thread.
    drop(model.slot.put(Net { upscaler, identity, arrived }));
}
