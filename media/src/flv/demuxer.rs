//! Tags to units: configurations when they change, packets with unwrapped times.

use std::sync::Arc;

use bytes::Bytes;

use super::error::{FlvError, FlvErrorKind};
use super::message::Message;
use super::timestamps::unwrap;
use super::{Tag, TagKind, audio, video};
use crate::codec::avc::nal;
use crate::codec::{AudioConfig, CodecError, VideoConfig};
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

#[derive(Debug, Default)]
pub struct Demuxer {
    /// Timestamp of the last tag, unwrapped.
    last_millis: Option<i64>,
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
}

impl Demuxer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tag in. `None` for what carries no media: script data, empty tags, ends of sequences, repeated
    /// configurations, tracks other than the first.
    pub fn push(&mut self, tag: &Tag) -> Result<Option<Unit>, FlvError> {
        let track = match tag.kind {
            TagKind::Script => return Ok(None),
            TagKind::Audio => Track::Audio,
            TagKind::Video => Track::Video,
        };
        if tag.body.is_empty() {
            return Ok(None);
        }
        let dts = MediaTime::from_millis(unwrap(tag.timestamp, &mut self.last_millis));
        let refused = |kind, source| FlvError { kind, track, at: dts, source };
        let message = match track {
            Track::Audio => audio::read(tag.body.clone()),
            Track::Video => video::read(tag.body.clone()),
        };
        match message.map_err(|kind| refused(kind, None))? {
            Message::Nothing => Ok(None),
            Message::Config(record) => {
                self.configure(track, record).map_err(|error| refused(FlvErrorKind::Config, Some(error)))
            }
            Message::Frame { composition_millis, key, data } => {
                // Nobody could decode it, and lengths of NAL units are not known yet.
                if !self.is_configured(track) {
                    return Err(refused(FlvErrorKind::BeforeConfig, None));
                }
                let whole = self.whole(track, data);
                let whole = whole.map_err(|error| refused(FlvErrorKind::Picture, Some(error)))?;
                let pts = dts + MediaTime::from_millis(composition_millis.into());
                Ok(whole.map(|data| Unit::Packet(Packet { track, dts, pts, key, recovery: false, data })))
            }
        }
    }

    /// `None` for a configuration that says nothing new: encoders repeat it, and some send an empty one first.
    fn configure(&mut self, track: Track, record: Bytes) -> Result<Option<Unit>, CodecError> {
        let known = match track {
            Track::Video => self.video.as_ref().map(|config| config.record()),
            Track::Audio => self.audio.as_ref().map(|config| config.record()),
        };
        if record.is_empty() || known == Some(&record) {
            return Ok(None);
        }
        Ok(Some(match track {
            Track::Video => {
                Unit::VideoConfig(Arc::clone(self.video.insert(Arc::new(VideoConfig::avc(record)?))))
            }
            Track::Audio => {
                Unit::AudioConfig(Arc::clone(self.audio.insert(Arc::new(AudioConfig::aac(record)?))))
            }
        }))
    }

    fn is_configured(&self, track: Track) -> bool {
        match track {
            Track::Video => self.video.is_some(),
            Track::Audio => self.audio.is_some(),
        }
    }

    /// The payload, if something is in it: what follows must be able to rely on whole NAL units.
    fn whole(&self, track: Track, data: Bytes) -> Result<Option<Bytes>, CodecError> {
        match (track, self.video.as_deref()) {
            (Track::Video, Some(VideoConfig::Avc(config))) => nal::tidy(data, config.nal_length_size()),
            _ => Ok((!data.is_empty()).then_some(data)),
        }
    }
}

#[cfg(test)]
mod tests;
