//! A training report as a streamer sends it: made up, two minutes long, with a cut, a decline and a scene that comes again.

use api::control::{QualityLook, TrainingEnd, TrainingReason, TrainingRecord, TrainingReport, TrainingState};

/// Scenes: from when, what plain upsampling gives, what the net that the scene before has left gives at first, what
/// it can learn, and from when.
const SCENES: [(f64, f64, f64, f64); 4] = [
    (600.0, 31.4, 0.10, 0.62),
    (641.0, 28.2, -0.15, 0.85),
    (678.0, 33.6, 0.22, 0.48),
    (703.0, 28.4, 0.20, 0.95),
];
/// Seconds in which two thirds of what can be learnt are learnt.
const PACE: f64 = 6.0;
/// The latest look, in seconds of video.
const NOW: f64 = 712.0;

/// The streamer learns, after three trainings that are over.
pub fn report() -> TrainingReport {
    let (mut smoothed, mut looks) = (0.1, Vec::new());
    for index in 0..224 {
        let at_s = 600.5 + 0.5 * f64::from(index);
        let (from_s, plain, first, most) =
            SCENES.into_iter().rfind(|scene| scene.0 <= at_s).unwrap_or(SCENES[0]);
        let learnt = 1.0 - (-(at_s - from_s) / PACE).exp();
        // Neighbouring pictures differ, in both curves alike and in each.
        let (common, own) =
            ((at_s * 1.7).sin() * 0.25 + (at_s * 0.31).sin() * 0.4, (at_s * 5.3).sin() * 0.07);
        let gain = first + (most - first) * learnt + own;
        smoothed = if at_s - from_s < 0.5 { gain } else { smoothed + 0.2 * (gain - smoothed) };
        let plain_db = plain + common;
        looks.push(QualityLook { at_s, plain_db, net_db: plain_db + gain, smoothed_gain_db: smoothed });
    }
    let training =
        |from_s, reason, seconds: f64, gain_db, goal_db, end: Option<TrainingEnd>| TrainingRecord {
            from_s,
            to_s: end.map(|_| from_s + seconds),
            reason,
            pairs: 48,
            steps: (seconds * 41.0).round() as u64,
            seconds,
            before_db: 29.37,
            gain_db,
            goal_db: Some(goal_db),
            predicted_db: None,
            remembered: false,
            end,
        };
    let trainings = vec![
        training(0.0, TrainingReason::Start, 31.2, 0.61, 0.58, Some(TrainingEnd::Goal)),
        training(603.5, TrainingReason::Decline, 14.6, 0.34, 0.45, Some(TrainingEnd::Plateau)),
        training(641.5, TrainingReason::Drop, 22.1, 0.97, 0.9, Some(TrainingEnd::Goal)),
        TrainingRecord {
            remembered: true,
            ..training(678.5, TrainingReason::Drop, 24.0, 0.24, 0.3, Some(TrainingEnd::Overtaken))
        },
        TrainingRecord {
            predicted_db: Some(0.62),
            ..training(703.5, TrainingReason::Drop, NOW - 703.5, 0.31, 0.55, None)
        },
    ];
    TrainingReport {
        state: TrainingState::Training,
        looks,
        trainings,
        trainings_total: 14,
        seconds_total: 212.4,
    }
}
