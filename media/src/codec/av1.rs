//! AV1's configuration record (AV1 Codec ISO Media File Format Binding, 2.3: `av1C`) and what its sequence header tells.

mod obu;
mod pictures;
mod sequence;

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{CodecError, CodecErrorKind};
use super::format::PictureFormat;
use crate::picture::{Colour, Range};
use sequence::SequenceHeader;

pub use obu::without_delimiters;
pub use pictures::Pictures;

/// How an AV1 track is to be decoded. Equal when its bytes are.
#[derive(Clone, Debug)]
pub struct Av1Config {
    record: Bytes,
    sequence: SequenceHeader,
}

/// A marker bit, and version 1.
const MARKER_AND_VERSION: u8 = 0x81;
const HEADER_BYTES: usize = 4;
/// `initial_presentation_delay_present` and its value.
const PRESENTATION_DELAY: u8 = 0x1f;

impl Av1Config {
    /// The largest record accepted: real ones have some twenty bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Reads an `av1C` record, as FLV and MP4 carry it.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        let Some((header, obus)) = record.split_at_checked(HEADER_BYTES) else {
            return Err(CodecError::new(CodecErrorKind::Truncated, "the AV1 configuration ends too early"));
        };
        if record.len() > Self::MAX_BYTES {
            let what =
                format!("the AV1 configuration has {} bytes, more than {}", record.len(), Self::MAX_BYTES);
            return Err(CodecError::new(CodecErrorKind::TooLong, what));
        }
        if header[0] != MARKER_AND_VERSION {
            let what = format!("AV1 configuration version {:#04x} is not known", header[0]);
            return Err(CodecError::new(CodecErrorKind::Unsupported, what));
        }
        let sequence = SequenceHeader::find(obus)?;
        let delay = header[3] & PRESENTATION_DELAY;
        // Bits that are to be zero are, for those who read the record behind us.
        let delay = if delay & 0x10 == 0 { 0 } else { delay };
        let record = if delay == header[3] {
            record
        } else {
            let mut mended = BytesMut::from(&record[..]);
            mended[3] = delay;
            mended.freeze()
        };
        Ok(Self { record, sequence })
    }

    /// Reads what encoders hand out: an `av1C` record, or OBUs with the sequence header among them.
    pub fn from_extradata(extradata: &[u8]) -> Result<Self, CodecError> {
        if extradata.first() == Some(&MARKER_AND_VERSION) {
            return Self::parse(Bytes::copy_from_slice(extradata));
        }
        Self::from_sequence(obu::sequence_header(extradata).ok_or_else(sequence::missing)?)
    }

    /// Builds a record around a sequence header, an OBU with its size.
    fn from_sequence(obu: &[u8]) -> Result<Self, CodecError> {
        let header = SequenceHeader::find(obu)?;
        let mut record = BytesMut::with_capacity(HEADER_BYTES + obu.len());
        record.put_u8(MARKER_AND_VERSION);
        record.put_u8(header.profile << 5 | header.level);
        record.put_u8(
            u8::from(header.high_tier) << 7
                | u8::from(header.depth > 8) << 6
                | u8::from(header.depth > 10) << 5
                | u8::from(header.monochrome) << 4
                | u8::from(header.subsampling[0]) << 3
                | u8::from(header.subsampling[1]) << 2
                | header.chroma_position,
        );
        record.put_u8(0);
        record.put_slice(obu);
        Self::parse(record.freeze())
    }

    /// The `av1C` record, as it came.
    pub fn record(&self) -> &Bytes {
        &self.record
    }

    /// What is said of the pictures.
    pub fn format(&self) -> &PictureFormat {
        &self.sequence.format
    }

    /// For playlists (AV1 Codec ISO Media File Format Binding, 5), such as `av01.0.04M.08`. What goes without saying
    /// (4:2:0, BT.709 in limited range) is not said; what is not told by the stream counts as that.
    pub fn codec_string(&self) -> String {
        let SequenceHeader { profile, level, depth, monochrome, subsampling, chroma_position, .. } =
            self.sequence;
        let tier = if self.sequence.high_tier { 'H' } else { 'M' };
        let short = format!("av01.{profile}.{level:02}{tier}.{depth:02}");
        let Colour { range, matrix, primaries, transfer } = self.sequence.format.colour;
        let usual = |point| matches!(point, Colour::BT709 | Colour::UNSPECIFIED);
        let full = range == Range::Full;
        if !monochrome
            && subsampling == [true, true]
            && !full
            && [matrix, primaries, transfer].into_iter().all(usual)
        {
            return short;
        }
        let [x, y] = subsampling.map(u8::from);
        // The position is told where there is one to tell.
        let position = if subsampling == [true, true] { chroma_position } else { 0 };
        let mono = u8::from(monochrome);
        format!("{short}.{mono}.{x}{y}{position}.{primaries:02}.{transfer:02}.{matrix:02}.{}", u8::from(full))
    }
}

impl PartialEq for Av1Config {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

impl Eq for Av1Config {}

#[cfg(test)]
pub(crate) mod tests;
