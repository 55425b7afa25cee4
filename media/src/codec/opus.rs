//! Opus: its identification header (RFC 7845, 5.1) and how long its packets sound (RFC 6716, 3.1).

mod frames;

use bytes::Bytes;

use super::error::{CodecError, CodecErrorKind};

pub use frames::Frames;

/// Opus counts in 48 kHz, whatever went into the encoder.
pub const SAMPLE_RATE: u32 = 48_000;

const MAGIC: &[u8] = b"OpusHead";
const HEADER_BYTES: usize = 19;
/// Channels in more orders than this are for programs, not for listeners (RFC 7845, 5.1.1).
const LAST_FAMILY: u8 = 1;
const MAX_CHANNELS: u8 = 8;
/// 20 ms: what all but nobody changes.
const USUAL_SAMPLES: u32 = 960;
/// 120 ms (RFC 6716, 3.2.5).
const MAX_SAMPLES: u32 = 5_760;

/// How an Opus track is to be decoded, and how long its packets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpusConfig {
    header: Bytes,
    frame_samples: u32,
}

impl OpusConfig {
    /// Reads an identification header, as Ogg and FLV carry it.
    pub fn parse(header: Bytes) -> Result<Self, CodecError> {
        if header.len() < HEADER_BYTES {
            return Err(CodecError::new(CodecErrorKind::Truncated, "the Opus header ends too early"));
        }
        if !header.starts_with(MAGIC) || header[8] >> 4 != 0 {
            return Err(damaged("the Opus header does not begin like one"));
        }
        let config = Self { header, frame_samples: USUAL_SAMPLES };
        let channels = config.channels();
        let family = config.mapping_family();
        if family > LAST_FAMILY {
            let what =
                format!("the sound is Opus with channel mapping {family}: choose mono, stereo, 5.1 or 7.1");
            return Err(CodecError::new(CodecErrorKind::Unsupported, what));
        }
        let most = if family == 0 { 2 } else { MAX_CHANNELS };
        if channels == 0 || channels > most {
            return Err(damaged("the Opus header has a number of channels that its mapping does not have"));
        }
        if family != 0 && config.header.len() < HEADER_BYTES + 2 + usize::from(channels) {
            return Err(CodecError::new(CodecErrorKind::Truncated, "the Opus header ends too early"));
        }
        Ok(config)
    }

    /// The identification header, as it came.
    pub fn record(&self) -> &Bytes {
        &self.header
    }

    /// Channels, low-frequency one included.
    pub fn channels(&self) -> u8 {
        self.header[9]
    }

    /// Samples at the beginning that are not to be heard.
    pub fn pre_skip(&self) -> u16 {
        u16::from_le_bytes([self.header[10], self.header[11]])
    }

    /// Samples per second that went into the encoder: for people only.
    pub fn input_sample_rate(&self) -> u32 {
        u32::from_le_bytes([self.header[12], self.header[13], self.header[14], self.header[15]])
    }

    /// What everything is to be amplified by, in 1/256 dB.
    pub fn output_gain(&self) -> i16 {
        i16::from_le_bytes([self.header[16], self.header[17]])
    }

    /// How channels are numbered: 0 is mono and stereo, 1 is Vorbis's order.
    pub fn mapping_family(&self) -> u8 {
        self.header[18]
    }

    /// What stands behind the family, where it is not 0: streams, coupled streams, the channels' places.
    pub fn mapping(&self) -> &[u8] {
        let end = if self.mapping_family() == 0 { 0 } else { 2 + usize::from(self.channels()) };
        &self.header[HEADER_BYTES..HEADER_BYTES + end]
    }

    /// Samples of a packet, at [`SAMPLE_RATE`].
    pub fn frame_samples(&self) -> u32 {
        self.frame_samples
    }
}

/// How long a packet sounds, by its table of contents (RFC 6716, 3.1 and 3.2).
fn packet_samples(packet: &[u8]) -> Result<u32, CodecError> {
    let [contents, rest @ ..] = packet else { return Err(damaged("an Opus packet is empty")) };
    let mode = contents >> 3;
    let samples = match mode {
        0..=11 => [480, 960, 1920, 2880][usize::from(mode & 3)],
        12..=15 => [480, 960][usize::from(mode & 1)],
        _ => [120, 240, 480, 960][usize::from(mode & 3)],
    };
    let frames = match (contents & 3, rest) {
        (0, _) => 1,
        (1 | 2, _) => 2,
        (_, [count, ..]) => u32::from(count & 0x3f),
        (_, []) => 0,
    };
    let samples = samples * frames;
    if samples == 0 || samples > MAX_SAMPLES {
        return Err(damaged("an Opus packet has a length that cannot be"));
    }
    Ok(samples)
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const STEREO: &[u8] = b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\xfe\xff\x00";

    fn parse(header: &[u8]) -> Result<OpusConfig, CodecErrorKind> {
        OpusConfig::parse(Bytes::copy_from_slice(header)).map_err(|error| error.kind)
    }

    #[test]
    fn the_header_says_what_a_player_must_know() {
        let config = parse(STEREO).unwrap();
        assert_eq!((config.channels(), config.pre_skip(), config.input_sample_rate()), (2, 312, 48_000));
        assert_eq!((config.output_gain(), config.mapping_family(), config.mapping()), (-2, 0, &[][..]));
        let surround =
            b"OpusHead\x01\x06\x38\x01\x80\xbb\x00\x00\x00\x00\x01\x04\x02\x00\x04\x01\x02\x03\x05";
        assert_eq!(parse(surround).unwrap().mapping(), [4, 2, 0, 4, 1, 2, 3, 5]);
        assert_eq!(parse(&surround[..26]), Err(CodecErrorKind::Truncated));
        for (at, value, kind) in [
            (0, b'o', CodecErrorKind::Damaged),
            (8, 0x10, CodecErrorKind::Damaged),
            (9, 0, CodecErrorKind::Damaged),
            (9, 3, CodecErrorKind::Damaged),
            (18, 2, CodecErrorKind::Unsupported),
            (18, 1, CodecErrorKind::Truncated),
        ] {
            let mut header = STEREO.to_vec();
            header[at] = value;
            assert_eq!(parse(&header), Err(kind), "byte {at}");
        }
        assert_eq!(parse(&STEREO[..18]), Err(CodecErrorKind::Truncated));
    }

    #[test]
    fn packets_say_how_long_they_are() {
        let table: [(&[u8], Option<u32>); 8] = [
            (&[0x78, 0], Some(960)),      // one of 20 ms
            (&[0x91, 0, 0], Some(960)),   // two of 10 ms
            (&[0x1b, 2, 0], Some(5_760)), // two of 60 ms
            (&[0x83, 1, 0], Some(120)),   // one of 2.5 ms
            (&[0x1b, 3, 0], None),        // 180 ms
            (&[0x83, 0x40], None),        // none
            (&[0x83], None),
            (&[], None),
        ];
        for (packet, samples) in table {
            assert_eq!(packet_samples(packet).ok(), samples, "{packet:02x?}");
        }
    }
}
