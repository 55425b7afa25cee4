//! What a streamer says of its training: checked once, kept by the session, forgotten with it.
//!
//! A report belongs to the publisher who sends it. It stays through the grace period, and new ones are taken then, too:
//! a streamer that has lost its connection goes on training while it connects again. Whoever publishes next begins
//! without one, and a session that is over has none.

use std::ops::RangeInclusive;

use api::control::training::{MOST_LOOKS, MOST_TRAININGS, TrainingReport};

use super::stream::Stream;

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

/// What is wrong with a report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// A list is too long.
    #[error("{field} has {found} entries; at most {most} are allowed, send the newest")]
    TooMany {
        /// The list's name.
        field: &'static str,
        /// Its length.
        found: usize,
        /// What is allowed.
        most: usize,
    },
    /// A number is not finite, or is nothing that could have been measured.
    #[error("{field} is {found:?}; {} to {} is allowed", allowed.start(), allowed.end())]
    OutOfBounds {
        /// Where the number is: `looks[3].plain_db`.
        field: String,
        /// The number.
        found: f64,
        /// What is allowed.
        allowed: RangeInclusive<f64>,
    },
    /// A count is larger than any could be.
    #[error("{field} is {found}; at most {MOST_COUNT} is allowed")]
    TooLarge {
        /// Where the count is: `trainings[0].steps`.
        field: String,
        /// The count.
        found: u64,
    },
}

/// Nobody publishes to the stream, and nobody is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody publishes to this stream: publish first, then say how training stands")]
pub struct NotPublished;

impl TryFrom<TrainingReport> for CheckedReport {
    type Error = ReportError;

    fn try_from(report: TrainingReport) -> Result<Self, ReportError> {
        length("looks", report.looks.len(), MOST_LOOKS)?;
        length("trainings", report.trainings.len(), MOST_TRAININGS)?;
        let top = Place(String::new());
        top.count("trainings_total", report.trainings_total)?;
        top.number("seconds_total", report.seconds_total, SECONDS)?;
        for (index, look) in report.looks.iter().enumerate() {
            let place = Place(format!("looks[{index}]."));
            place.number("at_s", look.at_s, SECONDS)?;
            place.number("plain_db", look.plain_db, PSNR_DB)?;
            place.number("net_db", look.net_db, PSNR_DB)?;
            place.number("smoothed_gain_db", look.smoothed_gain_db, GAIN_DB)?;
        }
        for (index, training) in report.trainings.iter().enumerate() {
            let place = Place(format!("trainings[{index}]."));
            place.number("from_s", training.from_s, SECONDS)?;
            place.count("pairs", training.pairs)?;
            place.count("steps", training.steps)?;
            place.number("seconds", training.seconds, SECONDS)?;
            place.number("before_db", training.before_db, PSNR_DB)?;
            place.number("gain_db", training.gain_db, GAIN_DB)?;
            place.number_or_none("to_s", training.to_s, SECONDS)?;
            place.number_or_none("goal_db", training.goal_db, GAIN_DB)?;
            place.number_or_none("predicted_db", training.predicted_db, GAIN_DB)?;
        }
        Ok(Self(report))
    }
}

fn length(field: &'static str, found: usize, most: usize) -> Result<(), ReportError> {
    if found <= most { Ok(()) } else { Err(ReportError::TooMany { field, found, most }) }
}

/// What stands before a field's name.
struct Place(String);

impl Place {
    fn number(&self, name: &str, found: f64, allowed: RangeInclusive<f64>) -> Result<(), ReportError> {
        // Nothing contains what is not a number.
        if allowed.contains(&found) {
            Ok(())
        } else {
            Err(ReportError::OutOfBounds { field: self.field(name), found, allowed })
        }
    }

    fn number_or_none(
        &self,
        name: &str,
        found: Option<f64>,
        allowed: RangeInclusive<f64>,
    ) -> Result<(), ReportError> {
        found.map_or(Ok(()), |found| self.number(name, found, allowed))
    }

    fn count(&self, name: &str, found: u64) -> Result<(), ReportError> {
        if found <= MOST_COUNT {
            Ok(())
        } else {
            Err(ReportError::TooLarge { field: self.field(name), found })
        }
    }

    fn field(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }
}

impl Stream {
    /// Adds the publisher's newest report to what is known.
    pub fn report_training(&self, CheckedReport(report): CheckedReport) -> Result<(), NotPublished> {
        let mut inner = self.inner();
        let session = inner.session.as_mut().filter(|session| !session.is_over()).ok_or(NotPublished)?;
        session.training.get_or_insert_default().add(report);
        Ok(())
    }
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
        let error = CheckedReport::try_from(trainings).unwrap_err();
        assert!(matches!(error, ReportError::TooMany { field: "trainings", found: 33, most: 32 }));
        let mut counts = report();
        counts.trainings[0].steps = u64::MAX;
        let error = CheckedReport::try_from(counts).unwrap_err();
        assert!(matches!(error, ReportError::TooLarge { field, .. } if field == "trainings[0].steps"));
    }
}
