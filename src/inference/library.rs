//! The loader thread: verifies packages, has nets built and proven on the engine, hands them to lanes, drops old ones.
//!
//! One request after the other. Whoever asks never waits inside a lane or an async task: requests go through a bounded
//! channel, and when it is full the asker is told (uploads) or the request is dropped and logged (everything else).

mod loader;
mod rejection;
mod request;
mod upload;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use api::control::{ModelReport, TrainingOrder};
use media::ffmpeg::EncoderSettings;
use models::{Architecture as _, FEdsrConfig, Preset};
use tokio::sync::{oneshot, watch};

use super::engine::{self, EngineHandle};
use super::live::{Demand, Net};
use super::machine::{self, Machine};
use super::model::StreamModel;
use loader::Loader;
use request::{Measured, Request};

pub use rejection::PackageRejection;
pub use upload::PackageUpload;

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
    machine: Arc<Machine>,
    scale: u8,
}

impl Library {
    /// Starts the thread. It measures the machine first, with an encoder of these settings (for upscaled pictures of
    /// the usual ones); requests wait meanwhile. Without settings it measures nothing: every stream says which preset it
    /// wants.
    pub fn start(engine: EngineHandle, encode: Option<EncoderSettings>, scale: u8) -> std::io::Result<Self> {
        let (requests, queue) = sync_channel(MAX_REQUESTS);
        let (tell, measured) = watch::channel(Measured::NotYet);
        let machine = Arc::new(Machine::default());
        let ends = Arc::new(AtomicBool::new(false));
        let handle = LibraryHandle { requests, measured, machine: Arc::clone(&machine), scale };
        let ending = Arc::clone(&ends);
        let thread = std::thread::Builder::new().name("library".to_owned()).spawn(move || {
            let costs =
                encode.map_or(Measured::Unknown, |encode| loader::measure(&engine, &encode, scale, &ending));
            let loader = Loader { engine, machine, costs: costs.clone(), scale };
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
        Ok(Self { handle, ends, thread })
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

impl LibraryHandle {
    /// Has a streamer's package verified, proven and handed to the stream's lane.
    pub async fn upload(
        &self,
        model: Arc<StreamModel>,
        package: PackageUpload,
    ) -> Result<ModelReport, PackageRejection> {
        let (reply, report) = oneshot::channel();
        let request = Request::Upload { model, package, arrived: Instant::now(), reply };
        self.requests.try_send(request).map_err(|_| PackageRejection::Busy)?;
        report.await.unwrap_or(Err(PackageRejection::Engine(engine::lost())))
    }

    /// A lane knows its pictures.
    pub fn prepare(&self, model: Arc<StreamModel>, demand: Demand) {
        self.ask(Request::Prepare { model, demand });
    }

    /// A lane lost its net.
    pub fn restore(&self, model: Arc<StreamModel>) {
        self.ask(Request::Restore { model });
    }

    /// A session has ended.
    pub fn balance(&self) {
        self.ask(Request::Balance);
    }

    /// A net is not used any more; it is dropped on the loader's thread, or here if that is too busy.
    pub fn retire(&self, net: Net) {
        self.ask(Request::Retire(net));
    }

    /// Who knows all lanes.
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// What a streamer should train for a stream; waits until the machine is measured. `None` where the stream is
    /// configured for plain upsampling.
    pub async fn training_order(&self, model: &StreamModel) -> Option<TrainingOrder> {
        let mut measured = self.measured.clone();
        // An error means that the library has ended; what was known last still holds.
        let _ = measured.wait_for(|measured| *measured != Measured::NotYet).await;
        let preset = machine::largest_preset(model, measured.borrow().costs())?;
        let config = preset.config(self.scale).ok()?;
        Some(TrainingOrder {
            architecture: "f-edsr".to_owned(),
            preset: preset.to_string(),
            channels: config.channels,
            blocks: config.blocks,
            scale: config.scale,
            max_bytes: largest_package(config) as u64,
            in_use: model.accepted.newest().map(|(identity, _)| identity.fingerprint.clone()),
        })
    }

    /// Bytes that a package for a stream may have.
    pub fn max_bytes(&self, model: &StreamModel) -> usize {
        let preset = machine::largest_preset(model, self.measured.borrow().costs()).unwrap_or(Preset::Nano);
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
            Err(TrySendError::Full(Request::Balance)) => {
                tracing::debug!("library busy, nets stay as they are until the next lane comes or goes");
            }
            Err(TrySendError::Full(_)) => {
                tracing::warn!("library busy, a lane stays without its net for now");
            }
        }
    }
}

/// Single precision and a full header.
fn largest_package(config: FEdsrConfig) -> usize {
    4 * config.parameters() + models::package::MAX_HEADER_BYTES
}
