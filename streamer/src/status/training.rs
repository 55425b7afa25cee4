//! How training stands, in short.

use api::control::{TrainingReport, TrainingState};

/// Gain of the best network so far on the live picture, smoothed, in dB.
pub(super) fn smooth_db(report: &TrainingReport) -> Option<f64> {
    report.looks.last().map(|look| look.smoothed_gain_db)
}

/// For people: `learning: +0.31 of +0.55 dB`, `resting at +0.80 dB`.
pub(super) fn for_people(report: &TrainingReport) -> String {
    let level = smooth_db(report).map_or_else(String::new, |db| format!(" at {db:+.2} dB"));
    match (report.state, report.trainings.last()) {
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
pub(super) fn word(state: TrainingState) -> &'static str {
    match state {
        TrainingState::Waiting => "waiting",
        TrainingState::Training => "training",
        TrainingState::Resting => "resting",
        TrainingState::TooSlow => "too-slow",
    }
}
