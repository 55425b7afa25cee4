//! Codec configurations: what a decoder, a playlist and a container must know before the first packet.
//!
//! A codec is one file here and one arm of [`VideoConfig`] or [`AudioConfig`]. Only what really depends on a codec
//! matches on them: FLV headers, MP4 sample entries, the set-up of decoders.

pub mod aac;
pub mod avc;
mod bits;
mod error;

use bytes::Bytes;

use crate::picture::{Colour, FrameRate, PixelAspect, Size};
use crate::time::MediaTime;
use aac::{AacConfig, Unplayable};
use avc::AvcConfig;

pub use error::{CodecError, CodecErrorKind};

/// How a video track is to be decoded. Equal when the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoConfig {
    Avc(AvcConfig),
}

impl VideoConfig {
    /// H.264, from an `avcC` record.
    pub fn avc(record: Bytes) -> Result<Self, CodecError> {
        AvcConfig::parse(record).map(Self::Avc)
    }

    /// What FLV and MP4 carry and a decoder is set up with, as it came.
    pub fn record(&self) -> &Bytes {
        match self {
            Self::Avc(config) => config.record(),
        }
    }

    /// For playlists (RFC 6381), such as `avc1.64001e`.
    pub fn codec_string(&self) -> String {
        match self {
            Self::Avc(config) => config.codec_string(),
        }
    }

    /// Whether closed captions (CEA-608, CEA-708) travel with the picture of this packet.
    pub fn has_captions(&self, packet: &[u8]) -> bool {
        match self {
            Self::Avc(config) => config.has_captions(packet),
        }
    }

    /// Size of the pictures that are shown: cropping is taken off.
    pub fn size(&self) -> Size {
        match self {
            Self::Avc(config) => config.size(),
        }
    }

    /// What the encoder says its frame rate is, where it says something believable.
    pub fn frame_rate(&self) -> Option<FrameRate> {
        match self {
            Self::Avc(config) => config.frame_rate(),
        }
    }

    /// How the samples are to be read as colours, where the encoder says so.
    pub fn colour(&self) -> Colour {
        match self {
            Self::Avc(config) => config.colour(),
        }
    }

    /// The shape of the pixels; square where the encoder says nothing believable.
    pub fn pixel_aspect(&self) -> PixelAspect {
        match self {
            Self::Avc(config) => config.pixel_aspect(),
        }
    }
}

/// How an audio track is to be decoded. Equal when the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioConfig {
    Aac(AacConfig),
}

impl AudioConfig {
    /// AAC, from an AudioSpecificConfig.
    pub fn aac(record: Bytes) -> Result<Self, CodecError> {
        AacConfig::parse(record).map(Self::Aac)
    }

    /// AAC-LC with 1 to 6 or 8 channels at one of the sample rates of the standard's table.
    pub fn aac_low_complexity(sample_rate: u32, channels: u8) -> Result<Self, CodecError> {
        AacConfig::low_complexity(sample_rate, channels).map(Self::Aac)
    }

    /// The configuration by which browsers play this sound: this one, as a rule. The error says why they do not.
    pub fn playable(&self) -> Result<Self, Unplayable> {
        match self {
            Self::Aac(config) => config.playable().map(Self::Aac),
        }
    }

    /// What FLV and MP4 carry and a decoder is set up with, as it came.
    pub fn record(&self) -> &Bytes {
        match self {
            Self::Aac(config) => config.record(),
        }
    }

    /// For playlists (RFC 6381), such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        match self {
            Self::Aac(config) => config.codec_string(),
        }
    }

    /// Samples per second of the coded frames.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Aac(config) => config.sample_rate(),
        }
    }

    /// Channels, low-frequency one included.
    pub fn channels(&self) -> u8 {
        match self {
            Self::Aac(config) => config.channels(),
        }
    }

    /// Samples in one coded frame.
    pub fn frame_samples(&self) -> u32 {
        match self {
            Self::Aac(config) => config.frame_samples(),
        }
    }

    /// How long one coded frame sounds, rounded to a tick.
    pub fn frame_duration(&self) -> MediaTime {
        MediaTime::from_time_base(self.frame_samples().into(), 1, self.sample_rate() as i32)
    }
}
