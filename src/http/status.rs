//! `GET /api/v1/streams` and `GET /api/v1/streams/NAME`: state for dashboards, scripts and the streamer.

use std::time::Instant;

use api::control::{
    AudioStatus, EnhanceStatus, RefinedPicture, RefinedReason, StreamState, StreamStatus, StreamSummary,
    TemporalStatus, TrainingReport, VideoStatus, WayOutStatus, routes,
};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use media::quality::psnr_of;
use media::{AudioConfig, VideoConfig};
use tower_http::compression::CompressionLayer;

use super::app::App;
use super::error::ApiError;
use crate::inference::StreamModel;
use crate::streams::{Figures, Incoming, LaneFeed, Presence, RefineReason, Stream};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streams", get(list))
        .route("/api/v1/streams/{name}", get(one))
        // Every open page asks once a second, and a full training report has tens of kilobytes.
        .layer(CompressionLayer::new())
}

/// State is true at the moment of asking only.
const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

async fn list(State(app): State<App>) -> impl IntoResponse {
    let summaries: Vec<_> = app.streams().iter().map(|stream| summary(stream)).collect();
    (FRESH, Json(summaries))
}

async fn one(State(app): State<App>, Path(name): Path<String>) -> Result<impl IntoResponse, ApiError> {
    Ok((FRESH, Json(status(&*app.stream(&name)?, Instant::now()).0)))
}

/// One line of the list of streams.
pub(super) fn summary(stream: &Stream) -> StreamSummary {
    stream.look(|presence, session| {
        let session = session.filter(|session| !session.is_over());
        let video = session.and_then(|session| session.video.as_ref());
        let lane = session.and_then(|session| session.lane.as_ref());
        StreamSummary {
            name: stream.name().to_string(),
            state: state(presence),
            watch: routes::watch(stream.name()),
            playlist: routes::playlist(stream.name()),
            source: video.map(|video| video.config.size().to_string()),
            enhanced: lane.and_then(|lane| lane.stats.view().size).map(|size| size.to_string()),
            training: session.and_then(|session| session.training.as_ref()).map(|report| report.state),
        }
    })
}

/// Everything that is known at this moment, and the lane's counts from which part of it was made.
pub(super) fn status(stream: &Stream, now: Instant) -> (StreamStatus, Figures) {
    stream.look(|presence, session| {
        let uptime_s = match presence {
            Presence::Live { since } => Some(now.saturating_duration_since(since).as_secs_f64()),
            _ => None,
        };
        let lane = session.and_then(|session| session.lane.as_ref());
        let figures = lane.map(|lane| lane.stats.view()).unwrap_or_default();
        let status = StreamStatus {
            name: stream.name().to_string(),
            state: state(presence),
            uptime_s,
            discontinuities: session.map_or(0, |session| session.discontinuities),
            video: session.and_then(|session| Some(video_status(session.video.as_ref()?, now))),
            audio: session.and_then(|session| Some(audio_status(session.audio.as_ref()?, now))),
            enhance: lane.and_then(|lane| enhance_status(lane, &figures, stream.model())),
            training: session
                .and_then(|session| session.training.clone())
                .map(|training| viewed(training, &figures)),
            problems: session.map(|session| session.problems.list()).unwrap_or_default(),
        };
        (status, figures)
    })
}

fn state(presence: Presence) -> StreamState {
    match presence {
        Presence::Idle | Presence::Over { .. } | Presence::Closed => StreamState::Idle,
        Presence::Live { .. } => StreamState::Live,
        Presence::Waiting { .. } => StreamState::Waiting,
    }
}

fn video_status(video: &Incoming<VideoConfig>, now: Instant) -> VideoStatus {
    let size = video.config.size();
    VideoStatus {
        codec: video.config.codec_string(),
        width: size.width,
        height: size.height,
        pixel_aspect: Some(video.config.pixel_aspect())
            .filter(|aspect| !aspect.is_square())
            .map(|aspect| aspect.to_string()),
        frames: video.packets,
        frame_rate: video.meter.packets(now),
        bitrate: video.meter.bits(now) as u64,
        newest_s: video.newest.as_secs_f64(),
    }
}

fn audio_status(audio: &Incoming<AudioConfig>, now: Instant) -> AudioStatus {
    AudioStatus {
        codec: audio.config.codec_string(),
        sample_rate: audio.config.sample_rate(),
        channels: audio.config.channels(),
        bitrate: audio.meter.bits(now) as u64,
    }
}

/// `None` until there is an enhanced picture's size.
fn enhance_status(lane: &LaneFeed, figures: &Figures, model: &StreamModel) -> Option<EnhanceStatus> {
    let size = figures.size?;
    let (mut model, mut history) = model.live.status();
    // The trainer measures before the pictures are coded again.
    let loss = figures.way_out_loss().unwrap_or_default();
    let gains = model.iter_mut().map(|model| &mut model.gain_db);
    gains.chain(history.iter_mut().map(|swap| &mut swap.gain_db)).flatten().for_each(|gain| *gain -= loss);
    Some(EnhanceStatus {
        width: size.width,
        height: size.height,
        frames_in: figures.frames_in,
        f_edsr: figures.f_edsr,
        tcsr: figures.refined(),
        temporal: lane.shared.second_stage.as_ref().map(|_| temporal_status(figures)),
        plain: figures.lanczos(),
        plain_overload: figures.lanczos_overload,
        plain_no_net: figures.lanczos_no_net,
        plain_failed: figures.lanczos_net_failed,
        plain_no_gain: figures.lanczos_no_gain,
        way_out: way_out_status(figures),
        skipped: figures.skipped(),
        deinterlaced: figures.deinterlaced,
        net_ms: figures.net().as_secs_f64() * 1e3,
        lane_ms: figures.lane().as_secs_f64() * 1e3,
        backlog_s: figures.backlog().as_secs_f64(),
        device: lane.shared.engine.device_name(),
        model,
        history,
    })
}

fn way_out_status(figures: &Figures) -> Option<WayOutStatus> {
    let (added, quality) = figures.way_out?;
    Some(WayOutStatus {
        quality: quality.into(),
        fidelity_db: psnr_of(added),
        loss_db: figures.way_out_loss(),
    })
}

/// The looks as viewers see the pictures: the streamer looks at them before the server codes them again.
fn viewed(mut training: TrainingReport, figures: &Figures) -> TrainingReport {
    let Some((added, _)) = figures.way_out else { return training };
    for look in &mut training.looks {
        let own = 255.0_f64.powi(2) / 10_f64.powf(look.net_db / 10.0);
        let seen = psnr_of(own + added);
        look.smoothed_gain_db += seen - look.net_db;
        look.net_db = seen;
    }
    training
}

fn temporal_status(figures: &Figures) -> TemporalStatus {
    let reason = |reason| match reason {
        RefineReason::Key => RefinedReason::Key,
        RefineReason::Change => RefinedReason::Change,
        RefineReason::Spare => RefinedReason::Spare,
    };
    let chosen = figures.chosen.iter();
    TemporalStatus {
        affordable: figures.affordable,
        ms: figures.refiner().as_secs_f64() * 1e3,
        key: figures.refined_key,
        change: figures.refined_change,
        spare: figures.refined_spare,
        chosen: chosen
            .map(|(at, why)| RefinedPicture { at_s: at.as_secs_f64(), reason: reason(*why) })
            .collect(),
    }
}
