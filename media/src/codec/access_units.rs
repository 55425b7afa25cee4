//! Pictures of whatever codec a publisher sends: the one that is in use, replaced when another one comes.

use bytes::Bytes;

use super::coded::Coded;
use super::error::CodecError;
use super::{VideoCodec, av1, avc, hevc};
use crate::packet::Unit;

/// Push configurations and messages, and pull units after each until none is left.
#[derive(Debug)]
pub enum AccessUnits {
    Avc(Box<avc::Assembler>),
    Hevc(hevc::Pictures),
    Av1(av1::Pictures),
}

impl Default for AccessUnits {
    fn default() -> Self {
        Self::Avc(Box::default())
    }
}

impl AccessUnits {
    /// What follows is in this codec. Where it is another one than before, nothing continues what came: pull before.
    pub fn switch_to(&mut self, codec: VideoCodec) {
        if self.codec() != codec {
            *self = match codec {
                VideoCodec::Avc => Self::Avc(Box::default()),
                VideoCodec::Hevc => Self::Hevc(hevc::Pictures::default()),
                VideoCodec::Av1 => Self::Av1(av1::Pictures::default()),
            };
        }
    }

    pub fn codec(&self) -> VideoCodec {
        match self {
            Self::Avc(_) => VideoCodec::Avc,
            Self::Hevc(_) => VideoCodec::Hevc,
            Self::Av1(_) => VideoCodec::Av1,
        }
    }

    /// Takes a sequence header in; one that repeats the last one, and an empty one, says nothing.
    pub fn configure(&mut self, header: Bytes) -> Result<(), CodecError> {
        match self {
            Self::Avc(units) => units.configure(header),
            Self::Hevc(units) => units.configure(header),
            Self::Av1(units) => units.configure(header),
        }
    }

    /// Takes a message in. After an error it is lost, and nothing else.
    pub fn push(&mut self, coded: &Coded) -> Result<(), CodecError> {
        match self {
            Self::Avc(units) => units.push(coded),
            Self::Hevc(units) => units.push(coded),
            Self::Av1(units) => units.push(coded),
        }
    }

    /// The next configuration or picture, if one is complete.
    pub fn pull(&mut self) -> Option<Unit> {
        match self {
            Self::Avc(units) => units.pull(),
            Self::Hevc(units) => units.pull(),
            Self::Av1(units) => units.pull(),
        }
    }

    /// Whether a configuration was handed out.
    pub fn is_configured(&self) -> bool {
        match self {
            Self::Avc(units) => units.is_configured(),
            Self::Hevc(units) => units.is_configured(),
            Self::Av1(units) => units.is_configured(),
        }
    }

    /// Whether a picture is held back, of which more may come.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Avc(units) if units.is_open())
    }

    /// The picture that is held back is complete.
    pub fn release(&mut self) {
        if let Self::Avc(units) = self {
            units.release();
        }
    }

    /// Nothing follows that continues what came.
    pub fn finish(&mut self) {
        match self {
            Self::Avc(units) => units.finish(),
            Self::Hevc(units) => units.finish(),
            Self::Av1(_) => {}
        }
    }
}
