//! ADTS (ISO/IEC 14496-3, 1.A.3.2): AAC frames with a header each, as in MPEG transport streams. FLV and MP4 have no
//! place for it, and some encoders send it all the same.

use bytes::Bytes;

use super::config::{AacConfig, SAMPLE_RATES};
use super::program;
use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};

/// What stands in front of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    object_type: u32,
    rate_index: u32,
    channel_configuration: u32,
    has_checksum: bool,
    /// Header included.
    bytes: usize,
    blocks: u32,
}

const HEADER_BYTES: usize = 7;
const CHECKSUM_BYTES: usize = 2;
const SYNC: u32 = 0xfff;
/// Identifies a program config element within a frame.
const ID_PROGRAM: u32 = 5;

impl Header {
    /// The header at the beginning of these bytes, if one is there.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let mut bits = BitReader::new(data.get(..HEADER_BYTES)?);
        let mut read = |count| bits.read(count).ok();
        let sync = read(12)?;
        let _version = read(1)?;
        let layer = read(2)?;
        let has_checksum = read(1)? == 0;
        let object_type = read(2)? + 1;
        let rate_index = read(4)?;
        let _private = read(1)?;
        let channel_configuration = read(3)?;
        // Original, home, two bits of copyright.
        read(4)?;
        let bytes = read(13)? as usize;
        let _fullness = read(11)?;
        let blocks = read(2)? + 1;
        let header = Self { object_type, rate_index, channel_configuration, has_checksum, bytes, blocks };
        let is_header = sync == SYNC
            && layer == 0
            && (rate_index as usize) < SAMPLE_RATES.len()
            && bytes > header.header_bytes();
        is_header.then_some(header)
    }

    /// Whether the configuration describes frames like this one.
    pub(super) fn agrees(&self, config: &AacConfig) -> bool {
        self.object_type == config.core_type
            && self.rate_index == config.rate_index
            && self.channel_configuration == config.channel_configuration
    }

    fn header_bytes(&self) -> usize {
        HEADER_BYTES + if self.has_checksum { CHECKSUM_BYTES } else { 0 }
    }

    /// The configuration of such frames; where the header leaves the layout open, the first raw frame has it.
    pub fn config(&self, frame: &[u8]) -> Result<AacConfig, CodecError> {
        let mut bits = Vec::new();
        put(&mut bits, self.object_type, 5);
        put(&mut bits, self.rate_index, 4);
        put(&mut bits, self.channel_configuration, 4);
        put(&mut bits, 0, 3); // frames of 1024 samples, no core coder, no extension
        if self.channel_configuration == 0 {
            copy_program(frame, &mut bits)?;
        }
        let bytes = bits.chunks(8).map(|byte| {
            byte.iter().enumerate().fold(0_u8, |value, (at, bit)| value | u8::from(*bit) << (7 - at))
        });
        AacConfig::parse(bytes.collect())
    }
}

/// The frames of a payload, each with its header and without it; `None` if the payload is no run of whole ADTS frames.
///
/// A raw frame is not mistaken for one: it would have to begin with the mark of its own end, and to hold its length.
pub fn split(payload: &Bytes) -> Option<Vec<(Header, Bytes)>> {
    let mut frames = Vec::new();
    let mut rest = payload.clone();
    while !rest.is_empty() {
        let header = Header::parse(&rest)?;
        if header.bytes > rest.len() {
            return None;
        }
        let frame = rest.split_to(header.bytes);
        frames.push((header, frame.slice(header.header_bytes()..)));
    }
    (!frames.is_empty()).then_some(frames)
}

/// A frame with several blocks could only be taken apart by decoding it. Encoders write one.
pub(super) fn check(header: &Header) -> Result<(), CodecError> {
    if header.blocks == 1 {
        return Ok(());
    }
    let what = format!("the ADTS frame holds {} blocks of AAC, and only one can be read", header.blocks);
    Err(CodecError::new(CodecErrorKind::Unsupported, what))
}

fn copy_program(frame: &[u8], bits: &mut Vec<bool>) -> Result<(), CodecError> {
    let mut reader = BitReader::new(frame);
    if reader.read(3)? != ID_PROGRAM {
        let what = "neither the ADTS header nor the frame says how many channels there are";
        return Err(CodecError::new(CodecErrorKind::Unsupported, what));
    }
    let length = program::read(&mut reader)?.bits;
    let mut reader = BitReader::new(frame);
    reader.read(3)?;
    for _ in 0..length {
        bits.push(reader.flag()?);
    }
    bits.resize(bits.len().next_multiple_of(8), false);
    put(bits, 0, 8); // no comment
    Ok(())
}

fn put(bits: &mut Vec<bool>, value: u32, count: u32) {
    bits.extend((0..count).rev().map(|at| value >> at & 1 == 1));
}
