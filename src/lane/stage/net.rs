//! The stream's spatial net as its lane uses it: swapped between two pictures, lent to the engine for one, given up
//! when it keeps failing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::picture::Picture;
use media::time::MediaTime;
use nets::NetError;

use crate::inference::engine::Reply;
use crate::inference::{EngineHandle, Identity, LibraryHandle, Net, StreamModel};
use crate::lane::parts::LaneParts;
use crate::lane::stats::LaneStats;

/// One picture takes less than this on anything that can be called live; beyond it the engine is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures in a row after which a net is given up.
const MOST_FAILURES: u32 = 5;

pub(super) struct LaneNet {
    engine: EngineHandle,
    library: LibraryHandle,
    model: Arc<StreamModel>,
    stats: Arc<LaneStats>,
    state: State,
    /// It has not made a picture yet.
    fresh: bool,
    failures: u32,
}

enum State {
    Absent,
    Here(Net),
    /// With what it makes of the picture, and the time that it takes.
    AtEngine(Arc<Identity>, Reply<(Net, Result<Picture, NetError>, Duration)>),
}

impl LaneNet {
    pub(super) fn new(parts: &LaneParts) -> Self {
        Self {
            engine: parts.shared.engine.clone(),
            library: parts.shared.library.clone(),
            model: Arc::clone(&parts.model),
            stats: Arc::clone(&parts.stats),
            state: State::Absent,
            fresh: false,
            failures: 0,
        }
    }

    /// Whether there is a net, here or at the engine.
    pub(super) fn is_present(&self) -> bool {
        !matches!(self.state, State::Absent)
    }

    /// Takes the newest net that was handed over; the one before is dropped elsewhere. Between two pictures only: a
    /// net that is at the engine is replaced once it is back.
    pub(super) fn take_latest(&mut self) {
        if matches!(self.state, State::AtEngine(..)) {
            return;
        }
        if let Some(net) = self.model.live.take() {
            self.fresh = true;
            self.failures = 0;
            self.retire();
            self.state = State::Here(net);
        }
    }

    /// Lends the net to the engine for one picture. `false`: it could not be, and the picture is lost.
    pub(super) fn submit(&mut self, received: Picture, lanczos: Picture) -> bool {
        self.take_latest();
        let State::Here(mut net) = self.take_state() else { return false };
        let identity = Arc::clone(&net.identity);
        let reply = self.engine.run(move |_| {
            let started = Instant::now();
            let outcome = net.upscaler.upscale(&received, lanczos);
            (net, outcome, started.elapsed())
        });
        // Without an engine the net is gone with the job.
        let Ok(reply) = reply else { return false };
        self.state = State::AtEngine(identity, reply);
        true
    }

    /// Waits for the picture at the engine; answers it and the time that it took there. `None`: the net failed on it.
    pub(super) fn collect(&mut self, pts: MediaTime) -> Option<(Picture, Duration)> {
        let State::AtEngine(identity, reply) = self.take_state() else { return None };
        let answer = reply.wait(PATIENCE).inspect_err(|error| {
            tracing::error!(stream = %self.model.name, %error, "the net is lost; Lanczos until the next one");
            self.model.out_of_use(&identity);
        });
        let (net, outcome, took) = answer.ok()?;
        let picture = match outcome {
            Ok(picture) => picture,
            Err(error) => {
                self.fail(net, &error);
                return None;
            }
        };
        self.failures = 0;
        if self.fresh {
            self.fresh = false;
            self.model.came_into_use(&net, pts, self.stats.view().frames_in);
        }
        self.state = State::Here(net);
        Some((picture, took))
    }

    fn fail(&mut self, net: Net, error: &NetError) {
        self.failures += 1;
        tracing::warn!(stream = %self.model.name, %error, failures = self.failures, "the net failed on a picture");
        if self.failures < MOST_FAILURES {
            self.state = State::Here(net);
            return;
        }
        tracing::error!(stream = %self.model.name, "the net is given up; Lanczos until the next one");
        self.model.out_of_use(&net.identity);
        self.library.retire(net);
    }

    fn take_state(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Absent)
    }

    /// Frees a net elsewhere: that takes a while, and pictures wait.
    fn retire(&mut self) {
        if let State::Here(net) = self.take_state() {
            self.library.retire(net);
        }
    }
}

impl Drop for LaneNet {
    fn drop(&mut self) {
        self.retire();
    }
}
