//! Codec configurations: what a decoder, a playlist and a container must know before the first packet.
//!
//! A codec is one file here and one arm of [`VideoConfig`] or [`AudioConfig`]. Only what really depends on a codec
//! matches on them: FLV headers, MP4 sample entries, the set-up of decoders.

pub mod aac;
mod access_units;
mod audio_frames;
pub mod av1;
pub mod avc;
mod bits;
mod coded;
mod error;
mod format;
pub mod hevc;
mod nal;
pub mod opus;
mod vui;

use bytes::Bytes;

use crate::picture::{Colour, FrameRate, PixelAspect, Size};
use crate::time::MediaTime;
use aac::{AacConfig, Unplayable};
use av1::Av1Config;
use avc::AvcConfig;
use hevc::HevcConfig;
use opus::OpusConfig;

pub use access_units::AccessUnits;
pub use audio_frames::AudioFrames;
pub use coded::Coded;
pub use error::{CodecError, CodecErrorKind};
pub use format::PictureFormat;

/// What pictures are coded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    Avc,
    Hevc,
    Av1,
}

/// What sound is coded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    Aac,
    Opus,
}

/// How a video track is to be decoded. Equal when the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoConfig {
    Avc(AvcConfig),
    Hevc(HevcConfig),
    Av1(Av1Config),
}

impl VideoCodec {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avc => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }
}

impl VideoConfig {
    /// H.264, from an `avcC` record.
    pub fn avc(record: Bytes) -> Result<Self, CodecError> {
        AvcConfig::parse(record).map(Self::Avc)
    }

    /// H.265, from an `hvcC` record.
    pub fn hevc(record: Bytes) -> Result<Self, CodecError> {
        HevcConfig::parse(record).map(Self::Hevc)
    }

    /// AV1, from an `av1C` record.
    pub fn av1(record: Bytes) -> Result<Self, CodecError> {
        Av1Config::parse(record).map(Self::Av1)
    }

    pub const fn codec(&self) -> VideoCodec {
        match self {
            Self::Avc(_) => VideoCodec::Avc,
            Self::Hevc(_) => VideoCodec::Hevc,
            Self::Av1(_) => VideoCodec::Av1,
        }
    }

    /// What FLV and MP4 carry and a decoder is set up with, as it came.
    pub fn record(&self) -> &Bytes {
        match self {
            Self::Avc(config) => config.record(),
            Self::Hevc(config) => config.record(),
            Self::Av1(config) => config.record(),
        }
    }

    /// For playlists (RFC 6381), such as `avc1.64001e`.
    pub fn codec_string(&self) -> String {
        match self {
            Self::Avc(config) => config.codec_string(),
            Self::Hevc(config) => config.codec_string(),
            Self::Av1(config) => config.codec_string(),
        }
    }

    /// Whether closed captions (CEA-608, CEA-708) travel with the picture of this packet. Looked for in H.264 only: it is
    /// what encoders of captions send.
    pub fn has_captions(&self, packet: &[u8]) -> bool {
        match self {
            Self::Avc(config) => config.has_captions(packet),
            Self::Hevc(_) | Self::Av1(_) => false,
        }
    }

    /// What is said of the pictures.
    pub fn format(&self) -> &PictureFormat {
        match self {
            Self::Avc(config) => config.format(),
            Self::Hevc(config) => config.format(),
            Self::Av1(config) => config.format(),
        }
    }

    /// Size of the pictures that are shown: cropping is taken off.
    pub fn size(&self) -> Size {
        self.format().size
    }

    /// What the encoder says its frame rate is, where it says something believable.
    pub fn frame_rate(&self) -> Option<FrameRate> {
        self.format().frame_rate
    }

    /// How the samples are to be read as colours, where the encoder says so.
    pub fn colour(&self) -> Colour {
        self.format().colour
    }

    /// The shape of the pixels; square where the encoder says nothing believable.
    pub fn pixel_aspect(&self) -> PixelAspect {
        self.format().pixel_aspect
    }
}

/// How an audio track is to be decoded. Equal when the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioConfig {
    Aac(AacConfig),
    Opus(OpusConfig),
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

    /// Opus, from the identification header that Ogg and FLV carry.
    pub fn opus(header: Bytes) -> Result<Self, CodecError> {
        OpusConfig::parse(header).map(Self::Opus)
    }

    pub const fn codec(&self) -> AudioCodec {
        match self {
            Self::Aac(_) => AudioCodec::Aac,
            Self::Opus(_) => AudioCodec::Opus,
        }
    }

    /// The configuration by which browsers play this sound: this one, as a rule. The error says why they do not.
    pub fn playable(&self) -> Result<Self, Unplayable> {
        match self {
            Self::Aac(config) => config.playable().map(Self::Aac),
            Self::Opus(_) => Ok(self.clone()),
        }
    }

    /// What FLV and MP4 carry and a decoder is set up with, as it came.
    pub fn record(&self) -> &Bytes {
        match self {
            Self::Aac(config) => config.record(),
            Self::Opus(config) => config.record(),
        }
    }

    /// For playlists (RFC 6381), such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        match self {
            Self::Aac(config) => config.codec_string(),
            Self::Opus(_) => "Opus".to_owned(),
        }
    }

    /// Samples per second of the coded frames.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Aac(config) => config.sample_rate(),
            Self::Opus(_) => opus::SAMPLE_RATE,
        }
    }

    /// Channels, low-frequency one included.
    pub fn channels(&self) -> u8 {
        match self {
            Self::Aac(config) => config.channels(),
            Self::Opus(config) => config.channels(),
        }
    }

    /// Samples in one coded frame.
    pub fn frame_samples(&self) -> u32 {
        match self {
            Self::Aac(config) => config.frame_samples(),
            Self::Opus(config) => config.frame_samples(),
        }
    }

    /// How long one coded frame sounds, rounded to a tick.
    pub fn frame_duration(&self) -> MediaTime {
        MediaTime::from_time_base(self.frame_samples().into(), 1, self.sample_rate() as i32)
    }
}
