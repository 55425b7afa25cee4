//! H.265's configuration record (ISO/IEC 14496-15, 8.3.3.1: `hvcC`) and what its parameter sets tell.
//!
//! As with H.264, the record is kept as it came and handed on untouched.

mod nal;
mod pictures;
mod ptl;
mod short_term;
mod sps;

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{CodecError, CodecErrorKind};
use super::format::PictureFormat;
use super::nal as shared;
use sps::Sps;

pub use pictures::Pictures;

/// How an H.265 track is to be decoded. Equal when its bytes are.
#[derive(Clone, Debug)]
pub struct HevcConfig {
    record: Bytes,
    format: PictureFormat,
}

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 23;
/// Where the header says how long lengths are, and how many arrays follow.
const LENGTH_SIZE_AT: usize = 21;
/// Lengths of four bytes, as all but nobody writes them.
const LENGTH_SIZE: usize = 4;
/// An array holds all sets of its kind: none stands in the pictures.
const COMPLETE: u8 = 0x80;
const KINDS: [u8; 3] = [nal::VPS, nal::SPS, nal::PPS];

impl HevcConfig {
    /// The largest record accepted: real ones have some hundred bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Reads an `hvcC` record, as FLV and MP4 carry it.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        if record.len() > Self::MAX_BYTES {
            return Err(too_long(record.len()));
        }
        let sets = parameter_sets(&record)?;
        let of_kind = |kind| sets.iter().copied().find(|unit| nal::kind(unit) == kind);
        let sps = of_kind(nal::SPS).ok_or_else(|| missing("sequence"))?;
        of_kind(nal::PPS).ok_or_else(|| missing("picture"))?;
        of_kind(nal::VPS).ok_or_else(|| missing("video"))?;
        let format = Sps::parse(sps)?.format;
        Ok(Self { record, format })
    }

    /// Builds a record from the Annex-B extradata that encoders hand out.
    pub fn from_annex_b(extradata: &[u8]) -> Result<Self, CodecError> {
        Self::from_sets(shared::annex_b_units(extradata))
    }

    /// Builds a record (with 4-byte lengths) from parameter sets; the first sequence parameter set is the one in use.
    fn from_sets<'a>(sets: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Self, CodecError> {
        let first =
            sets.clone().find(|unit| nal::kind(unit) == nal::SPS).ok_or_else(|| missing("sequence"))?;
        let sps = Sps::parse(first)?;
        let mut record = BytesMut::new();
        record.put_u8(VERSION);
        record.put_slice(&sps.profile_tier_level);
        record.put_u16(0xf000); // min_spatial_segmentation_idc: nothing is said
        record.put_u8(0xfc); // parallelismType: nothing is said
        record.put_slice(&[0xfc | sps.chroma, 0xf8 | sps.luma_depth, 0xf8 | sps.chroma_depth]);
        record.put_u16(0); // avgFrameRate: nothing is said
        record.put_u8(sps.layers << 3 | u8::from(sps.nested) << 2 | (LENGTH_SIZE as u8 - 1));
        record.put_u8(KINDS.len() as u8);
        for kind in KINDS {
            let of_kind = sets.clone().filter(|unit| nal::kind(unit) == kind);
            record.put_u8(COMPLETE | kind);
            record.put_u16(of_kind.clone().count() as u16);
            for unit in of_kind {
                record.put_u16(u16::try_from(unit.len()).map_err(|_| too_long(unit.len()))?);
                record.put_slice(unit);
            }
        }
        Self::parse(record.freeze())
    }

    /// The `hvcC` record, as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// What is said of the pictures.
    pub fn format(&self) -> &PictureFormat {
        &self.format
    }

    /// For playlists (RFC 6381 and ISO/IEC 14496-15, annex E), such as `hvc1.1.6.L93.90`.
    pub fn codec_string(&self) -> String {
        ptl::codec_string(&self.record[1..])
    }

    /// Bytes of the length in front of each NAL unit: 1, 2 or 4.
    pub fn nal_length_size(&self) -> usize {
        nal_length_size(&self.record)
    }

    /// All its parameter sets.
    fn parameter_sets(&self) -> Vec<&[u8]> {
        // It was read before, so it can be read again.
        parameter_sets(&self.record).unwrap_or_default()
    }
}

impl PartialEq for HevcConfig {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for HevcConfig {}

/// An Annex-B packet as NAL units behind 4-byte lengths, without what the configuration or the container says.
pub fn from_annex_b(stream: &[u8]) -> Bytes {
    let wanted = |unit: &&[u8]| nal::belongs_into_pictures(nal::kind(unit));
    // Four bytes say any length.
    shared::joined(shared::annex_b_units(stream).filter(wanted), LENGTH_SIZE).unwrap_or_default()
}

fn nal_length_size(record: &[u8]) -> usize {
    usize::from(record[LENGTH_SIZE_AT] & 3) + 1
}

/// The NAL units of a record, of whatever kind.
fn parameter_sets(record: &[u8]) -> Result<Vec<&[u8]>, CodecError> {
    let truncated = || {
        let what = format!("the H.265 configuration of {} bytes ends too early", record.len());
        CodecError::new(CodecErrorKind::Truncated, what)
    };
    let (header, mut rest) = record.split_at_checked(HEADER_BYTES).ok_or_else(truncated)?;
    if header[0] != VERSION {
        let what = format!("H.265 configuration version {} is not known", header[0]);
        return Err(CodecError::new(CodecErrorKind::Unsupported, what));
    }
    if nal_length_size(header) == 3 {
        return Err(damaged("NAL unit lengths of 3 bytes are not allowed"));
    }
    let mut sets = Vec::new();
    for _ in 0..header[HEADER_BYTES - 1] {
        let (array, behind) = rest.split_at_checked(3).ok_or_else(truncated)?;
        rest = behind;
        for _ in 0..u16::from_be_bytes([array[1], array[2]]) {
            let (length, behind) = rest.split_at_checked(2).ok_or_else(truncated)?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let (unit, behind) = behind.split_at_checked(length).ok_or_else(truncated)?;
            rest = behind;
            sets.push(unit);
        }
    }
    Ok(sets)
}

fn too_long(bytes: usize) -> CodecError {
    let what = format!("the H.265 configuration has {bytes} bytes, more than {}", HevcConfig::MAX_BYTES);
    CodecError::new(CodecErrorKind::TooLong, what)
}

fn missing(what: &str) -> CodecError {
    let what = format!("the H.265 configuration has no {what} parameter set");
    CodecError::new(CodecErrorKind::Damaged, what)
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

#[cfg(test)]
pub(crate) mod tests;
