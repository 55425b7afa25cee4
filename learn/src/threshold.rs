//! When a training has gained enough: at a gain set by experience, or at a fair share of what is in reach here, whichever
//! comes first.
//!
//! What is in reach is predicted from what a training begins with and what became of the trainings before, by
//! [`GainPredictor`]. The first trainings run until more steps bring no more, and supply what it learns from; every finished one
//! adds to that, and the record outlives the program.

mod gains;

use std::path::Path;

use crate::End as TrainingEnd;
use crate::{GainPredictor, GainSample, TrainError};
use gains::GainRecord;
use models::FEdsrConfig;

/// Where a training ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Gain in dB; none: it goes on until more steps bring no more.
    pub gain: Option<f64>,
    /// The largest gain in dB that was predicted, if enough trainings are known.
    pub predicted: Option<f64>,
}

impl Goal {
    /// More steps have to bring no more.
    pub const NONE: Self = Self { gain: None, predicted: None };
}

/// The two thresholds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Gain in dB that is enough anywhere (`TH_s`).
    pub enough: f64,
    /// Share of the predicted gain that is enough here (`alpha`).
    pub share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { enough: 2.0, share: 0.9 }
    }
}

/// Sets goals for trainings of one network, and learns from what became of them.
#[derive(Debug)]
pub struct Threshold {
    limits: Limits,
    record: GainRecord,
    predictor: Option<GainPredictor>,
}

impl Threshold {
    /// For trainings of `config`. With a folder, what is learnt is kept there from one start of the program to the next.
    pub fn open(config: FEdsrConfig, limits: Limits, folder: Option<&Path>) -> Self {
        let record = GainRecord::open(config, folder);
        let mut threshold = Self { limits, record, predictor: None };
        threshold.fit();
        threshold
    }

    /// The goal of a training that has gained `first` dB when it is judged for the first time.
    pub fn goal(&self, first: f64) -> Goal {
        let predicted = self.predictor.as_ref().and_then(|predictor| match predictor.predict(first) {
            Ok(gain) => Some(gain),
            Err(error) => {
                tracing::warn!(%error, "no prediction of what training can gain; it goes on until it gains no more");
                None
            }
        });
        Goal { gain: predicted.map(|gain| self.limits.enough.min(self.limits.share * gain)), predicted }
    }

    /// Learns what became of a training that began with a gain of `first` dB and had `goal`.
    pub fn learn(&mut self, first: f64, gain: f64, goal: Goal, end: TrainingEnd) {
        let Some(gain_db) = reached(gain, goal, end, self.limits) else { return };
        self.record.add(GainSample { first_db: first, gain_db });
        self.fit();
    }

    /// Everything that was learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.record.samples()
    }

    fn fit(&mut self) {
        match GainPredictor::fit(self.record.samples()) {
            Ok(predictor) => self.predictor = predictor,
            Err(TrainError::Diverged { .. }) => self.predictor = None,
            Err(error) => tracing::warn!(%error, "what training can gain is not predicted"),
        }
    }
}

/// The largest gain that a training could have reached, as far as it tells; none if it was broken off.
///
/// One that was ended at a share of what was predicted could have reached more: that share is taken for what it is, or the
/// prediction would shrink from training to training.
fn reached(gain: f64, goal: Goal, end: TrainingEnd, limits: Limits) -> Option<f64> {
    let reached = match end {
        TrainingEnd::Plateau | TrainingEnd::TimeLimit => gain,
        TrainingEnd::Goal => (gain / limits.share).max(goal.predicted.unwrap_or(0.0)),
        TrainingEnd::Overtaken | TrainingEnd::Stopped => return None,
    };
    reached.is_finite().then_some(reached.max(0.0))
}

#[cfg(test)]
mod tests {
    use crate::LEAST_SAMPLES;

    use super::*;

    fn config() -> FEdsrConfig {
        FEdsrConfig::new(8, 2, 2).unwrap()
    }

    fn open(folder: &Path) -> Threshold {
        nets::torch::configure_threads(1);
        Threshold::open(config(), Limits { enough: 0.5, share: 0.8 }, Some(folder))
    }

    #[test]
    fn the_first_trainings_have_no_goal() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        for _ in 1..LEAST_SAMPLES {
            threshold.learn(0.2, 0.4, Goal::NONE, TrainingEnd::Plateau);
            assert_eq!(threshold.goal(0.2), Goal::NONE);
        }
        threshold.learn(0.2, 0.4, Goal::NONE, TrainingEnd::Plateau);
        let goal = threshold.goal(0.2);
        assert!((goal.predicted.unwrap() - 0.4).abs() < 0.02, "{goal:?}");
        assert!((goal.gain.unwrap() - 0.8 * goal.predicted.unwrap()).abs() < 1e-9, "{goal:?}");
    }

    #[test]
    fn the_gain_set_by_experience_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..6).for_each(|_| threshold.learn(0.2, 2.0, Goal::NONE, TrainingEnd::Plateau));
        assert_eq!(threshold.goal(0.2).gain, Some(0.5));
    }

    #[test]
    fn goals_that_are_reached_do_not_shrink_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..5).for_each(|_| threshold.learn(0.2, 0.4, Goal::NONE, TrainingEnd::Plateau));
        for _ in 0..5 {
            let goal = threshold.goal(0.2);
            threshold.learn(0.2, goal.gain.unwrap(), goal, TrainingEnd::Goal);
        }
        assert!(threshold.goal(0.2).predicted.unwrap() > 0.38);
    }

    #[test]
    fn a_training_that_was_broken_off_teaches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        threshold.learn(0.2, 0.4, Goal::NONE, TrainingEnd::Overtaken);
        threshold.learn(0.2, 0.4, Goal::NONE, TrainingEnd::Stopped);
        threshold.learn(0.2, f64::NAN, Goal::NONE, TrainingEnd::Plateau);
        assert_eq!(threshold.samples(), []);
    }

    #[test]
    fn what_was_learnt_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..5).for_each(|n| {
            threshold.learn(0.125 + f64::from(n) / 32.0, 0.4, Goal::NONE, TrainingEnd::Plateau);
        });
        let (samples, goal) = (threshold.samples().to_vec(), threshold.goal(0.2));
        drop(threshold);
        let again = open(folder.path());
        assert_eq!((again.samples(), again.goal(0.2)), (&samples[..], goal));
        let other = FEdsrConfig::new(16, 2, 2).unwrap();
        assert_eq!(Threshold::open(other, Limits::default(), Some(folder.path())).samples(), []);
    }
}
