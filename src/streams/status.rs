//! A stream's state as the control API shows it.

use std::time::Instant;

use api::control::{
    AudioStatus, EnhanceStatus, RefinedPicture, RefinedReason, StreamState, StreamStatus, StreamSummary,
    TemporalStatus, VideoStatus, routes,
};

use super::session::{AudioTrack, EnhancedTrack, VideoTrack};
use super::stream::{Presence, Stream};
use crate::inference::StreamModel;
use crate::lane::select::Reason;
use crate::lane::stats::Figures;

impl Stream {
    /// One line of the list of streams.
    pub fn summary(&self) -> StreamSummary {
        let inner = self.inner();
        let session = inner.session.as_ref().filter(|session| !session.is_over());
        let figures =
            session.and_then(|session| session.enhanced.as_ref()).map(|enhanced| enhanced.stats.view());
        StreamSummary {
            name: self.name().to_string(),
            state: state(inner.presence),
            watch: routes::watch(self.name()),
            playlist: routes::playlist(self.name()),
            source: session
                .and_then(|session| session.video.as_ref())
                .map(|video| video.config.size().to_string()),
            enhanced: figures.and_then(|figures| figures.size).map(|size| size.to_string()),
            training: session.and_then(|session| session.training.as_ref()).map(|report| report.state),
        }
    }

    /// Everything that is known. The figures of a session that has ended stay until the next one begins.
    pub fn status(&self, now: Instant) -> StreamStatus {
        self.snapshot(now).0
    }

    /// The same with its lane's counts, none where there never was a lane. Both are of one moment, so that their sums
    /// agree.
    pub fn snapshot(&self, now: Instant) -> (StreamStatus, Figures) {
        let mut inner = self.inner();
        let uptime_s = match inner.presence {
            Presence::Live { since } => Some(now.saturating_duration_since(since).as_secs_f64()),
            _ => None,
        };
        let mut status = StreamStatus {
            name: self.name().to_string(),
            state: state(inner.presence),
            uptime_s,
            discontinuities: 0,
            video: None,
            audio: None,
            enhance: None,
            training: None,
        };
        let Some(session) = &mut inner.session else { return (status, Figures::default()) };
        status.discontinuities = session.discontinuities;
        status.training.clone_from(&session.training);
        status.video = session.video.as_mut().map(|video| video_status(video, now));
        status.audio = session.audio.as_mut().map(|audio| audio_status(audio, now));
        let Some(enhanced) = &session.enhanced else { return (status, Figures::default()) };
        // Read once: the lane goes on counting.
        let figures = enhanced.stats.view();
        status.enhance = enhance_status(enhanced, &figures, self.model());
        (status, figures)
    }
}

fn state(presence: Presence) -> StreamState {
    match presence {
        Presence::Idle | Presence::Closed => StreamState::Idle,
        Presence::Live { .. } => StreamState::Live,
        Presence::Waiting { .. } => StreamState::Waiting,
    }
}

fn video_status(video: &mut VideoTrack, now: Instant) -> VideoStatus {
    let (size, rate) = (video.config.size(), video.meter.rate(now));
    VideoStatus {
        codec: video.config.codec_string(),
        width: size.width,
        height: size.height,
        frames: video.frames,
        frame_rate: rate.packets,
        bitrate: rate.bits as u64,
        newest_s: video.newest.as_secs_f64(),
    }
}

fn audio_status(audio: &mut AudioTrack, now: Instant) -> AudioStatus {
    AudioStatus {
        codec: audio.config.codec_string(),
        sample_rate: audio.config.sample_rate(),
        channels: audio.config.channels(),
        bitrate: audio.meter.rate(now).bits as u64,
    }
}

/// `None` until there is an enhanced picture's size.
fn enhance_status(enhanced: &EnhancedTrack, figures: &Figures, model: &StreamModel) -> Option<EnhanceStatus> {
    let size = figures.size?;
    let (model, history) = model.live.status();
    Some(EnhanceStatus {
        width: size.width,
        height: size.height,
        frames_in: figures.frames_in,
        f_edsr: figures.f_edsr,
        tcsr: figures.refined(),
        temporal: enhanced.shared.second_stage.as_ref().map(|_| temporal_status(figures)),
        plain: figures.lanczos(),
        plain_overload: figures.lanczos_overload,
        plain_no_net: figures.lanczos_no_net,
        plain_failed: figures.lanczos_net_failed,
        skipped: figures.skipped(),
        net_ms: figures.net().as_secs_f64() * 1e3,
        lane_ms: figures.lane().as_secs_f64() * 1e3,
        backlog_s: figures.backlog().as_secs_f64(),
        device: enhanced.shared.engine.device_name(),
        model,
        history,
    })
}

fn temporal_status(figures: &Figures) -> TemporalStatus {
    let reason = |reason| match reason {
        Reason::Key => RefinedReason::Key,
        Reason::Change => RefinedReason::Change,
        Reason::Spare => RefinedReason::Spare,
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
