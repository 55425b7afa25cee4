//! What streamers say of their training, as series; a stream without a report has none.
//!
//! Counts are the streamer's own, so they begin again when it does.

use std::collections::BTreeMap;
use std::fmt::Error;

use api::control::{TrainingEnd, TrainingReason, TrainingReport, TrainingState};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

const STATES: [TrainingState; 4] =
    [TrainingState::Waiting, TrainingState::Training, TrainingState::Resting, TrainingState::TooSlow];

/// All series of the streams that have a report: their names, and what they say.
pub(super) fn encode(
    encoder: &mut DescriptorEncoder,
    reports: &[(&str, &TrainingReport)],
) -> Result<(), Error> {
    let help = "Whether this is what the streamer's trainer does";
    let mut family = encoder.encode_descriptor("training_state", help, None, MetricType::Gauge)?;
    for (stream, report) in reports {
        for state in STATES {
            let labels = [("stream", *stream), ("state", state_name(state))];
            let is = u32::from(report.state == state);
            ConstGauge::new(is).encode(family.encode_family(&labels)?)?;
        }
    }

    let help = "Trainings that the streamer began";
    let mut family = encoder.encode_descriptor("trainings", help, None, MetricType::Counter)?;
    for (stream, report) in reports {
        let labels = [("stream", *stream)];
        ConstCounter::new(report.trainings_total).encode(family.encode_family(&labels)?)?;
    }

    let help = "Of the latest trainings, by why they began and how they ended";
    let mut family = encoder.encode_descriptor("trainings_latest", help, None, MetricType::Gauge)?;
    for (stream, report) in reports {
        for ((reason, end), count) in latest(report) {
            let labels = [("stream", *stream), ("reason", reason), ("end", end)];
            ConstGauge::new(count).encode(family.encode_family(&labels)?)?;
        }
    }

    let help = "Time that the streamer spent in training";
    let seconds = Some(&Unit::Seconds);
    let mut family = encoder.encode_descriptor("training", help, seconds, MetricType::Counter)?;
    for (stream, report) in reports {
        let labels = [("stream", *stream)];
        ConstCounter::new(report.seconds_total).encode(family.encode_family(&labels)?)?;
    }

    let decibels = Unit::Other("decibels".to_owned());
    let help = "Smoothed gain of the streamer's best network over plain upsampling";
    let mut family = encoder.encode_descriptor("training_gain", help, Some(&decibels), MetricType::Gauge)?;
    for (stream, report) in reports {
        if let Some(look) = report.looks.last() {
            let labels = [("stream", *stream)];
            ConstGauge::new(look.smoothed_gain_db).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

/// How many of the listed trainings began and ended for the same reasons.
fn latest(report: &TrainingReport) -> BTreeMap<(&'static str, &'static str), u32> {
    let mut counts = BTreeMap::new();
    for training in &report.trainings {
        let end = training.end.map_or("none", end_name);
        *counts.entry((reason_name(training.reason), end)).or_default() += 1;
    }
    counts
}

fn state_name(state: TrainingState) -> &'static str {
    match state {
        TrainingState::Waiting => "waiting",
        TrainingState::Training => "training",
        TrainingState::Resting => "resting",
        TrainingState::TooSlow => "too-slow",
    }
}

fn reason_name(reason: TrainingReason) -> &'static str {
    match reason {
        TrainingReason::Start => "start",
        TrainingReason::Drop => "drop",
        TrainingReason::Rise => "rise",
        TrainingReason::Decline => "decline",
        TrainingReason::More => "more",
        TrainingReason::Always => "always",
    }
}

fn end_name(end: TrainingEnd) -> &'static str {
    match end {
        TrainingEnd::Goal => "goal",
        TrainingEnd::Plateau => "plateau",
        TrainingEnd::TimeLimit => "time-limit",
        TrainingEnd::Overtaken => "overtaken",
        TrainingEnd::Stopped => "stopped",
    }
}
