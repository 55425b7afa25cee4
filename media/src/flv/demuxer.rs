//! Tags to units: configurations when they change, whole pictures and frames with unwrapped times.

use std::collections::VecDeque;

use super::error::{FlvError, FlvErrorKind};
use super::message::Message;
use super::timestamps::unwrap;
use super::{Tag, TagKind, audio, video};
use crate::codec::{AccessUnits, AudioCodec, AudioFrames, CodecError, Coded, VideoCodec};
use crate::packet::{Track, Unit};
use crate::time::MediaTime;

/// Push tags, and pull units after each until none is left.
#[derive(Debug, Default)]
pub struct Demuxer {
    /// Timestamp of the last tag, unwrapped.
    last_millis: Option<i64>,
    video: AccessUnits,
    audio: AudioFrames,
    /// Sound that came while a picture was held back: it leaves behind it, as it came.
    behind: VecDeque<Unit>,
    units: VecDeque<Unit>,
}

/// A picture is complete when so much sound has come behind it: nobody sends the pieces of a picture that far apart. Where
/// pictures are few, they need not wait for each other.
const SOUND_BEHIND: MediaTime = MediaTime::from_millis(200);
/// The same for sound whose times say nothing.
const FRAMES_BEHIND: usize = 64;

impl Demuxer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tag in. Nothing comes of what carries no media: script data, empty tags, repeated configurations. An error
    /// concerns this tag alone; one of them is that it belongs to another track than the first.
    pub fn push(&mut self, tag: &Tag) -> Result<(), FlvError> {
        let track = match tag.kind {
            TagKind::Script => return Ok(()),
            TagKind::Audio => Track::Audio,
            TagKind::Video => Track::Video,
        };
        if tag.body.is_empty() {
            return Ok(());
        }
        let dts = MediaTime::from_millis(unwrap(tag.timestamp, &mut self.last_millis));
        let refused = |kind, source| FlvError { kind, track, at: dts, source };
        let taken = match track {
            Track::Audio => {
                let message = audio::read(tag.body.clone()).map_err(|kind| refused(kind, None))?;
                self.take_audio(dts, message)
            }
            Track::Video => {
                let message = video::read(tag.body.clone()).map_err(|kind| refused(kind, None))?;
                self.take_video(dts, message)
            }
        };
        self.collect();
        taken.map_err(|(kind, source)| refused(kind, source))
    }

    /// The next configuration, picture or frame of sound, if one is complete.
    pub fn pull(&mut self) -> Option<Unit> {
        self.units.pop_front()
    }

    /// No tag follows: the last picture, of which more might have come, can be pulled.
    pub fn finish(&mut self) {
        self.video.finish();
        self.collect();
    }

    /// Takes what is complete, in the order in which it came.
    fn collect(&mut self) {
        while let Some(unit) = self.audio.pull() {
            self.behind.push_back(unit);
        }
        if self.has_sound_behind() {
            self.video.release();
        }
        let before = self.units.len();
        while let Some(unit) = self.video.pull() {
            self.units.push_back(unit);
        }
        // The picture in front of it has left, or there was none.
        if self.units.len() > before || !self.video.is_open() {
            self.units.append(&mut self.behind);
        }
    }

    fn has_sound_behind(&self) -> bool {
        let mut times = self.behind.iter().filter_map(|unit| match unit {
            Unit::Packet(packet) => Some(packet.dts),
            _ => None,
        });
        let first = times.next();
        let span = first.zip(times.next_back()).map(|(first, last)| last - first);
        self.behind.len() > FRAMES_BEHIND || span.is_some_and(|span| span >= SOUND_BEHIND)
    }

    fn take_video(&mut self, dts: MediaTime, message: Message<VideoCodec>) -> Result<(), Refusal> {
        match message {
            Message::Nothing => Ok(()),
            Message::OtherTrack(track) => Err((FlvErrorKind::OtherTrack(track), None)),
            Message::End => {
                self.finish();
                Ok(())
            }
            Message::Config(codec, record) => {
                self.switch_video(codec);
                self.video.configure(record).map_err(|source| (FlvErrorKind::Config, Some(source)))
            }
            Message::Frame { codec, composition_millis, key, data } => {
                self.switch_video(codec);
                let pts = dts + MediaTime::from_millis(composition_millis.into());
                self.video.push(&Coded { dts, pts, key, data }).map_err(|source| {
                    // Nobody can decode what came before its configuration.
                    if self.video.is_configured() {
                        (FlvErrorKind::Picture, Some(source))
                    } else {
                        (FlvErrorKind::BeforeConfig, None)
                    }
                })
            }
        }
    }

    fn take_audio(&mut self, time: MediaTime, message: Message<AudioCodec>) -> Result<(), Refusal> {
        match message {
            Message::Nothing | Message::End => Ok(()),
            Message::OtherTrack(track) => Err((FlvErrorKind::OtherTrack(track), None)),
            Message::Config(codec, record) => {
                self.audio.switch_to(codec);
                self.audio.configure(record).map_err(|source| (FlvErrorKind::Config, Some(source)))
            }
            Message::Frame { codec, data, .. } => {
                self.audio.switch_to(codec);
                self.audio.push(time, data).map_err(|source| (FlvErrorKind::Sound, Some(source)))?;
                // Frames that describe themselves have told their configuration by now.
                if self.audio.is_configured() { Ok(()) } else { Err((FlvErrorKind::BeforeConfig, None)) }
            }
        }
    }

    /// Another codec than before: what came in that one is complete.
    fn switch_video(&mut self, codec: VideoCodec) {
        if self.video.codec() != codec {
            self.finish();
            self.video.switch_to(codec);
        }
    }
}

/// Why, and what is wrong with the configuration or the packet.
type Refusal = (FlvErrorKind, Option<CodecError>);

#[cfg(test)]
mod tests;
