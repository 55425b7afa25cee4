//! A lane's thread: started, watched over, joined.
//!
//! A panic inside the lane costs what was inside it: it is logged and counted, the accepted net is built again, and
//! the lane goes on at the next keyframe. The server and the other lanes do not notice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::names::StreamName;
use media::picture::Size;
use tokio::sync::oneshot;

use super::stats::LaneStats;
use super::worker::Worker;
use crate::inference::engine::panic_message;
use crate::inference::{EngineHandle, LibraryHandle, SecondStage, StreamModel};
use crate::lane::queue::Queue;
use crate::out::EncodeSettings;
use crate::out::Output;

/// A lane that broke waits this long before it goes on, so that one that always breaks does nothing else.
const REST: Duration = Duration::from_millis(500);

/// What all lanes share: who runs nets, who builds them, how the output is coded.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// Who runs the nets.
    pub engine: EngineHandle,
    /// Who builds and drops nets.
    pub library: LibraryHandle,
    /// What refines selected pictures, where that is wanted.
    pub second_stage: Option<SecondStage>,
    /// How enhanced pictures are coded.
    pub encode: EncodeSettings,
    /// Largest enhanced picture.
    pub max_size: Size,
    /// Upscaling factor.
    pub scale: u8,
}

impl Workshop {
    /// Size of the enhanced pictures of received ones of this size; `None` if they would be too large.
    pub fn enhanced(&self, received: Size) -> Option<Size> {
        let large = received.scaled(self.scale.into());
        (large.is_supported() && large.area() <= self.max_size.area()).then_some(large)
    }
}

/// Everything that one lane works with.
#[derive(Clone)]
pub struct LaneParts {
    /// What all lanes share.
    pub workshop: Workshop,
    /// The stream.
    pub name: StreamName,
    /// What it is fed with.
    pub queue: Arc<Queue>,
    /// What it counts.
    pub stats: Arc<LaneStats>,
    /// Where the enhanced units go.
    pub output: Output,
    /// Which net it uses.
    pub model: Arc<StreamModel>,
}

/// A running lane.
#[derive(Debug)]
pub struct Lane {
    queue: Arc<Queue>,
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl Lane {
    /// Starts the thread.
    pub fn start(parts: LaneParts) -> std::io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let queue = Arc::clone(&parts.queue);
        // The system shows 15 characters of it.
        let thread = std::thread::Builder::new().name(format!("lane-{}", parts.name)).spawn(move || {
            watch_over(&parts);
            // Nobody waits for a lane whose session was given up.
            let _ = end.send(());
        })?;
        Ok(Self { queue, thread, ended })
    }

    /// Says that nothing follows; the lane begins to end.
    pub fn close(&self) {
        self.queue.close();
    }

    /// Ends the lane: what waits is finished plainly and quickly, then the thread is joined. Up to `patience`; a
    /// lane that takes longer hangs inside a codec and is left behind, loudly.
    pub async fn end(self, patience: Duration) {
        self.close();
        let name = self.thread.thread().name().unwrap_or("lane").to_owned();
        if tokio::time::timeout(patience, self.ended).await.is_err() {
            tracing::error!(lane = name, ?patience, "the lane does not end and is left behind");
            return;
        }
        // The thread has nothing left to do but return.
        if self.thread.join().is_err() {
            tracing::error!(lane = name, "the lane panicked");
        }
    }
}

fn watch_over(parts: &LaneParts) {
    let mut worker = Worker::new(parts.clone());
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| worker.run())) {
        let reason = panic_message(&*panic);
        tracing::error!(stream = %parts.name, reason, "the enhanced lane broke; it goes on at the next keyframe");
        parts.stats.broke();
        // What broke is not trusted to clean up after itself either.
        let config = worker.config();
        if catch_unwind(AssertUnwindSafe(|| drop(worker))).is_err() {
            tracing::error!(stream = %parts.name, "the broken lane broke again while it was dropped");
        }
        std::thread::sleep(REST);
        parts.workshop.library.restore(Arc::clone(&parts.model));
        worker = Worker::new(parts.clone());
        if let Some(config) = config {
            worker.resume(config);
        }
    }
}
