//! What readers are told of a presentation: its playlists, and how far it has come. Nothing here changes anything.

use std::cmp::Reverse;

use media::codec::AudioCodec;

use super::multivariant::{self, Audio, Sounds, Video};
use super::playlist::MediaPlaylist;
use super::presentation::Presentation;
use super::reload::{Delta, ReloadError};
use super::segmenter::{Config, Segmenter};
use crate::out::{Kind, Rendition, RenditionId};

/// Segments that sound which comes late has to reach back before it is announced: players begin three of them behind the end.
const REACH: usize = 4;

impl Presentation {
    /// Something can be played.
    pub(super) fn is_ready(&self) -> bool {
        let leads = [self.source(), self.audio()];
        self.cuts.target_duration().is_some() && leads.into_iter().any(Segmenter::has_segment)
    }

    /// A rendition of a running stream that is made of the others was announced and has not begun.
    pub(super) fn is_incomplete(&self) -> bool {
        let leads = [Rendition::SOURCE.id, Rendition::AUDIO.id];
        let to_come =
            |segmenter: &Segmenter| !leads.contains(&segmenter.rendition.id) && segmenter.config().is_none();
        !self.finished && self.source().config().is_some() && self.segmenters().iter().any(to_come)
    }

    /// A media playlist as it is now.
    pub(super) fn playlist(&self, id: RenditionId, delta: Delta) -> Result<String, ReloadError> {
        let target_duration = self.cuts.target_duration().ok_or(ReloadError::NotReady)?;
        let segmenter = self.segmenter(id).ok_or(ReloadError::NoRendition(id))?;
        if !segmenter.has_segment() {
            return Err(ReloadError::NotReady);
        }
        let mut others: Vec<&Segmenter> = self.segmenters().iter().collect();
        others.retain(|other| other.rendition.id != id && other.config().is_some());
        others.sort_by_key(|other| other.rendition.kind);
        let playlist = MediaPlaylist {
            window: &segmenter.window,
            target_duration,
            part_target: self.settings.part_target,
            session: &self.session,
            finished: self.finished,
            delta,
            others: others.into_iter().map(|other| (other.rendition.id, &other.window)).collect(),
        };
        Ok(playlist.to_string())
    }

    /// The multivariant playlist, the largest pictures first; none before there is something to play.
    pub(super) fn multivariant(&self) -> Option<String> {
        if !self.is_ready() {
            return None;
        }
        let mut segmenters: Vec<&Segmenter> = self.segmenters().iter().collect();
        segmenters.sort_by_key(|segmenter| Reverse(segmenter.rendition.kind));
        let videos: Vec<Video> = segmenters.iter().filter_map(|video| self.video(video)).collect();
        let source = self.audio_variant(self.audio());
        // Only beside sound that needs it: what was made of another publisher's is of no use.
        let aac = self
            .segmenter(Rendition::AAC.id)
            .filter(|_| !self.is_aac())
            .and_then(|aac| self.audio_variant(aac));
        Some(multivariant::write(
            &videos,
            Sounds { source: source.as_ref(), aac: aac.as_ref() },
            self.captions,
        ))
    }

    fn video(&self, segmenter: &Segmenter) -> Option<Video> {
        let Some(Config::Video(config)) = segmenter.config() else { return None };
        let source = self.source();
        source.window.last_complete()?;
        let measured = segmenter.window.last_complete().or(source.window.last_complete());
        let peak_bitrate = match (segmenter.tally.peak_bitrate, segmenter.rendition.kind) {
            // Until there is something to measure, bits are presumed to grow with the pixels.
            (0, Kind::Enhanced { scale }) => source.tally.peak_bitrate * u64::from(scale).pow(2),
            (measured, _) => measured,
        };
        Some(Video {
            is_source: segmenter.rendition.kind == Kind::Source,
            id: segmenter.rendition.id,
            codec: config.codec_string(),
            // As players are to show it (RFC 8216bis, 4.4.6.2).
            size: config.pixel_aspect().display_size(config.size()),
            frame_rate: measured.and_then(|segment| {
                let seconds = segment.duration().as_secs_f64();
                (seconds > 0.0 && segment.samples > 0).then(|| f64::from(segment.samples) / seconds)
            }),
            peak_bitrate,
        })
    }

    fn is_aac(&self) -> bool {
        matches!(self.audio().config(), Some(Config::Audio(config)) if config.codec() == AudioCodec::Aac)
    }

    fn audio_variant(&self, segmenter: &Segmenter) -> Option<Audio> {
        let Some(Config::Audio(config)) = segmenter.config() else { return None };
        segmenter.window.current_msn()?;
        // Players that begin where there is no sound yet wait for it, pictures and all. The segment at hand may be complete
        // for the pictures only.
        let complete = segmenter.window.listed().len();
        if complete + 1 < self.source().window.listed().len().min(REACH) {
            return None;
        }
        Some(Audio {
            id: segmenter.rendition.id,
            codec: config.codec_string(),
            channels: config.channels(),
            peak_bitrate: segmenter.tally.peak_bitrate,
        })
    }
}
