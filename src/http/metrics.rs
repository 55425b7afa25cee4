//! `GET /metrics`: few series, all read at the moment of scraping from the figures that the API shows as well.

mod training;

use std::fmt::Error;

use api::control::{EnhanceStatus, StreamState, StreamStatus};
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

use super::app::App;
use super::error::ApiError;
use super::status::status;
use crate::streams::Figures;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(scrape))
}

async fn scrape(State(app): State<App>) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let now = std::time::Instant::now();
    let streams = app.streams().iter().map(|stream| status(stream, now)).collect();
    let mut registry = Registry::with_prefix("sharpcast");
    registry.register_collector(Box::new(Scrape { streams, strangers: strangers(&app) }));
    let mut body = String::new();
    text::encode(&mut body, &registry)
        .map_err(|_| ApiError::Unavailable("metrics cannot be written".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], body))
}

/// How a series is read off one stream.
enum Read {
    Gauge(fn(&StreamStatus, &Figures) -> f64),
    /// A gauge with a unit.
    Seconds(fn(&StreamStatus, &Figures) -> f64),
    Counter(fn(&StreamStatus, &Figures) -> u64),
    /// One counter for every value of this label.
    Counters(&'static str, fn(&StreamStatus, &Figures) -> Vec<(&'static str, u64)>),
}

/// Name, help and value of every series but those of [`training`].
const SERIES: [(&str, &str, Read); 13] = [
    (
        "publisher_connected",
        "Whether somebody publishes",
        Read::Gauge(|status, _| f64::from(u8::from(status.state == StreamState::Live))),
    ),
    (
        "pictures_received",
        "Coded pictures received",
        Read::Counter(|status, _| status.video.as_ref().map_or(0, |video| video.frames)),
    ),
    (
        "pictures_enhanced",
        "Pictures that left the enhanced lane, by how",
        Read::Counters("made", |status, _| status.enhance.as_ref().map(enhanced).unwrap_or_default()),
    ),
    (
        "pictures_refined",
        "Of those made by F-EDSR, refined by the second stage, by why",
        Read::Counters("reason", |_, figures| {
            vec![
                ("key", figures.refined_key),
                ("change", figures.refined_change),
                ("spare", figures.refined_spare),
            ]
        }),
    ),
    (
        "pictures_refinable",
        "Pictures a second that the second stage can afford",
        Read::Gauge(|_, figures| figures.affordable),
    ),
    (
        "discontinuities",
        "New publishers and jumps within the playlist",
        Read::Counter(|status, _| status.discontinuities),
    ),
    ("lane_restarts", "Times that the enhanced lane broke", Read::Counter(|_, figures| figures.restarts)),
    (
        "lane_backlog",
        "Received video that is not enhanced yet",
        Read::Seconds(|_, figures| figures.backlog().as_secs_f64()),
    ),
    (
        "lane_picture",
        "Median time of a picture in the lane",
        Read::Seconds(|_, figures| figures.lane().as_secs_f64()),
    ),
    (
        "net_picture",
        "Median time of a picture in the net",
        Read::Seconds(|_, figures| figures.net().as_secs_f64()),
    ),
    (
        "refined_picture",
        "Median time of a picture in the second stage",
        Read::Seconds(|_, figures| figures.refiner().as_secs_f64()),
    ),
    (
        "way_out_loss_decibels",
        "What the server's encoder takes of the enhanced picture's PSNR; NaN where it is not known",
        Read::Gauge(|_, figures| figures.way_out_loss().unwrap_or(f64::NAN)),
    ),
    (
        "model_version",
        "Version of the net in use; 0 is stock",
        Read::Gauge(|status, _| {
            let model = status.enhance.as_ref().and_then(|enhance| enhance.model.as_ref());
            model.map_or(0.0, |model| model.version as f64)
        }),
    ),
];

fn enhanced(status: &EnhanceStatus) -> Vec<(&'static str, u64)> {
    vec![
        ("f-edsr", status.f_edsr),
        ("plain-overload", status.plain_overload),
        ("plain-no-net", status.plain_no_net),
        ("plain-failed", status.plain_failed),
        ("plain-no-gain", status.plain_no_gain),
        ("skipped", status.skipped),
    ]
}

/// What strangers were refused: name, help, and counts by reason.
type Refusals = [(&'static str, &'static str, [(&'static str, u64); 2]); 2];

fn strangers(app: &App) -> Refusals {
    let [wrong, unheard] = app.keys.totals();
    let [crowd, idle] = app.connections.totals();
    [
        (
            "keys_refused",
            "Stream keys that were refused: wrong, or not looked at because too many were wrong before",
            [("wrong", wrong), ("too-many", unheard)],
        ),
        (
            "http_connections_closed",
            "HTTP connections that were closed: too many from one address, or unused",
            [("too-many", crowd), ("idle", idle)],
        ),
    ]
}

/// Everything at one moment.
#[derive(Debug)]
struct Scrape {
    streams: Vec<(StreamStatus, Figures)>,
    strangers: Refusals,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        for (name, help, read) in SERIES {
            self.series(&mut encoder, name, help, &read)?;
        }
        self.problems(&mut encoder)?;
        for (name, help, counts) in self.strangers {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (reason, count) in counts {
                ConstCounter::new(count).encode(family.encode_family(&[("reason", reason)])?)?;
            }
        }
        let reports = self.streams.iter().map(|(status, _)| (status.name.as_str(), status.training.as_ref()));
        let reports: Vec<_> = reports.filter_map(|(name, report)| Some((name, report?))).collect();
        training::encode(&mut encoder, &reports)
    }
}

impl Scrape {
    /// Kinds are names of our own, and few.
    fn problems(&self, encoder: &mut DescriptorEncoder) -> Result<(), Error> {
        let help = "What of the stream was refused, changed or missing in this playlist, by kind";
        let mut family = encoder.encode_descriptor("stream_problems", help, None, MetricType::Counter)?;
        for (status, _) in &self.streams {
            for problem in &status.problems {
                let labels = [("stream", status.name.as_str()), ("kind", problem.kind.as_str())];
                ConstCounter::new(problem.count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn series(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        read: &Read,
    ) -> Result<(), Error> {
        let unit = matches!(read, Read::Seconds(_)).then_some(&Unit::Seconds);
        let kind = match read {
            Read::Gauge(_) | Read::Seconds(_) => MetricType::Gauge,
            Read::Counter(_) | Read::Counters(..) => MetricType::Counter,
        };
        let mut family = encoder.encode_descriptor(name, help, unit, kind)?;
        for (status, figures) in &self.streams {
            let stream = ("stream", status.name.as_str());
            match read {
                Read::Gauge(value) | Read::Seconds(value) => {
                    ConstGauge::new(value(status, figures)).encode(family.encode_family(&[stream])?)?;
                }
                Read::Counter(value) => {
                    ConstCounter::new(value(status, figures)).encode(family.encode_family(&[stream])?)?;
                }
                Read::Counters(label, values) => {
                    for (value, count) in values(status, figures) {
                        let labels = [stream, (*label, value)];
                        ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}
