//! How training stands.

use models::Package;

use super::AdaptiveTrainer;
use crate::monitor::Look;
use crate::{GainSample, Record, State};

impl AdaptiveTrainer {
    /// What trainings came to, as far as it is learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.threshold.samples()
    }

    /// The best network so far.
    pub fn best(&self) -> Option<&Package> {
        self.best.as_ref()
    }

    /// The latest looks, the oldest first.
    pub fn looks(&self) -> impl ExactSizeIterator<Item = &Look> {
        self.monitor.looks()
    }

    /// The latest trainings, the oldest first, the one that goes on included.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.ended.iter().chain(self.lesson.as_ref().map(|lesson| &lesson.record))
    }

    /// Trainings begun, those that are no longer listed included.
    pub fn trainings(&self) -> u64 {
        self.trainings
    }

    /// Seconds spent on all of them.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// What it does.
    pub fn state(&self) -> State {
        match (&self.lesson, self.scene.is_some()) {
            _ if self.too_slow => State::TooSlow,
            (Some(_), _) => State::Training,
            (None, true) if self.request.is_none() => State::Resting,
            (None, _) => State::Waiting,
        }
    }
}
