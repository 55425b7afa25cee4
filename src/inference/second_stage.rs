//! The second stage as all lanes share it: one set of weights, and the number of lanes that share the time for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use media::picture::Size;
use models::TcsrPackage;

use super::engine::EngineHandle;

/// What refining is timed on; other sizes take as much more or less as they have pixels.
const TIMED: Size = Size { width: 960, height: 540 };

/// TCSR for all lanes.
#[derive(Debug, Clone)]
pub struct SecondStage {
    package: TcsrPackage,
    lanes: Arc<AtomicUsize>,
    /// Of a picture of [`TIMED`].
    cost: Arc<OnceLock<Duration>>,
}

/// A lane's share; given back when dropped.
#[derive(Debug)]
pub struct Share(Arc<AtomicUsize>);

impl SecondStage {
    /// The stock net, which is timed on the engine; nobody waits for it, and until then nothing is refined.
    pub fn stock(engine: &EngineHandle) -> Self {
        let stage = Self { package: models::stock::tcsr(), lanes: Arc::default(), cost: Arc::default() };
        let (package, cost) = (stage.package.clone(), Arc::clone(&stage.cost));
        let timed = engine.run_aside(move |backend| match backend.time_to_refine(&package, TIMED) {
            Ok(took) => {
                tracing::info!(net = %package.config(), ?took, size = %TIMED, "second stage measured");
                // It is timed once.
                let _ = cost.set(took);
            }
            Err(error) => tracing::warn!(%error, "no second stage"),
        });
        if let Err(error) = timed {
            tracing::warn!(%error, "no second stage");
        }
        stage
    }

    /// What refining a picture of this size takes while nothing else runs; `None` while it is not known.
    pub fn cost(&self, size: Size) -> Option<Duration> {
        let pixels = size.area() as f64 / TIMED.area() as f64;
        self.cost.get().map(|cost| cost.mul_f64(pixels))
    }

    /// The net.
    pub fn package(&self) -> &TcsrPackage {
        &self.package
    }

    /// One lane more.
    pub fn join(&self) -> Share {
        self.lanes.fetch_add(1, Ordering::Relaxed);
        Share(Arc::clone(&self.lanes))
    }
}

impl Share {
    /// Lanes that share, this one among them.
    pub fn lanes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::fake::FakeBackend;

    #[test]
    fn it_is_timed_once_and_lanes_are_counted_while_they_are_there() {
        let engine = FakeBackend::default().engine();
        let stage = SecondStage::stock(&engine.handle());
        let first = stage.join();
        let second = stage.clone().join();
        assert_eq!((first.lanes(), second.lanes()), (2, 2));
        drop(first);
        assert_eq!(second.lanes(), 1);
        engine.join();
        let cost = stage.cost(TIMED).unwrap();
        let quarter = stage.cost(Size { width: 480, height: 270 }).unwrap();
        assert!(cost > Duration::ZERO && quarter.abs_diff(cost / 4) < Duration::from_micros(1));
    }
}
