//! Tells the server how training stands, so that viewers and operators see it: what is new, every few seconds, in about 3 kbit/s.

use std::time::Duration;

use api::control::{QualityLook, TrainingRecord, TrainingReport};
use api::shutdown::Shutdown;

use super::Client;
use crate::status::Counters;

/// Between two reports.
const EVERY: Duration = Duration::from_secs(4);
/// Decimals that are worth their bits.
const DECIMALS: f64 = 1e3;

/// Reports until the program ends. A report that does not arrive is of no use later: the next one says it, too.
pub fn report_training(client: &Client, counters: &Counters, stop: &Shutdown) {
    let mut sent = TrainingReport::default();
    let mut has_warned = false;
    while stop.sleep(EVERY).is_ok() {
        let now = counters.training.lock().clone();
        match client.report(&news(&sent, &now)) {
            Ok(()) => {
                sent = now;
                has_warned = false;
            }
            // Said once for a server that stays away.
            Err(error) if !has_warned => {
                has_warned = true;
                tracing::debug!(%error, "the server does not hear how training stands");
            }
            Err(_) => {}
        }
    }
}

/// What `now` says that `sent` did not.
fn news(sent: &TrainingReport, now: &TrainingReport) -> TrainingReport {
    let seen_s = sent.looks.last().map_or(f64::NEG_INFINITY, |look| look.at_s);
    let looks = now.looks.iter().filter(|look| look.at_s > seen_s).map(short_look).collect();
    let changed = now.trainings.iter().filter(|training| !sent.trainings.contains(training));
    let trainings = changed.map(short_training).collect();
    TrainingReport { looks, trainings, seconds_total: short(now.seconds_total), ..now.clone() }
}

fn short_look(look: &QualityLook) -> QualityLook {
    QualityLook {
        at_s: short(look.at_s),
        plain_db: short(look.plain_db),
        net_db: short(look.net_db),
        smoothed_gain_db: short(look.smoothed_gain_db),
    }
}

fn short_training(training: &TrainingRecord) -> TrainingRecord {
    TrainingRecord {
        from_s: short(training.from_s),
        to_s: training.to_s.map(short),
        seconds: short(training.seconds),
        before_db: short(training.before_db),
        gain_db: short(training.gain_db),
        goal_db: training.goal_db.map(short),
        predicted_db: training.predicted_db.map(short),
        ..training.clone()
    }
}

fn short(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS
}

#[cfg(test)]
mod tests {
    use api::control::training::MOST_LOOKS;
    use api::control::{TrainingReason, TrainingState};

    use super::*;

    fn report(looks: std::ops::Range<u32>, steps: &[u64]) -> TrainingReport {
        let look = |n: u32| {
            let at_s = f64::from(n) / 3.0;
            QualityLook { at_s, plain_db: 30.0 + at_s / 7.0, net_db: 31.0, smoothed_gain_db: 1.0 / 3.0 }
        };
        let training = |(index, &steps): (usize, &u64)| TrainingRecord {
            from_s: index as f64 * 10.0,
            to_s: None,
            reason: TrainingReason::Drop,
            pairs: 30,
            steps,
            seconds: 10.0 / 3.0,
            before_db: 100.0 / 3.0,
            gain_db: 1.0 / 3.0,
            goal_db: None,
            predicted_db: Some(2.0 / 3.0),
            remembered: false,
            end: None,
        };
        TrainingReport {
            state: TrainingState::Training,
            looks: looks.map(look).collect(),
            trainings: steps.iter().enumerate().map(training).collect(),
            trainings_total: steps.len() as u64,
            seconds_total: 10.0 / 3.0,
        }
    }

    #[test]
    fn says_what_is_new_and_the_server_knows_it_all() {
        let mut server = TrainingReport::default();
        let mut sent = TrainingReport::default();
        for now in [report(0..3, &[]), report(0..9, &[5]), report(0..9, &[9]), report(4..14, &[12, 1])] {
            server.add(news(&sent, &now));
            sent = now;
        }
        assert_eq!(server.looks.len(), 14);
        let steps: Vec<_> = server.trainings.iter().map(|training| training.steps).collect();
        assert_eq!((steps, server.trainings_total), (vec![12, 1], 2));
    }

    #[test]
    fn four_seconds_take_little_of_the_uplink() {
        let full = report(0..MOST_LOOKS as u32, &[1000; 32]);
        let mut now = full.clone();
        now.looks.extend(report(240..248, &[]).looks);
        now.trainings[31].steps += 100;
        let bytes = serde_json::to_vec(&news(&full, &now)).unwrap().len();
        assert!(bytes < 1500, "{bytes} bytes");
    }
}
