//! H.264's configuration record (ISO/IEC 14496-15, 5.3.3.1: `avcC`) and what its parameter sets tell.
//!
//! The record is kept as it came and handed on untouched. Of the sequence parameter set we read what players and
//! decoders need to be told, and no more: size, shape of pixels, frame rate, colour.

mod assembler;
pub mod nal;
mod sei;
mod sets;
mod slice;
mod sps;

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{CodecError, CodecErrorKind};
use super::format::PictureFormat;

use sps::Sps;

pub use assembler::Assembler;

/// How an H.264 track is to be decoded. Equal when its bytes are.
#[derive(Clone, Debug)]
pub struct AvcConfig {
    record: Bytes,
    sps: Sps,
}

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 6;
const MAX_SPS: usize = 31;
const MAX_PPS: usize = 255;

impl AvcConfig {
    /// The largest record accepted: real ones have some dozens of bytes; this leaves room for many parameter sets.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Reads an `avcC` record, as FLV and MP4 carry it.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        if record.len() > Self::MAX_BYTES {
            return Err(too_long(record.len()));
        }
        let [sps, pps] = parameter_sets(&record)?;
        let first = *sps.first().ok_or_else(no_sps)?;
        if pps.is_empty() {
            return Err(damaged("the H.264 configuration has no picture parameter set"));
        }
        let sps = Sps::parse(first)?;
        Ok(Self { record, sps })
    }

    /// Builds a record (with 4-byte lengths) from the Annex-B extradata that encoders hand out.
    pub fn from_annex_b(extradata: &[u8]) -> Result<Self, CodecError> {
        let of_kind = |kind| nal::annex_b_units(extradata).filter(move |unit| nal::kind(unit) == kind);
        Self::from_sets(&of_kind(nal::SPS).collect::<Vec<_>>(), &of_kind(nal::PPS).collect::<Vec<_>>())
    }

    /// Builds a record (with 4-byte lengths) from parameter sets; the first sequence parameter set is the one in use.
    fn from_sets(sps: &[&[u8]], pps: &[&[u8]]) -> Result<Self, CodecError> {
        let sps = &sps[..sps.len().min(MAX_SPS)];
        let pps = &pps[..pps.len().min(MAX_PPS)];
        let first = *sps.first().ok_or_else(no_sps)?;
        let [_, profile, compatibility, level, ..] = *first else {
            return Err(damaged("the sequence parameter set has no profile and level"));
        };
        let mut record = BytesMut::new();
        record.put_slice(&[VERSION, profile, compatibility, level, 0xff, 0xe0 | sps.len() as u8]);
        put_sets(&mut record, sps)?;
        record.put_u8(pps.len() as u8);
        put_sets(&mut record, pps)?;
        // High profiles repeat sampling and depths behind the sets.
        if let Some([chroma, luma_depth, chroma_depth]) = Sps::parse(first)?.high_profile_format {
            record.put_slice(&[0xfc | chroma, 0xf8 | luma_depth, 0xf8 | chroma_depth, 0]);
        }
        Self::parse(record.freeze())
    }

    /// Whether closed captions travel with the picture of this packet.
    pub fn has_captions(&self, packet: &[u8]) -> bool {
        nal::units(packet, self.nal_length_size()).map_while(Result::ok).any(sei::has_captions)
    }

    /// The `avcC` record, as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// Its sequence and its picture parameter sets.
    fn parameter_sets(&self) -> [Vec<&[u8]>; 2] {
        // It was read before, so it can be read again.
        parameter_sets(&self.record).unwrap_or_default()
    }

    /// What is said of the pictures.
    pub fn format(&self) -> &PictureFormat {
        &self.sps.format
    }

    /// For playlists (RFC 6381), such as `avc1.64001e`.
    pub fn codec_string(&self) -> String {
        format!("avc1.{:02x}{:02x}{:02x}", self.record[1], self.record[2], self.record[3])
    }

    /// Bytes of the length in front of each NAL unit: 1, 2 or 4.
    pub fn nal_length_size(&self) -> usize {
        nal_length_size(&self.record)
    }
}

impl PartialEq for AvcConfig {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for AvcConfig {}

fn too_long(bytes: usize) -> CodecError {
    let what = format!("the H.264 configuration has {bytes} bytes, more than {}", AvcConfig::MAX_BYTES);
    CodecError::new(CodecErrorKind::TooLong, what)
}

fn no_sps() -> CodecError {
    damaged("the H.264 configuration has no sequence parameter set")
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

fn nal_length_size(record: &[u8]) -> usize {
    usize::from(record[4] & 3) + 1
}

fn put_sets(record: &mut BytesMut, sets: &[&[u8]]) -> Result<(), CodecError> {
    for set in sets {
        let length = u16::try_from(set.len()).map_err(|_| too_long(set.len()))?;
        record.put_u16(length);
        record.put_slice(set);
    }
    Ok(())
}

/// The sequence and the picture parameter sets of a record. What high profiles append behind them is not needed and not
/// read: some encoders leave it out, some write it wrong.
fn parameter_sets(record: &[u8]) -> Result<[Vec<&[u8]>; 2], CodecError> {
    let truncated = || {
        let what = format!("the H.264 configuration of {} bytes ends too early", record.len());
        CodecError::new(CodecErrorKind::Truncated, what)
    };
    let (header, mut rest) = record.split_at_checked(HEADER_BYTES).ok_or_else(truncated)?;
    if header[0] != VERSION {
        let what = format!("H.264 configuration version {} is not known", header[0]);
        return Err(CodecError::new(CodecErrorKind::Unsupported, what));
    }
    if nal_length_size(header) == 3 {
        return Err(damaged("NAL unit lengths of 3 bytes are not allowed"));
    }
    let sps = take_sets(&mut rest, usize::from(header[5] & 0x1f)).ok_or_else(truncated)?;
    let (&count, mut rest) = rest.split_first().ok_or_else(truncated)?;
    let pps = take_sets(&mut rest, usize::from(count)).ok_or_else(truncated)?;
    Ok([sps, pps])
}

fn take_sets<'a>(rest: &mut &'a [u8], count: usize) -> Option<Vec<&'a [u8]>> {
    let mut take = || {
        let (length, behind) = rest.split_at_checked(2)?;
        let (set, behind) =
            behind.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
        *rest = behind;
        Some(set)
    };
    (0..count).map(|_| take()).collect()
}

#[cfg(test)]
pub(crate) mod tests;
