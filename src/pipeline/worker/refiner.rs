//! The lane's seat for the second net: has it built and timed on the engine, lends it for one picture, gives it up when
//! it keeps failing.

use std::time::{Duration, Instant};

use media::picture::Picture;
use models::refine::RefineError;
use models::{Precision, TcsrPackage, TcsrRefiner};

use crate::enhance::EngineHandle;
use crate::enhance::engine::Reply;

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
    /// Nobody has asked for it yet.
    Absent,
    /// It is being built and timed.
    Building(Reply<Result<Built, RefineError>>),
    Ready(TcsrRefiner),
    /// It failed too often, or could not be built.
    Lost,
}

type Built = (TcsrRefiner, Duration);

impl RefinerSeat {
    pub(super) fn new(package: TcsrPackage, engine: EngineHandle) -> Self {
        Self { package, engine, state: State::Absent, failures: 0 }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Pictures have another size: the next one is timed again.
    pub(super) fn start_again(&mut self) {
        if self.is_ready() {
            self.state = State::Absent;
        }
    }

    /// Has the net built if it is not there. Answers what a picture like this takes, once, when it is.
    pub(super) fn prepare(&mut self, picture: &Picture) -> Option<Duration> {
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Absent => {
                self.state = self.build(picture);
                None
            }
            State::Building(reply) => match reply.poll() {
                None => {
                    self.state = State::Building(reply);
                    None
                }
                Some(Ok(Ok((refiner, took)))) => {
                    tracing::debug!(net = %refiner.config(), size = %picture.size(), ?took, "second stage ready");
                    self.state = State::Ready(refiner);
                    Some(took)
                }
                Some(Ok(Err(error))) => {
                    tracing::warn!(%error, "no second stage");
                    None
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "no second stage");
                    None
                }
            },
            other => {
                self.state = other;
                None
            }
        }
    }

    /// The first picture of a size is slower than the following ones, so the second is timed.
    fn build(&self, picture: &Picture) -> State {
        let package = self.package.clone();
        let pictures = vec![picture.clone(); package.config().pictures()];
        let reply = self.engine.run_aside(move |device| {
            let mut refiner = TcsrRefiner::build(&package, device, Precision::Auto)?;
            refiner.refine(&pictures)?;
            let started = Instant::now();
            refiner.refine(&pictures)?;
            Ok((refiner, started.elapsed()))
        });
        reply.map_or(State::Lost, State::Building)
    }

    /// Refines the middle picture; answers it and the time that it took. `None`: the net failed on it.
    pub(super) fn refine(&mut self, pictures: Vec<Picture>) -> Option<(Picture, Duration)> {
        let State::Ready(mut refiner) = std::mem::replace(&mut self.state, State::Lost) else { return None };
        let reply = self.engine.run_aside(move |_| {
            let started = Instant::now();
            let outcome = refiner.refine(&pictures);
            (refiner, outcome, started.elapsed())
        });
        let (refiner, outcome, took) = match reply.and_then(|reply| reply.wait(PATIENCE)) {
            Ok(answer) => answer,
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
