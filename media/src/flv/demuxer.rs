//! Tags to units: configurations when they change, packets with unwrapped times.

use std::sync::Arc;

use bytes::Bytes;

use super::timestamps::Unwrapper;
use super::{Tag, TagKind, audio, video};
use crate::codec::aac::AacError;
use crate::codec::avc::AvcError;
use crate::codec::avc::nal::{self, BrokenNal};
use crate::codec::{AudioConfig, VideoConfig};
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// Why a tag was refused. The demuxer stays usable: every error concerns one tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlvError {
    /// The tag ends in the middle of its header.
    #[error("the {track:?} tag at {at} ends too early, after {length} bytes")]
    Truncated {
        /// The track that it belongs to.
        track: Track,
        /// When it is to be decoded.
        at: MediaTime,
        /// Size of its body.
        length: usize,
    },
    /// A codec that we cannot read. The publisher has to be told to use H.264 and AAC.
    #[error("{track:?} codec {codec} is not supported: send H.264 video and AAC audio")]
    UnsupportedCodec {
        /// The track that uses it.
        track: Track,
        /// Its name, fourCC or number.
        codec: String,
    },
    /// Media before the configuration that is needed to read it.
    #[error("the {track:?} packet at {at} came before its configuration")]
    BeforeConfig {
        /// The track that it belongs to.
        track: Track,
        /// When it is to be decoded.
        at: MediaTime,
    },
    /// A damaged H.264 configuration.
    #[error("the video configuration at {at} is refused")]
    VideoConfig {
        /// When it came.
        at: MediaTime,
        /// What is wrong with it.
        source: AvcError,
    },
    /// A damaged AAC configuration.
    #[error("the audio configuration at {at} is refused")]
    AudioConfig {
        /// When it came.
        at: MediaTime,
        /// What is wrong with it.
        source: AacError,
    },
    /// A picture whose NAL units do not add up.
    #[error("the picture at {at} is damaged")]
    BrokenPicture {
        /// When it is to be decoded.
        at: MediaTime,
        /// What is wrong with it.
        source: BrokenNal,
    },
}

/// What a tag's header said; the same for both tracks, legacy and enhanced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A codec's configuration record.
    Config(Bytes),
    /// One coded picture or audio frame.
    Frame { composition_millis: i32, key: bool, data: Bytes },
    /// Nothing that concerns us: the end of a sequence, metadata, another track.
    Nothing,
}

/// Why a tag's header could not be read; the demuxer adds where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    Truncated,
    UnsupportedCodec(String),
}

/// Reads one publisher's tags.
#[derive(Debug, Default)]
pub struct Demuxer {
    timestamps: Unwrapper,
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
}

impl Demuxer {
    /// A demuxer at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tag in. `None` for what carries no media: script data, empty tags, ends of sequences, repeated
    /// configurations, tracks other than the first.
    pub fn push(&mut self, tag: &Tag) -> Result<Option<Unit>, FlvError> {
        let (track, parsed) = match tag.kind {
            TagKind::Script => return Ok(None),
            _ if tag.body.is_empty() => return Ok(None),
            TagKind::Audio => (Track::Audio, audio::read(tag.body.clone())),
            TagKind::Video => (Track::Video, video::read(tag.body.clone())),
        };
        let dts = MediaTime::from_millis(self.timestamps.unwrap(tag.timestamp));
        let message = parsed.map_err(|error| match error {
            HeaderError::Truncated => FlvError::Truncated { track, at: dts, length: tag.body.len() },
            HeaderError::UnsupportedCodec(codec) => FlvError::UnsupportedCodec { track, codec },
        })?;
        match (message, track) {
            (Message::Nothing, _) => Ok(None),
            (Message::Config(record), Track::Video) => self.video_config(record, dts),
            (Message::Config(record), Track::Audio) => self.audio_config(record, dts),
            (Message::Frame { composition_millis, key, data }, _) => {
                let Some(data) = self.check(track, data, dts)? else { return Ok(None) };
                let pts = dts + MediaTime::from_millis(composition_millis.into());
                Ok(Some(Unit::Packet(Packet { track, dts, pts, key, data })))
            }
        }
    }

    fn video_config(&mut self, record: Bytes, at: MediaTime) -> Result<Option<Unit>, FlvError> {
        if record.is_empty() || self.video.as_ref().is_some_and(|config| *config.record() == record) {
            return Ok(None);
        }
        let config = VideoConfig::avc(record).map_err(|source| FlvError::VideoConfig { at, source })?;
        let config = self.video.insert(Arc::new(config));
        Ok(Some(Unit::VideoConfig(Arc::clone(config))))
    }

    fn audio_config(&mut self, record: Bytes, at: MediaTime) -> Result<Option<Unit>, FlvError> {
        if record.is_empty() || self.audio.as_ref().is_some_and(|config| *config.record() == record) {
            return Ok(None);
        }
        let config = AudioConfig::aac(record).map_err(|source| FlvError::AudioConfig { at, source })?;
        let config = self.audio.insert(Arc::new(config));
        Ok(Some(Unit::AudioConfig(Arc::clone(config))))
    }

    /// The payload, if something is in it: what follows must be able to rely on whole NAL units.
    fn check(&self, track: Track, data: Bytes, at: MediaTime) -> Result<Option<Bytes>, FlvError> {
        let before_config = FlvError::BeforeConfig { track, at };
        match track {
            Track::Audio => {
                self.audio.as_ref().ok_or(before_config)?;
                Ok((!data.is_empty()).then_some(data))
            }
            Track::Video => match &**self.video.as_ref().ok_or(before_config)? {
                VideoConfig::Avc(config) => nal::tidy(data, config.nal_length_size())
                    .map_err(|source| FlvError::BrokenPicture { at, source }),
            },
        }
    }
}

#[cfg(test)]
mod tests;
