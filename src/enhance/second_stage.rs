//! The second stage as all lanes share it: one set of weights, and the number of lanes that share the time for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use models::TcsrPackage;

/// TCSR for all lanes.
#[derive(Debug, Clone)]
pub struct SecondStage {
    package: TcsrPackage,
    lanes: Arc<AtomicUsize>,
}

/// A lane's share; given back when dropped.
#[derive(Debug)]
pub struct Share(Arc<AtomicUsize>);

impl SecondStage {
    /// The stock net.
    pub fn stock() -> Self {
        Self { package: models::stock::tcsr(), lanes: Arc::default() }
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

    #[test]
    fn lanes_are_counted_while_they_are_there() {
        let stage = SecondStage::stock();
        let first = stage.join();
        let second = stage.clone().join();
        assert_eq!((first.lanes(), second.lanes()), (2, 2));
        drop(first);
        assert_eq!(second.lanes(), 1);
    }
}
