//! What readers are told: playlists, and how far each rendition has come. Nothing here changes anything.

use media::MediaTime;

use super::State;
use crate::out::hls::address::Rendition;
use crate::out::hls::multivariant::{self, Audio, Video};
use crate::out::hls::playlist::{MediaPlaylist, Report};
use crate::out::hls::reload::{Delta, ReloadError};
use crate::out::hls::track::Config;
use crate::out::hls::window::Segment;

/// The enhanced rendition's share of bits until there is something to measure: four times the pixels.
const PRESUMED_ENHANCED_FACTOR: u64 = 4;

/// What a rendition has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenditionStatus {
    /// Packets pushed.
    pub packets: u64,
    /// Of these, left out: before the first keyframe, beyond a limit, or without a place in the timeline.
    pub dropped: u64,
    /// Parts published.
    pub parts: u64,
    /// Segments completed.
    pub segments: u64,
    /// Segments in which other renditions had something and this one had nothing.
    pub gaps: u64,
    /// End of the newest part on the stream's timeline.
    pub newest: Option<MediaTime>,
    /// Bits a second of the most demanding segment.
    pub peak_bitrate: u64,
    /// Bytes held in memory for readers.
    pub held_bytes: usize,
}

impl State {
    /// A rendition that readers can ask for, now or soon.
    pub(in crate::out::hls) fn is_known(&self, rendition: Rendition) -> bool {
        self.track(rendition).config().is_some()
    }

    /// Something can be played.
    pub(in crate::out::hls) fn is_ready(&self) -> bool {
        self.timeline.target_duration().is_some()
            && [Rendition::Source, Rendition::Audio].into_iter().any(|rendition| self.has_segment(rendition))
    }

    pub(in crate::out::hls) fn has_segment(&self, rendition: Rendition) -> bool {
        self.track(rendition).window.last_complete().is_some()
    }

    pub(in crate::out::hls) fn status(&self, rendition: Rendition) -> RenditionStatus {
        let track = self.track(rendition);
        let tally = track.tally;
        RenditionStatus {
            packets: tally.packets,
            dropped: tally.dropped,
            parts: tally.parts,
            segments: tally.segments,
            gaps: tally.gaps,
            newest: tally.newest,
            peak_bitrate: tally.peak_bitrate,
            held_bytes: track.window.held_bytes(),
        }
    }

    pub(in crate::out::hls) fn playlist(
        &self,
        rendition: Rendition,
        delta: Delta,
    ) -> Result<String, ReloadError> {
        let target_duration = self.timeline.target_duration().ok_or(ReloadError::NotReady)?;
        let window = &self.track(rendition).window;
        if window.last_complete().is_none() {
            return Err(ReloadError::NotReady);
        }
        let reports: Vec<Report> = Rendition::ALL
            .into_iter()
            .filter(|&other| other != rendition && self.is_known(other))
            .filter_map(|other| Report::of(other, &self.track(other).window))
            .collect();
        let playlist = MediaPlaylist {
            window,
            target_duration,
            part_target: self.settings.part_target,
            session: &self.session,
            finished: self.finished,
            delta,
            reports: &reports,
        };
        Ok(playlist.to_string())
    }

    /// None before there is something to play.
    pub(in crate::out::hls) fn multivariant(&self) -> Option<String> {
        if !self.is_ready() {
            return None;
        }
        let videos: Vec<Video> = [Rendition::Enhanced, Rendition::Source]
            .into_iter()
            .filter_map(|rendition| self.video(rendition))
            .collect();
        let audio = self.audio_variant();
        Some(multivariant::write(&videos, audio.as_ref()))
    }

    fn video(&self, rendition: Rendition) -> Option<Video> {
        let track = self.track(rendition);
        let Some(Config::Video(config)) = track.config() else { return None };
        let source = self.track(Rendition::Source);
        source.window.last_complete()?;
        let measured = track.window.last_complete().or(source.window.last_complete()).and_then(frame_rate);
        let peak_bitrate = match track.tally.peak_bitrate {
            0 => source.tally.peak_bitrate * PRESUMED_ENHANCED_FACTOR,
            measured => measured,
        };
        Some(Video {
            rendition,
            codec: config.codec_string(),
            size: config.size(),
            frame_rate: measured,
            peak_bitrate,
        })
    }

    fn audio_variant(&self) -> Option<Audio> {
        let track = self.track(Rendition::Audio);
        let Some(Config::Audio(config)) = track.config() else { return None };
        track.window.current_msn()?;
        let peak_bitrate = track.tally.peak_bitrate;
        Some(Audio { codec: config.codec_string(), channels: config.channels(), peak_bitrate })
    }
}

/// Pictures a second in a segment.
fn frame_rate(segment: &Segment) -> Option<f64> {
    let seconds = segment.duration().as_secs_f64();
    (seconds > 0.0 && segment.samples > 0).then(|| f64::from(segment.samples) / seconds)
}
