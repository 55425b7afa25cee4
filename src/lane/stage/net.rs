//! The stream's spatial net as its lane uses it: swapped between two pictures, lent to the engine for one, given up
//! when it keeps failing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::picture::Picture;
use media::time::MediaTime;
use nets::NetError;

use crate::inference::engine::Reply;
use crate::inference::{EngineHandle, Identity, LibraryHandle, Net, StreamModel};
use crate::lane::parts::Shared;
use crate::lane::stats::LaneStats;

/// One picture takes less than this on anything that can be called live; beyond it the engine is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures in a row after which a net is given up.
const MOST_FAILURES: u32 = 5;

pub(super) struct LiveNet {
    engine: EngineHandle,
    library: LibraryHandle,
    model: Arc<StreamModel>,
    net: Option<Net>,
    /// It has not made a picture yet.
    fresh: bool,
    lent: Option<(Arc<Identity>, Reply<(Net, Result<Picture, NetError>, Duration)>)>,
    failures: u32,
}

impl LiveNet {
    pub(super) fn new(shared: &Shared, model: Arc<StreamModel>) -> Self {
        Self {
            engine: shared.engine.clone(),
            library: shared.library.clone(),
            model,
            net: None,
            fresh: false,
            lent: None,
            failures: 0,
        }
    }

    /// Whether there is a net, here or at the engine.
    pub(super) fn is_present(&self) -> bool {
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
    pub(super) fn submit(&mut self, received: Picture, lanczos: Picture) -> bool {
        self.take_latest();
        let Some(mut net) = self.net.take() else { return false };
        let identity = Arc::clone(&net.identity);
        let reply = self.engine.run(move |_| {
            let started = Instant::now();
            let outcome = net.upscaler.upscale(&received, lanczos);
            (net, outcome, started.elapsed())
        });
        self.lent = reply.ok().map(|reply| (identity, reply));
        self.lent.is_some()
    }

    /// Waits for the picture at the engine; answers it and the time that it took there. `None`: the net failed on it.
    pub(super) fn collect(&mut self, pts: MediaTime, stats: &LaneStats) -> Option<(Picture, Duration)> {
        let (identity, reply) = self.lent.take()?;
        let (net, outcome, took) = match reply.wait(PATIENCE) {
            Ok(worked) => worked,
            Err(error) => {
                tracing::error!(stream = %self.model.name, %error, "the net is lost; Lanczos until the next one");
                self.model.out_of_use(&identity);
                return None;
            }
        };
        match outcome {
            Ok(picture) => {
                self.failures = 0;
                if std::mem::take(&mut self.fresh) {
                    self.model.came_into_use(&net, pts, stats.view().frames_in);
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

    fn failed(&mut self, net: Net, error: &NetError) {
        self.failures += 1;
        tracing::warn!(stream = %self.model.name, %error, failures = self.failures, "the net failed on a picture");
        if self.failures < MOST_FAILURES {
            self.net = Some(net);
            return;
        }
        tracing::error!(stream = %self.model.name, "the net is given up; Lanczos until the next one");
        self.model.out_of_use(&net.identity);
        self.library.retire(net);
    }
}

/// Frees the net elsewhere: that takes a while, and a lane that ends is waited for.
impl Drop for LiveNet {
    fn drop(&mut self) {
        if let Some(net) = self.net.take() {
            self.library.retire(net);
        }
    }
}
