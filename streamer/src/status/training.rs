//! How training stands, in short.

use api::control::{TrainingRecord, TrainingReport, TrainingState};

/// How training stands, in short.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrainingFigures {
    /// What the trainer does.
    pub state: TrainingState,
    /// Gain of the best network so far on the live picture, smoothed, in dB.
    pub smooth_db: Option<f64>,
    /// Trainings begun.
    pub trainings: u64,
    /// Seconds spent on them.
    pub seconds: f64,
    /// The newest of them.
    pub current: Option<TrainingRecord>,
}

impl TrainingFigures {
    pub(super) fn of(report: &TrainingReport) -> Self {
        Self {
            state: report.state,
            smooth_db: report.looks.last().map(|look| look.smoothed_gain_db),
            trainings: report.trainings_total,
            seconds: report.seconds_total,
            current: report.trainings.last().cloned(),
        }
    }

    /// For people: `learning: +0.31 of +0.55 dB`, `resting at +0.80 dB`.
    pub(super) fn for_people(&self) -> String {
        let level = self.smooth_db.map_or_else(String::new, |db| format!(" at {db:+.2} dB"));
        match (self.state, &self.current) {
            (TrainingState::Waiting, _) => "waiting for pictures to learn from".to_owned(),
            (TrainingState::TooSlow, _) => "not learning: the machine is too slow or too busy".to_owned(),
            (TrainingState::Resting, _) | (TrainingState::Training, None) => format!("resting{level}"),
            (TrainingState::Training, Some(record)) => {
                let goal = match (record.goal_db, record.predicted_db) {
                    (Some(goal), Some(predicted)) => format!(" of {goal:+.2} dB (predicted {predicted:+.2})"),
                    _ => " dB".to_owned(),
                };
                format!("learning{level}: {:+.2}{goal}", record.gain_db)
            }
        }
    }

    /// As the status line writes it.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            TrainingState::Waiting => "waiting",
            TrainingState::Training => "training",
            TrainingState::Resting => "resting",
            TrainingState::TooSlow => "too-slow",
        }
    }
}
