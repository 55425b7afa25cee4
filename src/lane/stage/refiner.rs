//! The temporal net as one lane uses it: built at the first need, lent to the engine for one picture, given up when it
//! keeps failing.

use std::time::{Duration, Instant};

use media::picture::Picture;
use models::TcsrPackage;
use nets::{NetError, Precision, Refiner};

use crate::inference::EngineHandle;

/// One picture takes less than this on anything where it would be affordable.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures in a row after which the net is given up.
const MOST_FAILURES: u32 = 5;

pub(super) struct LaneRefiner {
    package: TcsrPackage,
    engine: EngineHandle,
    /// `None` until it is needed, and once it is lost.
    refiner: Option<Box<dyn Refiner>>,
    /// [`MOST_FAILURES`] where it can never work again.
    failures: u32,
}

impl LaneRefiner {
    pub(super) fn new(package: TcsrPackage, engine: EngineHandle) -> Self {
        Self { package, engine, refiner: None, failures: 0 }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// Refines the middle picture; answers it and the time that it took. `None`: the net failed on it.
    pub(super) fn refine(&mut self, pictures: Vec<Picture>) -> Option<(Picture, Duration)> {
        if self.is_lost() {
            return None;
        }
        let built = self.refiner.take();
        let package = self.package.clone();
        // Aside: its time must not count as time that nets needed, or the budget would shrink by what it spends.
        let reply = self.engine.run_aside(move |backend| {
            let mut refiner = match built {
                Some(refiner) => refiner,
                None => backend.refiner(&package, Precision::Auto)?,
            };
            let started = Instant::now();
            let outcome = refiner.refine(&pictures);
            Ok::<_, NetError>((refiner, outcome, started.elapsed()))
        });
        let (refiner, outcome, took) = match reply.and_then(|reply| reply.wait(PATIENCE)) {
            Ok(Ok(worked)) => worked,
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot build the second stage");
                self.failures = MOST_FAILURES;
                return None;
            }
            Err(error) => {
                // The net is still over there, if it is anywhere.
                tracing::error!(%error, "the second stage is lost; pictures leave as the first one made them");
                self.failures = MOST_FAILURES;
                return None;
            }
        };
        match outcome {
            Ok(_) => self.failures = 0,
            Err(ref error) => {
                self.failures += 1;
                tracing::warn!(%error, failures = self.failures, "a picture could not be refined");
            }
        }
        // One that is given up must not keep its memory on the accelerator.
        self.refiner = (!self.is_lost()).then_some(refiner);
        Some((outcome.ok()?, took))
    }
}
