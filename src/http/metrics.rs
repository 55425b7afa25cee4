//! `GET /metrics`: few series, all read at the moment of scraping from the figures that the API shows as well.

mod training;

use std::fmt::Error;

use api::control::{EnhanceStatus, StreamState, StreamStatus, TrainingReport};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::error::ApiError;
use crate::lane::stats::Figures;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(scrape))
}

async fn scrape(State(app): State<App>) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let now = std::time::Instant::now();
    let streams = app.streams().iter().map(|stream| stream.snapshot(now));
    let mut registry = Registry::with_prefix("sharpcast");
    registry.register_collector(Box::new(Streams(streams.collect())));
    let mut body = String::new();
    text::encode(&mut body, &registry)
        .map_err(|_| ApiError::Unavailable("metrics cannot be written".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], body))
}

#[derive(Debug)]
struct Streams(Vec<(StreamStatus, Figures)>);

impl Collector for Streams {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        self.gauge(&mut encoder, "publisher_connected", "Whether somebody publishes", None, |status, _| {
            f64::from(u8::from(status.state == StreamState::Live))
        })?;
        self.counter(&mut encoder, "pictures_received", "Coded pictures received", |status, _| {
            vec![(None, status.video.as_ref().map_or(0, |video| video.frames))]
        })?;
        self.counter(
            &mut encoder,
            "pictures_enhanced",
            "Pictures that left the enhanced lane, by how",
            |status, _| status.enhance.as_ref().map(made).unwrap_or_default(),
        )?;
        self.counter(
            &mut encoder,
            "pictures_refined",
            "Of those made by F-EDSR, refined by the second stage, by why",
            |_, figures| {
                vec![
                    (Some(("reason", "key")), figures.refined_key),
                    (Some(("reason", "change")), figures.refined_change),
                    (Some(("reason", "spare")), figures.refined_spare),
                ]
            },
        )?;
        self.gauge(
            &mut encoder,
            "pictures_refinable",
            "Pictures a second that the second stage can afford",
            None,
            |_, figures| figures.affordable,
        )?;
        self.counter(
            &mut encoder,
            "discontinuities",
            "New publishers and jumps within the playlist",
            |status, _| vec![(None, status.discontinuities)],
        )?;
        self.counter(&mut encoder, "lane_restarts", "Times that the enhanced lane broke", |_, figures| {
            vec![(None, figures.restarts)]
        })?;
        let seconds = Some(&Unit::Seconds);
        self.gauge(
            &mut encoder,
            "lane_backlog",
            "Received video that is not enhanced yet",
            seconds,
            |_, figures| figures.backlog().as_secs_f64(),
        )?;
        self.gauge(
            &mut encoder,
            "lane_picture",
            "Median time of a picture in the lane",
            seconds,
            |_, figures| figures.lane().as_secs_f64(),
        )?;
        self.gauge(
            &mut encoder,
            "net_picture",
            "Median time of a picture in the net",
            seconds,
            |_, figures| figures.net().as_secs_f64(),
        )?;
        self.gauge(
            &mut encoder,
            "refined_picture",
            "Median time of a picture in the second stage",
            seconds,
            |_, figures| figures.refiner().as_secs_f64(),
        )?;
        self.gauge(
            &mut encoder,
            "model_version",
            "Version of the net in use; 0 is stock",
            None,
            |status, _| {
                status
                    .enhance
                    .as_ref()
                    .and_then(|enhance| enhance.model.as_ref())
                    .map_or(0.0, |model| model.version as f64)
            },
        )?;
        training::encode(&mut encoder, &self.reports())
    }
}

/// Counts, each with a label of its own if there are several.
type Counts = Vec<(Option<(&'static str, &'static str)>, u64)>;

/// How pictures left the lane.
fn made(enhance: &EnhanceStatus) -> Counts {
    vec![
        (Some(("made", "f-edsr")), enhance.f_edsr),
        (Some(("made", "plain-overload")), enhance.plain_overload),
        (Some(("made", "plain-no-net")), enhance.plain_no_net),
        (Some(("made", "plain-failed")), enhance.plain_failed),
        (Some(("made", "skipped")), enhance.skipped),
    ]
}

impl Streams {
    fn reports(&self) -> Vec<(&str, &TrainingReport)> {
        let reports = self.0.iter().map(|(status, _)| (status.name.as_str(), status.training.as_ref()));
        reports.filter_map(|(name, report)| Some((name, report?))).collect()
    }

    fn gauge(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        value: impl Fn(&StreamStatus, &Figures) -> f64,
    ) -> Result<(), Error> {
        let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (status, figures) in &self.0 {
            let labels = [("stream", status.name.as_str())];
            ConstGauge::new(value(status, figures)).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn counter(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        values: impl Fn(&StreamStatus, &Figures) -> Counts,
    ) -> Result<(), Error> {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (status, figures) in &self.0 {
            for (label, count) in values(status, figures) {
                let stream = ("stream", status.name.as_str());
                let counter = ConstCounter::new(count);
                match label {
                    Some(label) => counter.encode(family.encode_family(&[stream, label])?)?,
                    None => counter.encode(family.encode_family(&[stream])?)?,
                }
            }
        }
        Ok(())
    }
}
