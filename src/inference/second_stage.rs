//! The second stage as all lanes share it: one set of weights, and what they cost.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use media::picture::Size;
use models::TcsrPackage;

use super::engine::EngineHandle;
use super::machine::Machine;

/// What refining is timed on; other sizes take as much more or less as they have pixels.
const TIMED: Size = Size { width: 960, height: 540 };

/// TCSR for all lanes.
#[derive(Debug, Clone)]
pub struct SecondStage {
    package: TcsrPackage,
    machine: Arc<Machine>,
    /// Of a picture of [`TIMED`].
    cost: Arc<OnceLock<Duration>>,
}

impl SecondStage {
    /// The stock net, which is timed on the engine; nobody waits for it, and until then nothing is refined.
    pub fn stock(engine: &EngineHandle, machine: &Arc<Machine>) -> Self {
        let package = models::stock::tcsr();
        let stage = Self { package, machine: Arc::clone(machine), cost: Arc::default() };
        let package = stage.package.clone();
        let cost = Arc::clone(&stage.cost);
        // Aside: lanes must not count the measurement as time that nets needed.
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

    pub fn package(&self) -> &TcsrPackage {
        &self.package
    }

    /// Lanes that share what the first stage leaves over.
    pub fn lanes(&self) -> usize {
        self.machine.lanes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::fake::FakeBackend;

    #[test]
    fn it_is_timed_once_and_costs_grow_with_the_picture() {
        let engine = FakeBackend::default().engine();
        let stage = SecondStage::stock(&engine.handle(), &Arc::default());
        engine.join();
        let cost = stage.cost(TIMED).unwrap();
        let quarter = stage.cost(Size { width: 480, height: 270 }).unwrap();
        assert!(cost > Duration::ZERO && quarter.abs_diff(cost / 4) < Duration::from_micros(1));
    }
}
