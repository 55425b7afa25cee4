//! The lane's seat for a net: swaps it between two pictures, lends it to the engine for one, gives it up when it fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::picture::Picture;
use media::time::MediaTime;
use nets::NetError;

use crate::inference::engine::Reply;
use crate::inference::{EngineHandle, Identity, LibraryHandle, Net, StreamModel};
use crate::lane::thread::Workshop;

/// One picture takes less than this on anything that can be called live; beyond it the engine is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures in a row after which a net is given up.
const MOST_FAILURES: u32 = 5;

pub(super) struct NetSeat {
    engine: EngineHandle,
    library: LibraryHandle,
    model: Arc<StreamModel>,
    net: Option<Net>,
    /// A newer net that came while the one in use was at the engine.
    fresh: bool,
    lent: Option<(Arc<Identity>, Reply<Worked>)>,
    failures: u32,
}

/// A net back from the engine, with what it made.
struct Worked {
    net: Net,
    outcome: Result<Picture, NetError>,
    took: Duration,
}

impl NetSeat {
    pub(super) fn new(workshop: &Workshop, model: Arc<StreamModel>) -> Self {
        let (engine, library) = (workshop.engine.clone(), workshop.library.clone());
        Self { engine, library, model, net: None, fresh: false, lent: None, failures: 0 }
    }

    /// Whether there is a net, here or at the engine.
    pub(super) fn is_taken(&self) -> bool {
        self.net.is_some() || self.lent.is_some()
    }

    /// Takes the newest net that was handed over; the one before is dropped elsewhere. Between two pictures only: a
    /// net that is at the engine is replaced once it is back.
    pub(super) fn take_latest(&mut self) {
        if self.lent.is_some() {
            return;
        }
        if let Some(net) = self.model.live.take() {
            self.fresh = true;
            self.failures = 0;
            if let Some(old) = self.net.replace(net) {
                self.library.retire(old);
            }
        }
    }

    /// Lends the net to the engine for one picture. `false`: it could not be, and the picture is lost.
    pub(super) fn submit(&mut self, lr: Picture, plain: Picture) -> bool {
        self.take_latest();
        let Some(mut net) = self.net.take() else { return false };
        let identity = Arc::clone(&net.identity);
        let reply = self.engine.run(move |_| {
            let started = Instant::now();
            let outcome = net.upscaler.upscale(&lr, plain);
            Worked { net, outcome, took: started.elapsed() }
        });
        self.lent = reply.ok().map(|reply| (identity, reply));
        self.lent.is_some()
    }

    /// Waits for the picture at the engine; answers it and the time that it took there. `None`: the net failed on it.
    pub(super) fn collect(
        &mut self,
        pts: MediaTime,
        frames_in: impl Fn() -> u64,
    ) -> Option<(Picture, Duration)> {
        let (identity, reply) = self.lent.take()?;
        let worked = match reply.wait(PATIENCE) {
            Ok(worked) => worked,
            Err(error) => {
                tracing::error!(stream = %self.model.name, %error, "the net is lost; plain until the next one");
                self.model.out_of_use(&identity);
                return None;
            }
        };
        let Worked { net, outcome, took } = worked;
        match outcome {
            Ok(picture) => {
                self.failures = 0;
                if std::mem::take(&mut self.fresh) {
                    self.model.came_into_use(&net, pts, frames_in());
                }
                self.net = Some(net);
                Some((picture, took))
            }
            Err(error) => {
                self.failed(net, &error);
                None
            }
        }
    }

    /// Gives the net up; the lane has ended.
    pub(super) fn leave(&mut self) {
        if let Some(net) = self.net.take() {
            self.library.retire(net);
        }
    }

    fn failed(&mut self, net: Net, error: &NetError) {
        self.failures += 1;
        tracing::warn!(stream = %self.model.name, %error, failures = self.failures, "the net failed on a picture");
        if self.failures < MOST_FAILURES {
            self.net = Some(net);
            return;
        }
        tracing::error!(stream = %self.model.name, "the net is given up; plain until the next one");
        self.model.out_of_use(&net.identity);
        self.library.retire(net);
    }
}
