//! What the loader thread does with a request.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use api::control::{ModelOrigin, ModelReport, Outcome};
use media::ffmpeg::EncoderSettings;
use media::picture::Size;
use models::{Package, Preset, stock};
use nets::{NetError, Precision, Upscaler};

use super::rejection::PackageRejection;
use super::request::{Measured, Request};
use super::upload::{PackageUpload, check};
use crate::inference::accepted::Identity;
use crate::inference::engine::{self, EngineHandle};
use crate::inference::live::{Demand, Net};
use crate::inference::machine::{self, Machine};
use crate::inference::model::StreamModel;
use crate::inference::profile::{Costs, Profile, USUAL};
use crate::inference::prove::{self, Proof, ProofFrame};

/// How long one step on the engine may take. Steps are pictures and builds; a processor that is shared with many
/// others takes a second for the largest, and live pictures of other streams go first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread's state.
pub(super) struct Loader {
    pub(super) engine: EngineHandle,
    pub(super) machine: Arc<Machine>,
    pub(super) costs: Measured,
    pub(super) scale: u8,
}

/// Measures the machine; a failure is logged and means the smallest net.
pub(super) fn measure(
    engine: &EngineHandle,
    encode: &EncoderSettings,
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
            Request::Upload { model, package, arrived, reply } => {
                let report = self.upload(&model, package, arrived);
                if let Err(rejection) = &report {
                    tracing::warn!(stream = %model.name, %rejection, "package rejected, the net in use stays");
                }
                // Whoever asked may have gone; the net is in use all the same.
                let _ = reply.send(report);
            }
            Request::Prepare { model, demand } => self.prepare(&model, demand),
            Request::Restore { model } => self.restore(&model),
            Request::Balance => self.balance(),
            Request::Retire(net) => drop(net),
            Request::End => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn upload(
        &self,
        model: &StreamModel,
        package: PackageUpload,
        arrived: Instant,
    ) -> Result<ModelReport, PackageRejection> {
        let package = package.read(&model.accepted)?;
        let fingerprint = package.fingerprint().to_hex();
        // A streamer that reconnects sends what is there already; the lane's net need not change for that.
        let newest = model.accepted.newest().map(|(identity, _)| identity);
        if let Some(identity) = newest.filter(|identity| identity.fingerprint == fingerprint) {
            return Ok(ModelReport { version: identity.version, fingerprint, outcome: Outcome::Unchanged });
        }
        let preset = machine::largest_preset(model, self.costs.costs()).ok_or(PackageRejection::NoNets)?;
        check(&package, preset.config(self.scale)?)?;
        let sample = match model.live.sample() {
            Some(picture) => ProofFrame::Live(picture),
            None => ProofFrame::Synthetic(prove::synthetic(USUAL.size)),
        };
        // Built for the size that it is proven on, which is the lane's if there is one: the lane's first picture is fast.
        let upscaler = self.build(&package, sample.picture().size())?;
        let (upscaler, proof) = self.prove(upscaler, &sample)?;
        tracing::debug!(stream = %model.name, ?proof, "package proven");
        let is_stock = stock::find(package.fingerprint()).is_some();
        let origin = if is_stock { ModelOrigin::Stock } else { ModelOrigin::Trained };
        // Accepted before it is handed over: a lane that loses it at once finds it to be restored.
        let identity = model.accepted.add(&package, origin);
        let report = ModelReport { version: identity.version, fingerprint, outcome: model.outcome() };
        hand_over(model, upscaler, identity, arrived);
        Ok(report)
    }

    /// A lane has come, or its pictures are others than before.
    fn prepare(&self, model: &Arc<StreamModel>, demand: Demand) {
        let too_slow = |costs: &Costs| !costs.keep_up(demand);
        let slow = model.profile == Profile::Auto && self.costs.costs().is_some_and(too_slow);
        let before = model.accepted.preset();
        self.machine.enter(model);
        self.balance();
        if slow && model.accepted.preset() != before {
            tracing::warn!(
                stream = %model.name, size = %demand.size, rate = %demand.frame_rate,
                "this machine is too slow for every picture: many will be upsampled without a net. Publish smaller \
                 pictures or fewer a second, or run the server on a faster machine"
            );
        }
    }

    /// Chooses for all lanes together; whose choice is new gets what belongs to it.
    fn balance(&self) {
        for (model, preset) in self.machine.choose(self.costs.costs()) {
            self.give(&model, preset);
        }
    }

    /// Stock weights of the preset, unless a trained net is there that may stay.
    fn give(&self, model: &StreamModel, preset: Preset) {
        let arrived = Instant::now();
        let before = model.accepted.set_preset(preset);
        let demand = model.live.demand().unwrap_or(USUAL);
        let lanes = self.machine.lanes();
        if before != Some(preset) {
            tracing::info!(
                stream = %model.name, size = %demand.size, rate = %demand.frame_rate, %preset, lanes, "net chosen"
            );
        }
        let largest = preset.config(self.scale).ok();
        let trained = model.accepted.newest_trained();
        // A stream that has the machine to itself keeps what was trained for it, whatever its pictures become.
        let too_large = lanes > 1
            && trained.zip(largest).is_some_and(|(trained, largest)| trained.is_larger_than(largest));
        if trained.is_some() && !too_large {
            return;
        }
        if too_large {
            tracing::warn!(
                stream = %model.name, %preset, lanes, "the lanes need more time than the machine has; a smaller net"
            );
            if let Some((identity, package)) = largest.and_then(|config| model.accepted.return_to(config)) {
                self.build_for(model, &package, identity, demand.size, arrived);
                return;
            }
        }
        let Some(package) = stock_up_to(preset, self.scale) else {
            tracing::info!(stream = %model.name, %preset, "no stock weights; plain upsampling until a package comes");
            return;
        };
        let newest = model.accepted.newest();
        if !too_large && newest.is_some_and(|(identity, _)| identity.config == package.config()) {
            return;
        }
        match self.build(&package, demand.size) {
            Ok(upscaler) => {
                hand_over(model, upscaler, model.accepted.add(&package, ModelOrigin::Stock), arrived);
            }
            Err(error) => tracing::error!(stream = %model.name, %error, "cannot build the stock net"),
        }
    }

    fn restore(&self, model: &StreamModel) {
        let Some((identity, package)) = model.accepted.newest() else { return };
        // A newer net waits for the lane: better than the lost one.
        if model.live.is_waiting() {
            return;
        }
        let size = model.live.demand().unwrap_or(USUAL).size;
        self.build_for(model, &package, identity, size, Instant::now());
    }

    /// Builds a net again that was proven before.
    fn build_for(
        &self,
        model: &StreamModel,
        package: &Package,
        identity: Arc<Identity>,
        size: Size,
        arrived: Instant,
    ) {
        match self.build(package, size) {
            Ok(upscaler) => hand_over(model, upscaler, identity, arrived),
            Err(error) => tracing::error!(stream = %model.name, %error, "cannot build the net again"),
        }
    }

    /// A new frozen net, warm for pictures of this size.
    fn build(&self, package: &Package, size: Size) -> Result<Box<dyn Upscaler>, PackageRejection> {
        let package = package.clone();
        let built = self.engine.run(move |backend| {
            let mut upscaler = backend.upscaler(&package, Precision::Auto)?;
            upscaler.warm_up(size)?;
            Ok::<_, NetError>(upscaler)
        })?;
        built.wait(PATIENCE)?.map_err(|error| PackageRejection::Fails(error.to_string()))
    }

    /// Takes the net to the engine and back for every picture, so that live pictures wait for one at most.
    fn prove(
        &self,
        upscaler: Box<dyn Upscaler>,
        sample: &ProofFrame,
    ) -> Result<(Box<dyn Upscaler>, Proof), PackageRejection> {
        let mut here = Some(upscaler);
        let proof = prove::prove(sample, self.scale, |lr, lanczos| {
            // The net travels with the job and back; a job that is lost takes it along.
            let mut upscaler = here.take().ok_or_else(engine::lost)?;
            let lr = lr.clone();
            let reply = self.engine.run(move |_| {
                let upscaled = upscaler.upscale(&lr, lanczos);
                (upscaler, upscaled)
            })?;
            let (upscaler, upscaled) = reply.wait(PATIENCE)?;
            here = Some(upscaler);
            upscaled.map_err(|error| {
                PackageRejection::Fails(format!("the net cannot enhance a picture: {error}"))
            })
        })??;
        Ok((here.ok_or_else(engine::lost)?, proof))
    }
}

/// The largest stock net that is not larger than the preset.
fn stock_up_to(preset: Preset, scale: u8) -> Option<Package> {
    let larger_first = Preset::ALL.into_iter().rev().skip_while(|other| *other != preset);
    larger_first.filter_map(stock::package).find(|package| package.config().scale == scale)
}

fn hand_over(model: &StreamModel, upscaler: Box<dyn Upscaler>, identity: Arc<Identity>, arrived: Instant) {
    // A net that nobody took is dropped here, on the loader's thread.
    drop(model.live.hand_over(Net { upscaler, identity, arrived }));
}
