//! Frames of whatever codec a publisher sends its sound in: the one that is in use, replaced when another one comes.

use bytes::Bytes;

use super::error::CodecError;
use super::{AudioCodec, aac, opus};
use crate::packet::Unit;
use crate::time::MediaTime;

/// Push configurations and payloads, and pull units after each until none is left.
#[derive(Debug)]
pub enum AudioFrames {
    Aac(aac::Frames),
    Opus(opus::Frames),
}

impl Default for AudioFrames {
    fn default() -> Self {
        Self::Aac(aac::Frames::default())
    }
}

impl AudioFrames {
    /// What follows is in this codec. Where it is another one than before, nothing continues what came: pull before.
    pub fn switch_to(&mut self, codec: AudioCodec) {
        match (codec, &self) {
            (AudioCodec::Aac, Self::Aac(_)) | (AudioCodec::Opus, Self::Opus(_)) => {}
            (AudioCodec::Aac, _) => *self = Self::Aac(aac::Frames::default()),
            (AudioCodec::Opus, _) => *self = Self::Opus(opus::Frames::default()),
        }
    }

    /// Takes a configuration in. Encoders repeat it, and some send an empty one first.
    pub fn configure(&mut self, record: Bytes) -> Result<(), CodecError> {
        match self {
            Self::Aac(frames) => frames.configure(record),
            Self::Opus(frames) => frames.configure(record),
        }
    }

    /// Takes the payload that is to be heard at `time`. Frames before any configuration are left out.
    pub fn push(&mut self, time: MediaTime, payload: Bytes) -> Result<(), CodecError> {
        match self {
            Self::Aac(frames) => frames.push(time, payload),
            Self::Opus(frames) => frames.push(time, payload),
        }
    }

    pub fn pull(&mut self) -> Option<Unit> {
        match self {
            Self::Aac(frames) => frames.pull(),
            Self::Opus(frames) => frames.pull(),
        }
    }

    /// Whether it is known how to decode what comes.
    pub fn is_configured(&self) -> bool {
        match self {
            Self::Aac(frames) => frames.is_configured(),
            Self::Opus(frames) => frames.is_configured(),
        }
    }
}
