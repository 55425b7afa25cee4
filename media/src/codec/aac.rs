//! AAC's AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): the few fields that a player and a container need.
//!
//! The bytes are kept as they came and handed on untouched; nothing here decodes sound.

use bytes::Bytes;

use super::bits::BitReader;
use super::error::{CodecError, CodecErrorKind};

/// How an AAC track is to be decoded. Equal when its bytes are.
#[derive(Clone, Debug)]
pub struct AacConfig {
    record: Bytes,
    object_type: u32,
    sample_rate: u32,
    channels: u8,
    frame_samples: u32,
}

const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const EXPLICIT_RATE: u32 = 15;
const OBJECT_AAC_MAIN: u32 = 1;
const OBJECT_AAC_LC: u32 = 2;
const OBJECT_AAC_LTP: u32 = 4;
const OBJECT_SBR: u32 = 5;
const OBJECT_PS: u32 = 29;

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

    /// AAC-LC with 1 or 2 channels at one of the sample rates of the standard's table.
    pub fn low_complexity(sample_rate: u32, channels: u8) -> Result<Self, CodecError> {
        let index = SAMPLE_RATES
            .iter()
            .position(|&rate| rate == sample_rate)
            .ok_or_else(|| no_rate(EXPLICIT_RATE, sample_rate))? as u16;
        if !(1..=2).contains(&channels) {
            return Err(no_channels(channels.into()));
        }
        let bits = (OBJECT_AAC_LC as u16) << 11 | index << 7 | u16::from(channels) << 3;
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

    /// Channels, low-frequency one included; 2 where only a program config element would tell.
    pub fn channels(&self) -> u8 {
        self.channels
    }

    /// For playlists (RFC 6381), such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// Samples in one coded frame: 1024, or 960.
    pub fn frame_samples(&self) -> u32 {
        self.frame_samples
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
    let sample_rate = read_sample_rate(bits)?;
    let channel_configuration = bits.read(4)?;
    // HE-AAC: the outer type names the extension, the inner one what the frames are coded with.
    let core_type = if matches!(object_type, OBJECT_SBR | OBJECT_PS) {
        read_sample_rate(bits)?;
        read_object_type(bits)?
    } else {
        object_type
    };
    if !matches!(core_type, OBJECT_AAC_MAIN..=OBJECT_AAC_LTP) {
        let what = format!("audio object type {core_type} is not AAC");
        return Err(CodecError::new(CodecErrorKind::Unsupported, what));
    }
    let channels = match channel_configuration {
        // A program config element would tell; players find two channels most often.
        0 => 2,
        count @ 1..=6 => count as u8,
        7 => 8,
        other => return Err(no_channels(other)),
    };
    let frame_samples = if bits.read(1)? == 1 { 960 } else { 1_024 };
    Ok(AacConfig { record: Bytes::new(), object_type, sample_rate, channels, frame_samples })
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

fn read_sample_rate(bits: &mut BitReader<'_>) -> Result<u32, CodecError> {
    let index = bits.read(4)?;
    let rate = match SAMPLE_RATES.get(index as usize) {
        Some(&rate) => rate,
        None if index == EXPLICIT_RATE => bits.read(24)?,
        None => 0,
    };
    if (1..=96_000).contains(&rate) { Ok(rate) } else { Err(no_rate(index, rate)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::AudioConfig;
    use crate::time::MediaTime;

    #[test]
    fn reads_what_encoders_write() {
        // (bytes, sample rate, channels, codec string)
        let table: [(&[u8], u32, u8, &str); 5] = [
            (&[0x12, 0x10], 44_100, 2, "mp4a.40.2"),
            (&[0x11, 0x90], 48_000, 2, "mp4a.40.2"),
            (&[0x11, 0x88, 0x56, 0xe5, 0x00], 48_000, 1, "mp4a.40.2"),
            (&[0x11, 0xb0], 48_000, 6, "mp4a.40.2"),
            (&[0x2b, 0x11, 0x88, 0x00], 24_000, 2, "mp4a.40.5"),
        ];
        for (bytes, rate, channels, codec) in table {
            let config = AacConfig::parse(Bytes::from_static(bytes)).unwrap();
            assert_eq!((config.sample_rate(), config.channels()), (rate, channels), "{bytes:02x?}");
            assert_eq!(config.codec_string(), codec, "{bytes:02x?}");
            assert_eq!(config.record(), bytes);
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        use CodecErrorKind::{TooLong, Truncated, Unsupported};
        let table: [(&[u8], CodecErrorKind, &str); 6] = [
            (&[], Truncated, "of 0 bytes ends too early"),
            (&[0x12], Truncated, "of 1 bytes ends too early"),
            (&[0x16, 0x90], Unsupported, "index 13, 0 Hz"),
            (&[0x91, 0x90], Unsupported, "type 18 is not AAC"),
            (&[0x11, 0xf8], Unsupported, "channel configuration 15"),
            (&[0; 300], TooLong, "300 bytes, more than 256"),
        ];
        for (bytes, kind, words) in table {
            let error = AacConfig::parse(Bytes::from_static(bytes)).unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn low_complexity_is_read_back() {
        let config = AacConfig::low_complexity(44_100, 2).unwrap();
        assert_eq!(config.record().as_ref(), [0x12, 0x10]);
        assert_eq!(AudioConfig::Aac(config).frame_duration(), MediaTime::from_ticks(2_090));
        assert!(AacConfig::low_complexity(44_101, 2).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = AacConfig::parse(bytes.into());
        }
    }
}
