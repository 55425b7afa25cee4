//! How training stands.

use api::control::{TrainingReport, TrainingState};
use learn::GainSample;
use models::Package;

use super::AdaptiveTrainer;

impl AdaptiveTrainer {
    /// What trainings came to, as far as it is learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.threshold.samples()
    }

    /// The best network so far.
    pub fn best(&self) -> Option<&Package> {
        self.best.as_ref()
    }

    /// How it stands.
    pub fn report(&self) -> TrainingReport {
        let current = self.lesson.as_ref().map(|lesson| lesson.record.clone());
        TrainingReport {
            state: self.state(),
            looks: self.monitor.looks().copied().collect(),
            trainings: self.ended.iter().cloned().chain(current).collect(),
            trainings_total: self.trainings,
            seconds_total: self.seconds,
        }
    }

    /// What it does.
    pub fn state(&self) -> TrainingState {
        match (&self.lesson, self.scene.is_some()) {
            _ if self.too_slow => TrainingState::TooSlow,
            (Some(_), _) => TrainingState::Training,
            (None, true) if self.request.is_none() => TrainingState::Resting,
            (None, _) => TrainingState::Waiting,
        }
    }
}
