//! The figures of one moment, and how they are written.

use std::fmt;
use std::time::Duration;

use api::control::TrainingReport;

use super::{Counters, Link, Quality, UploadState, training};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    pub t: Duration,
    pub link: Link,
    pub frames: u64,
    pub sent_bytes: u64,
    pub sent_kbps: f64,
    pub late: u64,
    pub unsent: u64,
    pub lost: u64,
    pub pairs: u64,
    pub steps: u64,
    pub steps_per_s: f64,
    pub quality: Option<Quality>,
    pub uploads: u64,
    pub version: Option<u64>,
    pub upload: UploadState,
    pub pairs_dropped: u64,
    pub source_lost: u64,
    pub training: TrainingReport,
    pub upload_bytes: u64,
}

impl Snapshot {
    /// The figures now, after `t`; rates are since this snapshot.
    #[must_use]
    pub fn next(&self, counters: &Counters, t: Duration) -> Self {
        let sent_bytes = counters.sent_bytes.get();
        let steps = counters.steps.get();
        // The last figures may come right after those of the second.
        let seconds = t.saturating_sub(self.t).as_secs_f64().max(1e-3);
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        Self {
            t,
            link: *counters.link.lock(),
            frames: counters.frames.get(),
            sent_bytes,
            sent_kbps: rate(sent_bytes, self.sent_bytes) * 8.0 / 1e3,
            late: counters.late.get(),
            unsent: counters.unsent.get() + counters.unsent_queue.get(),
            lost: counters.lost.get(),
            pairs: counters.pairs.get(),
            steps,
            steps_per_s: rate(steps, self.steps),
            quality: *counters.quality.lock(),
            uploads: counters.uploads.get(),
            version: *counters.version.lock(),
            upload: *counters.upload.lock(),
            pairs_dropped: counters.pairs_dropped.get() + counters.coded_dropped.get(),
            source_lost: counters.source_dropped.get() + counters.source_damaged.get(),
            training: counters.training.lock().clone(),
            upload_bytes: counters.upload_bytes.get(),
        }
    }

    /// `key=value` pairs, as the module above lists them.
    pub fn logfmt(&self) -> String {
        let quality =
            self.quality.map(|quality| [quality.lanczos, quality.net, quality.gain(), quality.trainee]);
        let db =
            |index: usize| quality.map_or_else(|| "-".to_owned(), |values| format!("{:.2}", values[index]));
        let some = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let current = self.training.trainings.last();
        format!(
            "t={:.1} link={} frames={} sent_kbps={:.0} late={} unsent={} lost={} pairs={} steps={} steps_per_s={:.1} \
             plain_db={} net_db={} gain_db={} uploads={} version={} upload={} pairs_dropped={} source_lost={} \
             trainee_db={} training={} smooth_db={} trainings={} train_s={:.1} gained_db={} goal_db={} predicted_db={} \
             upload_bytes={}",
            self.t.as_secs_f64(),
            self.link,
            self.frames,
            self.sent_kbps,
            self.late,
            self.unsent,
            self.lost,
            self.pairs,
            self.steps,
            self.steps_per_s,
            db(0),
            db(1),
            db(2),
            self.uploads,
            self.version.map_or_else(|| "-".to_owned(), |version| version.to_string()),
            self.upload,
            self.pairs_dropped,
            self.source_lost,
            db(3),
            training::word(self.training.state),
            some(training::smooth_db(&self.training)),
            self.training.trainings_total,
            self.training.seconds_total,
            some(current.map(|record| record.gain_db)),
            some(current.and_then(|record| record.goal_db)),
            some(current.and_then(|record| record.predicted_db)),
            self.upload_bytes,
        )
    }

    /// One line for people, with what matters now.
    pub fn for_people(&self) -> String {
        let seconds = self.t.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let clock = format!("{hours:02}:{minutes:02}:{seconds:02} {}", self.link);
        let lost = match self.late + self.unsent {
            0 => String::new(),
            _ => format!(", {} late, {} not sent", self.late, self.unsent),
        };
        let video = format!("{} pictures, {:.0} kbit/s{lost}", self.frames, self.sent_kbps);
        let gain = self
            .quality
            .map_or_else(String::new, |quality| format!("; on the server {:+.2} dB", quality.gain()));
        let learning = format!("{}{gain}", training::for_people(&self.training));
        let version = self.version.map_or_else(String::new, |version| format!(", version {version}"));
        let upload = format!("upload {}{version}", self.upload);
        let parts = [
            Some(clock),
            Some(video),
            (self.pairs > 0).then_some(learning),
            (self.upload != UploadState::None).then_some(upload),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" | ")
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Ended => "ended",
        })
    }
}

impl fmt::Display for UploadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Sending => "sending",
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Retrying => "retrying",
        })
    }
}

#[cfg(test)]
mod tests {
    use api::control::{QualityLook, TrainingReason, TrainingRecord, TrainingReport, TrainingState};

    use super::*;

    fn learning() -> TrainingReport {
        TrainingReport {
            state: TrainingState::Training,
            looks: vec![QualityLook { at_s: 2.5, plain_db: 31.2, net_db: 31.9, smoothed_gain_db: 0.666 }],
            trainings: vec![TrainingRecord {
                from_s: 0.5,
                to_s: None,
                reason: TrainingReason::Start,
                pairs: 4,
                steps: 30,
                seconds: 2.0,
                before_db: 31.5,
                gain_db: 0.31,
                goal_db: Some(0.55),
                predicted_db: Some(0.61),
                remembered: false,
                end: None,
            }],
            trainings_total: 3,
            seconds_total: 12.34,
        }
    }

    #[test]
    fn lines_as_scripts_and_people_see_them() {
        let counters = Counters::default();
        let first = Snapshot::default().next(&counters, Duration::from_secs(1));
        *counters.link.lock() = Link::Live;
        counters.frames.add(48);
        counters.sent_bytes.add(75_000);
        counters.unsent.add(2);
        counters.unsent_queue.set(3);
        counters.pairs.add(4);
        counters.steps.add(30);
        *counters.quality.lock() = Some(Quality { lanczos: 31.25, net: 31.875, trainee: 32.0 });
        counters.uploads.add(1);
        counters.upload_bytes.add(5479);
        *counters.version.lock() = Some(7);
        *counters.upload.lock() = UploadState::Live;
        *counters.training.lock() = learning();
        let second = first.next(&counters, Duration::from_secs(3));
        let resting = TrainingReport { state: TrainingState::Resting, ..learning() };
        *counters.training.lock() = resting;
        let third = second.next(&counters, Duration::from_secs(4));
        let lines = [&first, &second, &third].map(|shown| [shown.logfmt(), shown.for_people()].join("\n"));
        insta::assert_snapshot!(lines.join("\n"));
    }
}
