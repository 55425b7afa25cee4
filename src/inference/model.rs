//! What one stream runs: the slot that hands new nets to its lane, versions, and what came into use when.
//!
//! A trained net stays with its stream for the publisher's session: through reconnections within the grace period,
//! until the playlist ends. The next session starts from stock weights, unless a package was uploaded before it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use api::control::{ModelInUse, ModelOrigin, Outcome, SwapRecord};
use api::names::StreamName;
use media::picture::{FrameRate, Picture, Size};
use media::time::MediaTime;
use models::package::Shelf;
use models::{FEdsrConfig, Fingerprint, Package, Preset};
use nets::Upscaler;

use super::history::History;
use super::profile::Profile;
use super::slot::Slot;

/// Which net it is; the same for every copy of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// 0 for stock weights, then counts up.
    pub version: u64,
    /// SHA-256 of the package, hex.
    pub fingerprint: String,
    /// Parameters.
    pub config: FEdsrConfig,
    /// Where it came from.
    pub origin: ModelOrigin,
    /// What the trainer measured.
    pub gain_db: Option<f64>,
}

/// A proven net, ready to work. Whoever has it, owns it.
#[derive(Debug)]
pub struct Net {
    /// Does the work; on the engine's thread only.
    pub upscaler: Box<dyn Upscaler>,
    /// Which one it is.
    pub identity: Arc<Identity>,
    /// When its package arrived, for the swap record.
    pub arrived: Instant,
}

/// The pictures that a lane has to keep up with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Size of a received picture.
    pub size: Size,
    /// How many come a second.
    pub frame_rate: FrameRate,
}

/// The nets of one stream. Shared by hub, lane, library and HTTP.
#[derive(Debug)]
pub struct StreamModel {
    /// The stream.
    pub name: StreamName,
    /// What the configuration says.
    pub profile: Profile,
    /// Hands a proven net to the lane.
    pub slot: Slot<Net>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    versions: u64,
    accepted: Option<(Arc<Identity>, Package)>,
    /// What was accepted before, for patches to start from.
    shelf: Shelf,
    in_use: Option<Arc<Identity>>,
    history: History,
    sample: Option<Picture>,
    ordered: Option<Preset>,
    demand: Option<Demand>,
}

impl StreamModel {
    /// A stream that runs nothing yet.
    pub fn new(name: StreamName, profile: Profile) -> Self {
        Self { name, profile, slot: Slot::default(), ledger: Mutex::default() }
    }

    /// A new playlist begins: earlier swaps belong to an earlier timeline.
    pub fn session_began(&self) {
        self.ledger().history.clear();
    }

    /// The playlist has ended: its nets go. Answers a net that waited in the slot, to be dropped elsewhere.
    pub fn session_ended(&self) -> Option<Net> {
        let waiting = self.slot.take();
        let mut ledger = self.ledger();
        ledger.accepted = None;
        ledger.shelf.clear();
        ledger.in_use = None;
        ledger.sample = None;
        ledger.demand = None;
        waiting
    }

    /// The lane got to know its pictures.
    pub fn demanded(&self, demand: Demand) {
        self.ledger().demand = Some(demand);
    }

    /// The pictures that the lane has to keep up with, if there is a lane.
    pub fn demand(&self) -> Option<Demand> {
        self.ledger().demand
    }

    /// The lane shows a recent picture, for new nets to be proven on.
    pub fn sampled(&self, picture: Picture) {
        self.ledger().sample = Some(picture);
    }

    /// A recent picture of the stream.
    pub fn sample(&self) -> Option<Picture> {
        self.ledger().sample.clone()
    }

    /// The preset that streamers are told to train.
    pub fn ordered(&self) -> Option<Preset> {
        self.ledger().ordered
    }

    /// Decides which preset streamers are told to train.
    pub fn order(&self, preset: Preset) {
        self.ledger().ordered = Some(preset);
    }

    /// The package that was accepted last.
    pub fn accepted(&self) -> Option<(Arc<Identity>, Package)> {
        self.ledger().accepted.clone()
    }

    /// A package of this session or of the program, by its name.
    pub fn held(&self, fingerprint: Fingerprint) -> Option<Package> {
        self.ledger().shelf.get(fingerprint)
    }

    /// Notes a proven package and gives it its identity: stock weights are version 0, others count up.
    pub fn accept(&self, package: &Package, origin: ModelOrigin) -> Arc<Identity> {
        let mut ledger = self.ledger();
        if origin == ModelOrigin::Trained {
            ledger.versions += 1;
        }
        let identity = Arc::new(Identity {
            version: if origin == ModelOrigin::Trained { ledger.versions } else { 0 },
            fingerprint: package.fingerprint().to_hex(),
            config: package.config(),
            origin,
            // What stock weights gained on other footage says nothing about this stream.
            gain_db: gain(package).filter(|_| origin == ModelOrigin::Trained),
        });
        ledger.accepted = Some((Arc::clone(&identity), package.clone()));
        ledger.shelf.put(package.clone());
        identity
    }

    /// What becomes of a net that is accepted now.
    pub fn outcome(&self) -> Outcome {
        if self.ledger().demand.is_some() { Outcome::Live } else { Outcome::Ready }
    }

    /// The lane made the first picture with another net.
    pub fn came_into_use(&self, net: &Net, from: MediaTime, frames_in: u64) {
        let mut ledger = self.ledger();
        let identity = &net.identity;
        let again = ledger.in_use.as_ref() == Some(identity);
        ledger.in_use = Some(Arc::clone(identity));
        if again {
            return;
        }
        let took_ms = net.arrived.elapsed().as_secs_f64() * 1e3;
        ledger.history.add(SwapRecord {
            version: identity.version,
            fingerprint: identity.fingerprint.clone(),
            origin: identity.origin,
            from_s: from.as_secs_f64(),
            frames_in,
            gain_db: identity.gain_db,
            took_ms,
        });
        tracing::info!(
            stream = %self.name, version = identity.version, fingerprint = &identity.fingerprint[..12],
            net = %identity.config, gain_db = identity.gain_db.map(|gain| tracing::field::display(format!("{gain:.2}"))),
            %from, took_ms = took_ms.round(), "net in use"
        );
    }

    /// The lane gave this net up. One that was accepted since is still to come.
    pub fn out_of_use(&self, identity: &Identity) {
        let mut ledger = self.ledger();
        ledger.in_use = None;
        if ledger.accepted.as_ref().is_some_and(|(accepted, _)| std::ptr::eq(&raw const **accepted, identity))
        {
            ledger.accepted = None;
        }
    }

    /// The net in use and all swaps, for the API.
    pub fn status(&self) -> (Option<ModelInUse>, Vec<SwapRecord>) {
        let ledger = self.ledger();
        let in_use = ledger.in_use.as_ref().map(|identity| ModelInUse {
            version: identity.version,
            fingerprint: identity.fingerprint.clone(),
            architecture: describe(identity.config),
            origin: identity.origin,
            gain_db: identity.gain_db,
        });
        (in_use, ledger.history.to_vec())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Every change is complete before anything can panic.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gain over plain upsampling that the trainer measured.
pub fn gain(package: &Package) -> Option<f64> {
    package.metadata().training.map(|training| training.psnr_after - training.psnr_before)
}

fn describe(config: FEdsrConfig) -> String {
    let preset = Preset::of(config).map_or_else(String::new, |preset| format!("{preset} "));
    format!("f-edsr {preset}{}x{} x{}", config.channels, config.blocks, config.scale)
}

#[cfg(test)]
mod tests {
    use models::Architecture as _;
    use models::package::Metadata;

    use super::*;

    fn package(value: f32) -> Package {
        let config = Preset::Nano.config(2).unwrap();
        let weights: Vec<Vec<f32>> =
            config.tensors().iter().map(|spec| vec![value; spec.elements()]).collect();
        Package::write(&Metadata::new(config), &weights).unwrap()
    }

    #[test]
    fn versions_count_up_across_sessions_and_stock_is_zero() {
        let model = StreamModel::new("demo".parse().unwrap(), Profile::Auto);
        assert_eq!(model.accept(&package(0.0), ModelOrigin::Stock).version, 0);
        assert_eq!(model.accept(&package(0.1), ModelOrigin::Trained).version, 1);
        assert!(model.session_ended().is_none());
        assert!(model.accepted().is_none());
        assert_eq!(model.accept(&package(0.2), ModelOrigin::Trained).version, 2);
    }

    #[test]
    fn nets_are_described_for_people() {
        assert_eq!(describe(Preset::Small.config(2).unwrap()), "f-edsr small 16x4 x2");
        assert_eq!(describe(FEdsrConfig::new(24, 3, 2).unwrap()), "f-edsr 24x3 x2");
    }
}
