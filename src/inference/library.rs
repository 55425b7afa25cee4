//! The loader thread: verifies packages, has nets built and proven on the engine, hands them to lanes, drops old ones.
//!
//! One request after the other. Whoever asks never waits inside a lane or an async task: requests go through a bounded
//! channel, and when it is full the asker is told (uploads) or the request is dropped and logged (everything else).

mod loader;
mod offer;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use api::control::{ModelReport, TrainingOrder};
use loader::Loader;
use models::package::PatchError;
use models::{Architecture as _, FEdsrConfig, Package, PackageError, Preset};
use tokio::sync::{oneshot, watch};

use super::engine::{self, EngineHandle, WorkError};
use super::model::{Demand, Net, StreamModel};
use super::profile::Profile;
use super::profile::{self, Costs, USUAL};
use crate::out::EncodeSettings;

pub use offer::Offer;

/// Requests that may wait.
const MAX_REQUESTS: usize = 32;

/// The running loader thread.
#[derive(Debug)]
pub struct Library {
    handle: LibraryHandle,
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// Whom to ask for nets.
#[derive(Debug, Clone)]
pub struct LibraryHandle {
    requests: SyncSender<Request>,
    measured: watch::Receiver<Measured>,
    scale: u8,
}

/// What is known of this machine's speed.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// Being measured.
    NotYet,
    /// Nothing: no stream has the profile `auto`, or measuring failed.
    Unknown,
    /// What a picture costs.
    Costs(Arc<Costs>),
}

impl Measured {
    fn costs(&self) -> Option<&Costs> {
        if let Self::Costs(costs) = self { Some(costs) } else { None }
    }
}

/// What the loader is asked for.
#[derive(Debug)]
enum Request {
    /// A streamer's package.
    Upload { model: Arc<StreamModel>, offer: Offer, arrived: Instant, reply: oneshot::Sender<Verdict> },
    /// A lane knows its pictures: choose a preset, give it stock weights unless a trained net is there.
    Prepare { model: Arc<StreamModel>, demand: Demand },
    /// A lane lost its net: build the accepted one again.
    Restore { model: Arc<StreamModel> },
    /// A net is not used any more.
    Retire(Net),
    /// The server ends.
    End,
}

type Verdict = Result<ModelReport, Rejection>;

/// Why a package is not used. The net in use stays.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The bytes are not a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The bytes are not a patch, or not one of the package that it was announced for.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// A patch of a package that the stream does not have (any more).
    #[error("the stream does not have the package that the patch starts from; send the whole package")]
    OtherBase,
    /// The stream is configured to run no net.
    #[error("this stream is configured for plain upsampling; set its profile to auto or a preset")]
    NoNets,
    /// Another upscaling factor.
    #[error("the net scales by {offered}, this stream by {expected}; ask for the training order")]
    Scale {
        /// The package's.
        offered: u8,
        /// The stream's.
        expected: u8,
    },
    /// More work than this machine does in time.
    #[error(
        "{offered} is heavier than the {ordered} that this server can run live; ask for the training order"
    )]
    TooHeavy {
        /// The package's net.
        offered: FEdsrConfig,
        /// What the server asks for.
        ordered: FEdsrConfig,
    },
    /// The trainer says that it is no better than no net.
    #[error(
        "the package's own training summary says {gain:+.2} dB; upload it once it gains over plain upsampling"
    )]
    NoGain {
        /// PSNR after training less PSNR before.
        gain: f64,
    },
    /// The trainer says nothing.
    #[error("the package has no training summary; upload packages that the trainer wrote")]
    NoSummary,
    /// The net does harm.
    #[error("{0}")]
    Harmful(String),
    /// The engine failed; says nothing about the package.
    #[error("the package could not be tried: {0}; try again")]
    Engine(#[from] WorkError),
    /// Too many packages wait already.
    #[error("too many packages wait to be proven; try again in a few seconds")]
    Busy,
}

impl Library {
    /// Starts the thread. With `measure`, it measures the machine first; requests wait meanwhile.
    pub fn start(
        engine: EngineHandle,
        encode: EncodeSettings,
        scale: u8,
        measure: Measure,
    ) -> std::io::Result<Self> {
        let (requests, queue) = sync_channel(MAX_REQUESTS);
        let (tell, measured) = watch::channel(Measured::NotYet);
        let ends = Arc::new(AtomicBool::new(false));
        let measured_for_nobody = Arc::clone(&ends);
        let thread = std::thread::Builder::new().name("library".to_owned()).spawn(move || {
            let costs = match measure {
                Measure::Skip => Measured::Unknown,
                Measure::AtStart => loader::measure(&engine, &encode, scale, &measured_for_nobody),
            };
            let loader = Loader { engine, costs: costs.clone(), scale };
            // Nobody listens only while the server ends.
            let _ = tell.send(costs);
            while let Ok(request) = queue.recv() {
                // A request that panics costs its reply and nothing else.
                match catch_unwind(AssertUnwindSafe(|| loader.serve(request))) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => break,
                    Err(panic) => {
                        let reason = engine::panic_message(&*panic);
                        tracing::error!(reason, "the library panicked over a request; please report this");
                    }
                }
            }
        })?;
        Ok(Self { handle: LibraryHandle { requests, measured, scale }, ends, thread })
    }

    /// Whom to ask.
    pub fn handle(&self) -> LibraryHandle {
        self.handle.clone()
    }

    /// Ends the thread after the requests that wait; later ones are not answered.
    pub fn join(self) {
        self.ends.store(true, Ordering::Relaxed);
        // A thread that has ended already needs no telling.
        let _ = self.handle.requests.send(Request::End);
        if self.thread.join().is_err() {
            tracing::error!("the library thread panicked");
        }
    }
}

/// Whether the machine is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Some stream has the profile `auto`.
    AtStart,
    /// Every stream says which preset it wants.
    Skip,
}

impl LibraryHandle {
    /// Has a streamer's package verified, proven and handed to the stream's lane.
    pub async fn upload(&self, model: Arc<StreamModel>, offer: Offer) -> Verdict {
        let (reply, verdict) = oneshot::channel();
        let request = Request::Upload { model, offer, arrived: Instant::now(), reply };
        self.requests.try_send(request).map_err(|_| Rejection::Busy)?;
        verdict.await.unwrap_or(Err(Rejection::Engine(WorkError::Lost)))
    }

    /// A lane knows its pictures.
    pub fn prepare(&self, model: Arc<StreamModel>, demand: Demand) {
        self.ask(Request::Prepare { model, demand });
    }

    /// A lane lost its net.
    pub fn restore(&self, model: Arc<StreamModel>) {
        self.ask(Request::Restore { model });
    }

    /// A net is not used any more; it is dropped on the loader's thread, or here if that is too busy.
    pub fn retire(&self, net: Net) {
        self.ask(Request::Retire(net));
    }

    /// What a streamer should train for a stream; waits until the machine is measured. `None` where the stream is
    /// configured for plain upsampling.
    pub async fn order(&self, model: &StreamModel) -> Option<TrainingOrder> {
        let mut measured = self.measured.clone();
        // An error means that the library has ended; what was known last still holds.
        let _ = measured.wait_for(|measured| *measured != Measured::NotYet).await;
        let preset = ordered(model, &measured.borrow())?;
        let config = preset.config(self.scale).ok()?;
        Some(TrainingOrder {
            architecture: "f-edsr".to_owned(),
            preset: preset.to_string(),
            channels: config.channels,
            blocks: config.blocks,
            scale: config.scale,
            max_bytes: largest_package(config) as u64,
            in_use: model.accepted().map(|(identity, _)| identity.fingerprint.clone()),
        })
    }

    /// Bytes that a package for a stream may have.
    pub fn max_bytes(&self, model: &StreamModel) -> usize {
        let preset = ordered(model, &self.measured.borrow()).unwrap_or(Preset::Nano);
        preset.config(self.scale).map_or(0, largest_package)
    }

    /// Whether the machine is measured, that is, whether streams get what they should.
    pub fn is_ready(&self) -> bool {
        *self.measured.borrow() != Measured::NotYet
    }

    fn ask(&self, request: Request) {
        match self.requests.try_send(request) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(Request::Retire(_))) => {
                tracing::debug!("library busy, net dropped in place");
            }
            Err(TrySendError::Full(_)) => {
                tracing::warn!("library busy, a lane stays without its net for now");
            }
        }
    }
}

/// The preset that a stream's streamer should train.
fn ordered(model: &StreamModel, measured: &Measured) -> Option<Preset> {
    match model.profile {
        Profile::Plain => None,
        Profile::Fixed(preset) => Some(preset),
        Profile::Auto => {
            let demand = model.demand().unwrap_or(USUAL);
            model.ordered().or_else(|| profile::choose(model.profile, measured.costs(), demand))
        }
    }
}

/// Single precision and a full header.
fn largest_package(config: FEdsrConfig) -> usize {
    4 * config.parameters() + models::package::MAX_HEADER_BYTES
}

/// What can be said against a package before a net is built of it.
fn check(package: &Package, ordered: FEdsrConfig) -> Result<(), Rejection> {
    let offered = package.config();
    if offered.scale != ordered.scale {
        return Err(Rejection::Scale { offered: offered.scale, expected: ordered.scale });
    }
    // As many weights in more and thinner layers would take longer.
    let larger = offered.channels > ordered.channels
        || offered.blocks > ordered.blocks
        || offered.tail > ordered.tail
        || offered.parameters() > ordered.parameters();
    if larger {
        return Err(Rejection::TooHeavy { offered, ordered });
    }
    match super::model::gain(package) {
        None => Err(Rejection::NoSummary),
        Some(gain) if gain > 0.0 => Ok(()),
        Some(gain) => Err(Rejection::NoGain { gain }),
    }
}

#[cfg(test)]
mod tests {
    use models::package::{Metadata, TrainingSummary};

    use super::*;

    fn package(preset: Preset, gain: Option<f64>) -> Package {
        let config = preset.config(2).unwrap();
        let training = gain.map(|gain| TrainingSummary {
            pairs: 1,
            steps: 1,
            seconds: 1.0,
            psnr_before: 30.0,
            psnr_after: 30.0 + gain,
        });
        let weights: Vec<Vec<f32>> = config.tensors().iter().map(|spec| vec![0.0; spec.elements()]).collect();
        Package::write(&Metadata { training, ..Metadata::new(config) }, &weights).unwrap()
    }

    #[test]
    fn packages_must_gain_fit_and_say_so() {
        let small = Preset::Small.config(2).unwrap();
        assert!(check(&package(Preset::Small, Some(0.5)), small).is_ok());
        assert!(check(&package(Preset::Nano, Some(0.5)), small).is_ok());
        let rejected = |preset, gain| check(&package(preset, gain), small).unwrap_err();
        assert!(matches!(rejected(Preset::Base, Some(0.5)), Rejection::TooHeavy { .. }));
        assert!(matches!(rejected(Preset::Small, Some(0.0)), Rejection::NoGain { .. }));
        assert!(matches!(rejected(Preset::Small, None), Rejection::NoSummary));
        let tripled = Preset::Small.config(3).unwrap();
        assert!(matches!(check(&package(Preset::Small, Some(0.5)), tripled), Err(Rejection::Scale { .. })));
    }
}
