//! When a training has gained enough: at a gain set by experience, or at a fair share of what is in reach here, whichever
//! comes first.
//!
//! What is in reach is predicted from what a training begins with and what became of the trainings before, by
//! [`GainPredictor`]. The first trainings run until more steps bring no more, and supply what it learns from; every finished one
//! adds to that, and the record outlives the program.

mod gains;

use std::path::Path;

use models::FEdsrConfig;

use crate::record::End;
use crate::{Error, ErrorKind, GainPredictor, GainSample, Settings};
use gains::GainRecord;

/// Sets goals for trainings of one network, and learns from what became of them.
#[derive(Debug)]
pub struct Threshold {
    settings: Settings,
    record: GainRecord,
    /// None while too few trainings are known.
    predictor: Option<GainPredictor>,
}

impl Threshold {
    /// For trainings of `config`. With a folder, what is learnt is kept there from one start of the program to the next.
    pub fn open(config: FEdsrConfig, settings: &Settings, folder: Option<&Path>) -> Self {
        let record = GainRecord::open(config, folder);
        let mut threshold = Self { settings: *settings, record, predictor: None };
        threshold.fit();
        threshold
    }

    /// The largest gain in dB that a training can be expected to reach that has gained `first` dB when it is judged for the
    /// first time; none while too few are known.
    pub fn predict(&self, first: f64) -> Option<f64> {
        let predicted = self.predictor.as_ref()?.predict(first);
        let warn = |error: &Error| {
            tracing::warn!(%error, "no prediction of what training can gain; it goes on until it gains no more");
        };
        predicted.inspect_err(warn).ok()
    }

    /// The gain in dB at which a training ends of which this gain was predicted.
    pub fn goal(&self, predicted: f64) -> f64 {
        self.settings.enough_db.min(self.settings.enough_share * predicted)
    }

    /// Learns what became of a training that began with a gain of `first` dB, with what was predicted for it.
    pub fn learn(&mut self, first: f64, gain: f64, predicted: Option<f64>, end: End) {
        let reached = match end {
            End::Plateau | End::TimeLimit => gain,
            // It could have reached more: the share is taken for what it is, or the prediction would shrink from training to
            // training.
            End::Goal => (gain / self.settings.enough_share).max(predicted.unwrap_or(0.0)),
            End::Overtaken | End::Stopped => return,
        };
        if reached.is_finite() {
            self.record.add(GainSample { first_db: first, gain_db: reached.max(0.0) });
            self.fit();
        }
    }

    /// Everything that was learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.record.samples()
    }

    fn fit(&mut self) {
        match GainPredictor::fit(self.record.samples()) {
            Ok(predictor) => self.predictor = predictor,
            Err(error) if error.kind() == ErrorKind::Diverged => self.predictor = None,
            Err(error) => tracing::warn!(%error, "what training can gain is not predicted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LEAST_SAMPLES;

    fn config() -> FEdsrConfig {
        FEdsrConfig::new(8, 2, 2).unwrap()
    }

    fn open(folder: &Path) -> Threshold {
        nets::torch::configure_threads(1);
        let settings = Settings { enough_db: 0.5, enough_share: 0.8, ..Settings::default() };
        Threshold::open(config(), &settings, Some(folder))
    }

    #[test]
    fn the_first_trainings_have_no_goal() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        for _ in 1..LEAST_SAMPLES {
            threshold.learn(0.2, 0.4, None, End::Plateau);
            assert_eq!(threshold.predict(0.2), None);
        }
        threshold.learn(0.2, 0.4, None, End::Plateau);
        let predicted = threshold.predict(0.2).unwrap();
        assert!((predicted - 0.4).abs() < 0.02, "{predicted}");
        assert!((threshold.goal(predicted) - 0.8 * predicted).abs() < 1e-9);
    }

    #[test]
    fn the_gain_set_by_experience_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..6).for_each(|_| threshold.learn(0.2, 2.0, None, End::Plateau));
        assert_eq!(threshold.predict(0.2).map(|predicted| threshold.goal(predicted)), Some(0.5));
    }

    #[test]
    fn goals_that_are_reached_do_not_shrink_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..5).for_each(|_| threshold.learn(0.2, 0.4, None, End::Plateau));
        for _ in 0..5 {
            let predicted = threshold.predict(0.2).unwrap();
            threshold.learn(0.2, threshold.goal(predicted), Some(predicted), End::Goal);
        }
        assert!(threshold.predict(0.2).unwrap() > 0.38);
    }

    #[test]
    fn a_training_that_was_broken_off_teaches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        threshold.learn(0.2, 0.4, None, End::Overtaken);
        threshold.learn(0.2, 0.4, None, End::Stopped);
        threshold.learn(0.2, f64::NAN, None, End::Plateau);
        assert_eq!(threshold.samples(), []);
    }

    #[test]
    fn what_was_learnt_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let mut threshold = open(folder.path());
        (0..5).for_each(|n| {
            threshold.learn(0.125 + f64::from(n) / 32.0, 0.4, None, End::Plateau);
        });
        let samples = threshold.samples().to_vec();
        let predicted = threshold.predict(0.2);
        drop(threshold);
        let again = open(folder.path());
        assert_eq!((again.samples(), again.predict(0.2)), (&samples[..], predicted));
        let other = FEdsrConfig::new(16, 2, 2).unwrap();
        assert_eq!(Threshold::open(other, &Settings::default(), Some(folder.path())).samples(), []);
    }
}
