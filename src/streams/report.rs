//! What a streamer says of its training: checked once, kept by the session, forgotten with it.
//!
//! A report belongs to the publisher who sends it. It stays through the grace period, and new ones are taken then, too:
//! a streamer that has lost its connection goes on training while it connects again. Whoever publishes next begins
//! without one, and a session that is over has none.

use std::ops::RangeInclusive;

use api::Invalid;
use api::control::training::{MOST_LOOKS, MOST_TRAININGS, TrainingReport};

/// PSNR in dB. Equal pictures count as 100.
const PSNR_DB: RangeInclusive<f64> = 0.0..=120.0;

/// Differences of two PSNRs.
const GAIN_DB: RangeInclusive<f64> = -120.0..=120.0;

/// Thirty years of video.
const SECONDS: RangeInclusive<f64> = 0.0..=1e9;

/// The largest count that every reader of JSON tells from its neighbours.
const MOST_COUNT: u64 = 1 << 53;

/// A report whose every number is finite and within bounds, and whose lists are no longer than they may be.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedReport(TrainingReport);

impl CheckedReport {
    pub(super) fn into_inner(self) -> TrainingReport {
        self.0
    }
}

/// The error names the field (`trainings[0].steps`), what it holds, and what is allowed.
impl TryFrom<TrainingReport> for CheckedReport {
    type Error = Invalid;

    fn try_from(report: TrainingReport) -> Result<Self, Invalid> {
        length("looks", report.looks.len(), MOST_LOOKS)?;
        length("trainings", report.trainings.len(), MOST_TRAININGS)?;
        count("", "trainings_total", report.trainings_total)?;
        number("", "seconds_total", report.seconds_total, SECONDS)?;
        for (index, look) in report.looks.iter().enumerate() {
            let of = format!("looks[{index}].");
            number(&of, "at_s", look.at_s, SECONDS)?;
            number(&of, "plain_db", look.plain_db, PSNR_DB)?;
            number(&of, "net_db", look.net_db, PSNR_DB)?;
            number(&of, "smoothed_gain_db", look.smoothed_gain_db, GAIN_DB)?;
        }
        for (index, training) in report.trainings.iter().enumerate() {
            let of = format!("trainings[{index}].");
            number(&of, "from_s", training.from_s, SECONDS)?;
            count(&of, "pairs", training.pairs)?;
            count(&of, "steps", training.steps)?;
            number(&of, "seconds", training.seconds, SECONDS)?;
            number(&of, "before_db", training.before_db, PSNR_DB)?;
            number(&of, "gain_db", training.gain_db, GAIN_DB)?;
            number(&of, "to_s", training.to_s, SECONDS)?;
            number(&of, "goal_db", training.goal_db, GAIN_DB)?;
            number(&of, "predicted_db", training.predicted_db, GAIN_DB)?;
        }
        Ok(Self(report))
    }
}

fn length(field: &str, found: usize, most: usize) -> Result<(), Invalid> {
    if found <= most {
        return Ok(());
    }
    let advice = "send the newest";
    Err(Invalid::new(format!("{field} has {found} entries; at most {most} are allowed, {advice}")))
}

/// What is not there is within bounds.
fn number(
    of: &str,
    name: &str,
    found: impl Into<Option<f64>>,
    allowed: RangeInclusive<f64>,
) -> Result<(), Invalid> {
    // No range contains what is not a number.
    let Some(found) = found.into().filter(|found| !allowed.contains(found)) else { return Ok(()) };
    let least = allowed.start();
    let most = allowed.end();
    Err(Invalid::new(format!("{of}{name} is {found:?}; {least} to {most} is allowed")))
}

fn count(of: &str, name: &str, found: u64) -> Result<(), Invalid> {
    if found <= MOST_COUNT {
        return Ok(());
    }
    Err(Invalid::new(format!("{of}{name} is {found}; at most {MOST_COUNT} is allowed")))
}

#[cfg(test)]
mod tests {
    use api::control::{QualityLook, TrainingReason, TrainingRecord, TrainingState};

    use super::*;

    fn report() -> TrainingReport {
        TrainingReport {
            state: TrainingState::Training,
            looks: vec![QualityLook { at_s: 1.0, plain_db: 30.0, net_db: 30.5, smoothed_gain_db: -0.2 }; 3],
            trainings: vec![TrainingRecord {
                from_s: 0.5,
                to_s: None,
                reason: TrainingReason::Drop,
                pairs: 24,
                steps: 100,
                seconds: 8.0,
                before_db: 30.0,
                gain_db: 0.3,
                goal_db: Some(0.5),
                predicted_db: Some(0.6),
                remembered: false,
                end: None,
            }],
            trainings_total: 1,
            seconds_total: 8.0,
        }
    }

    type Spoil = fn(&mut TrainingReport, f64);

    const NUMBERS: [(&str, f64, f64, Spoil); 12] = [
        ("seconds_total", 0.0, 1e9, |report, value| report.seconds_total = value),
        ("looks[2].at_s", 0.0, 1e9, |report, value| report.looks[2].at_s = value),
        ("looks[2].plain_db", 0.0, 120.0, |report, value| report.looks[2].plain_db = value),
        ("looks[0].net_db", 0.0, 120.0, |report, value| report.looks[0].net_db = value),
        ("looks[1].smoothed_gain_db", -120.0, 120.0, |report, value| {
            report.looks[1].smoothed_gain_db = value;
        }),
        ("trainings[0].from_s", 0.0, 1e9, |report, value| report.trainings[0].from_s = value),
        ("trainings[0].seconds", 0.0, 1e9, |report, value| report.trainings[0].seconds = value),
        ("trainings[0].before_db", 0.0, 120.0, |report, value| report.trainings[0].before_db = value),
        ("trainings[0].gain_db", -120.0, 120.0, |report, value| report.trainings[0].gain_db = value),
        ("trainings[0].to_s", 0.0, 1e9, |report, value| report.trainings[0].to_s = Some(value)),
        ("trainings[0].goal_db", -120.0, 120.0, |report, value| report.trainings[0].goal_db = Some(value)),
        ("trainings[0].predicted_db", -120.0, 120.0, |report, value| {
            report.trainings[0].predicted_db = Some(value);
        }),
    ];

    #[test]
    fn every_number_has_bounds_and_the_error_names_it() {
        assert!(CheckedReport::try_from(TrainingReport::default()).is_ok());
        for (field, least, most, spoil) in NUMBERS {
            let checked = |value| {
                let mut report = report();
                spoil(&mut report, value);
                CheckedReport::try_from(report)
            };
            for good in [least, most] {
                assert!(checked(good).is_ok(), "{field} {good}");
            }
            for bad in [least - 0.001, most * 1.001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
                let error = checked(bad).unwrap_err().to_string();
                let expected = format!("{field} is {bad:?}; {least} to {most} is allowed");
                assert_eq!(error, expected);
            }
        }
    }

    #[test]
    fn lists_and_counts_have_bounds() {
        let mut long = report();
        long.looks = vec![long.looks[0]; MOST_LOOKS];
        long.trainings = vec![long.trainings[0].clone(); MOST_TRAININGS];
        assert!(CheckedReport::try_from(long.clone()).is_ok());
        let mut looks = long.clone();
        looks.looks.push(looks.looks[0]);
        let error = CheckedReport::try_from(looks).unwrap_err().to_string();
        assert_eq!(error, "looks has 241 entries; at most 240 are allowed, send the newest");
        let mut trainings = long;
        trainings.trainings.push(trainings.trainings[0].clone());
        let error = CheckedReport::try_from(trainings).unwrap_err().to_string();
        assert_eq!(error, "trainings has 33 entries; at most 32 are allowed, send the newest");
        let mut counts = report();
        counts.trainings[0].steps = u64::MAX;
        let error = CheckedReport::try_from(counts).unwrap_err().to_string();
        let expected = format!("trainings[0].steps is {}; at most {MOST_COUNT} is allowed", u64::MAX);
        assert_eq!(error, expected);
    }
}
