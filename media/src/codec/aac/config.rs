//! AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): the few fields that a player and a container need.
//!
//! The bytes are kept as they came and handed on untouched.

use bytes::Bytes;

use super::object_type;
use super::program::{self, Program};
use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};

/// How an AAC track is to be decoded. Equal when its bytes are.
#[derive(Clone, Debug)]
pub struct AacConfig {
    record: Bytes,
    pub(super) object_type: u32,
    /// What the frames are coded with; with SBR and PS the object type names the extension instead.
    pub(super) core_type: u32,
    pub(super) rate_index: u32,
    sample_rate: u32,
    pub(super) channel_configuration: u32,
    /// The layout, where no number stands for it.
    pub(super) program: Option<Program>,
    pub(super) short_frames: bool,
}

pub(super) const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
/// The index of a rate that is written out.
pub(super) const EXPLICIT_RATE: u32 = 15;

/// Channels of each channel configuration (ISO/IEC 14496-3, table 1.19); 0 where a program config element says it, or
/// where the number is reserved.
const CHANNELS: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8];

impl AacConfig {
    /// The largest configuration accepted: real ones have 2 to 19 bytes, a program config element adds some dozens.
    pub const MAX_BYTES: usize = 256;

    /// Reads an AudioSpecificConfig, as FLV, MP4 and libavcodec carry it.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        if record.len() > Self::MAX_BYTES {
            let what =
                format!("the AAC configuration has {} bytes, more than {}", record.len(), Self::MAX_BYTES);
            return Err(CodecError::new(CodecErrorKind::TooLong, what));
        }
        let mut bits = BitReader::new(&record);
        let fields = read_fields(&mut bits).map_err(|error| match error.kind {
            CodecErrorKind::Truncated => {
                error.within(&format!("the AAC configuration of {} bytes", record.len()))
            }
            _ => error,
        })?;
        Ok(Self { record, ..fields })
    }

    /// AAC-LC with 1 to 6 or 8 channels in the usual order, at one of the sample rates of the standard's table.
    pub fn low_complexity(sample_rate: u32, channels: u8) -> Result<Self, CodecError> {
        let index = SAMPLE_RATES
            .iter()
            .position(|&rate| rate == sample_rate)
            .ok_or_else(|| no_rate(EXPLICIT_RATE, sample_rate))? as u16;
        let number = CHANNELS.iter().position(|&count| count == channels && count > 0);
        let number = number.filter(|&number| number < 8).ok_or_else(|| no_channels(channels.into()))? as u16;
        let bits = (object_type::AAC_LC as u16) << 11 | index << 7 | number << 3;
        Self::parse(Bytes::copy_from_slice(&bits.to_be_bytes()))
    }

    /// The AudioSpecificConfig, as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// Samples per second of the coded frames (with SBR, players output twice as many).
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Channels that are heard, low-frequency one included.
    pub fn channels(&self) -> u8 {
        match (&self.program, CHANNELS.get(self.channel_configuration as usize)) {
            (Some(program), _) => program.channels,
            // Parametric stereo makes two of the one that is coded.
            (None, Some(1)) if self.object_type == object_type::PS => 2,
            (None, Some(&channels)) => channels,
            (None, None) => 0,
        }
    }

    /// For playlists (RFC 6381), such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// Samples in one coded frame: 1024 or 960, of low-delay kinds half as many.
    pub fn frame_samples(&self) -> u32 {
        let long = if self.short_frames { 960 } else { 1_024 };
        if matches!(self.core_type, object_type::ER_LD | object_type::ER_ELD) { long / 2 } else { long }
    }
}

impl PartialEq for AacConfig {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for AacConfig {}

/// Everything but the record itself.
fn read_fields(bits: &mut BitReader<'_>) -> Result<AacConfig, CodecError> {
    let object_type = read_object_type(bits)?;
    let rate = read_sample_rate(bits)?;
    let channel_configuration = bits.read(4)?;
    // HE-AAC: the outer type names the extension, the inner one what the frames are coded with.
    let core_type = if matches!(object_type, object_type::SBR | object_type::PS) {
        read_sample_rate(bits)?;
        read_object_type(bits)?
    } else {
        object_type
    };
    if !matches!(
        core_type,
        object_type::AAC_MAIN
            ..=object_type::AAC_LTP | object_type::ER_LC | object_type::ER_LD | object_type::ER_ELD
    ) {
        let what = format!("{} cannot be decoded", object_type::name(core_type));
        return Err(CodecError::new(CodecErrorKind::Unsupported, what));
    }
    let short_frames = bits.flag()?;
    let numbered = CHANNELS.get(channel_configuration as usize).is_some_and(|&count| count > 0);
    let program = match channel_configuration {
        0 if core_type != object_type::ER_ELD => Some(read_layout(bits)?),
        _ if numbered => None,
        other => return Err(no_channels(other)),
    };
    Ok(AacConfig {
        record: Bytes::new(),
        object_type,
        core_type,
        rate_index: rate.0,
        sample_rate: rate.1,
        channel_configuration,
        program,
        short_frames,
    })
}

/// The rest of a GASpecificConfig (4.4.1) up to its program config element, and that.
fn read_layout(bits: &mut BitReader<'_>) -> Result<Program, CodecError> {
    let depends_on_core_coder = bits.flag()?;
    if depends_on_core_coder {
        const DELAY_BITS: u32 = 14;
        bits.read(DELAY_BITS)?;
    }
    let _extension = bits.flag()?;
    let program = program::read(bits)?;
    if program.channels == 0 {
        return Err(CodecError::new(CodecErrorKind::Damaged, "the AAC configuration describes no channel"));
    }
    Ok(program)
}

fn no_rate(index: u32, rate: u32) -> CodecError {
    let what = format!("the AAC configuration has no usable sample rate (index {index}, {rate} Hz)");
    CodecError::new(CodecErrorKind::Unsupported, what)
}

fn no_channels(configuration: u32) -> CodecError {
    let what = format!("AAC channel configuration {configuration} is not supported");
    CodecError::new(CodecErrorKind::Unsupported, what)
}

fn read_object_type(bits: &mut BitReader<'_>) -> Result<u32, CodecError> {
    match bits.read(5)? {
        31 => Ok(32 + bits.read(6)?),
        object_type => Ok(object_type),
    }
}

/// Index and rate.
fn read_sample_rate(bits: &mut BitReader<'_>) -> Result<(u32, u32), CodecError> {
    let index = bits.read(4)?;
    let rate = match SAMPLE_RATES.get(index as usize) {
        Some(&rate) => rate,
        None if index == EXPLICIT_RATE => bits.read(24)?,
        None => 0,
    };
    if (1..=96_000).contains(&rate) { Ok((index, rate)) } else { Err(no_rate(index, rate)) }
}
