//! The lane's seat for the second net: lends it to the engine for one picture, gives it up when it keeps failing.

use std::time::{Duration, Instant};

use media::picture::Picture;
use models::TcsrPackage;
use nets::{NetError, Precision, Refiner};

use crate::inference::EngineHandle;

/// One picture takes less than this on anything where it would be affordable.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures in a row after which the net is given up.
const MOST_FAILURES: u32 = 5;

pub(super) struct RefinerSeat {
    package: TcsrPackage,
    engine: EngineHandle,
    state: State,
    failures: u32,
}

enum State {
    /// Nobody has needed it yet.
    Absent,
    Ready(Box<dyn Refiner>),
    /// It failed too often.
    Lost,
}

impl RefinerSeat {
    pub(super) fn new(package: TcsrPackage, engine: EngineHandle) -> Self {
        Self { package, engine, state: State::Absent, failures: 0 }
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Refines the middle picture; answers it and the time that it took. `None`: the net failed on it.
    pub(super) fn refine(&mut self, pictures: Vec<Picture>) -> Option<(Picture, Duration)> {
        let (state, package) = (std::mem::replace(&mut self.state, State::Lost), self.package.clone());
        let reply = self.engine.run_aside(move |backend| {
            let mut refiner = match state {
                State::Ready(refiner) => refiner,
                State::Absent => backend.refiner(&package, Precision::Auto)?,
                State::Lost => return Ok(None),
            };
            let started = Instant::now();
            let outcome = refiner.refine(&pictures);
            Ok::<_, NetError>(Some((refiner, outcome, started.elapsed())))
        });
        let (refiner, outcome, took) = match reply.and_then(|reply| reply.wait(PATIENCE)) {
            Ok(Ok(worked)) => worked?,
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot build the second stage");
                return None;
            }
            Err(error) => {
                tracing::error!(%error, "the second stage is lost; pictures leave as the first one made them");
                return None;
            }
        };
        match outcome {
            Ok(picture) => {
                self.failures = 0;
                self.state = State::Ready(refiner);
                Some((picture, took))
            }
            Err(error) => {
                self.failures += 1;
                tracing::warn!(%error, failures = self.failures, "a picture could not be refined");
                if self.failures < MOST_FAILURES {
                    self.state = State::Ready(refiner);
                }
                None
            }
        }
    }
}
