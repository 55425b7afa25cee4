//! The beginning of a slice's header (ITU-T H.264, 7.3.3): what tells where one picture ends and the next one begins.

use super::nal;
use super::sets::ParameterSets;
use crate::codec::bits::BitReader;
use crate::codec::error::CodecError;

/// Bytes that the fields below take at most, emulation prevention included: ten codes of up to 63 bits.
const HEADER_BYTES: usize = 96;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SliceHeader {
    /// Number of the first macroblock.
    first: u32,
    /// Nothing in it is predicted from other pictures.
    pub(super) intra: bool,
    /// The picture parameter set that it names.
    pub(super) pps: u32,
    frame_num: u32,
    field: Field,
    is_reference: bool,
    /// `idr_pic_id` of an instantaneous decoding refresh.
    idr: Option<u32>,
    /// `pic_order_cnt_lsb`, where it is written.
    order: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Frame,
    Top,
    Bottom,
}

impl SliceHeader {
    /// Reads a NAL unit that begins with a slice's header. `None` where its parameter sets are not known, or it is damaged.
    pub(super) fn parse(unit: &[u8], sets: &ParameterSets) -> Option<Self> {
        read(&unit[..unit.len().min(HEADER_BYTES)], sets).ok().flatten()
    }

    /// Whether this slice follows `last` in the same picture, whose first slice is `first` (7.4.1.2.4). Both fields of a
    /// frame count as one picture: containers carry them together.
    pub(super) fn continues(&self, first: &Self, last: &Self) -> bool {
        if self.is_second_field(first, last) {
            return true;
        }
        self.frame_num == last.frame_num
            && self.pps == last.pps
            && self.field == last.field
            && self.is_reference == last.is_reference
            && self.idr == last.idr
            && self.order == last.order
            // Encoders repeat `idr_pic_id` where they must not. Slices come in order, so one that comes again is the next
            // picture's.
            && self.first > last.first
    }

    fn is_second_field(&self, first: &Self, last: &Self) -> bool {
        let opposite =
            matches!((first.field, self.field), (Field::Top, Field::Bottom) | (Field::Bottom, Field::Top));
        // A refresh may be completed by a field that is predicted from it; a field before a refresh stands alone.
        opposite
            && last.field == first.field
            && self.frame_num == first.frame_num
            && self.is_reference == first.is_reference
            && (self.idr.is_none() || first.idr.is_some())
    }
}

fn read(unit: &[u8], sets: &ParameterSets) -> Result<Option<SliceHeader>, CodecError> {
    let payload = nal::payload(unit);
    let mut bits = BitReader::new(&payload);
    let first = bits.golomb()?;
    // Five to nine say that all slices of the picture are of one type.
    let kind = bits.golomb()? % 5;
    let pps = bits.golomb()?;
    let Some(syntax) = sets.slice_syntax(pps) else { return Ok(None) };
    if syntax.separate_planes {
        bits.read(2)?; // colour_plane_id
    }
    let frame_num = bits.read(syntax.frame_num_bits)?;
    let field = match syntax.fields && bits.flag()? {
        false => Field::Frame,
        true if bits.flag()? => Field::Bottom,
        true => Field::Top,
    };
    let idr = if nal::kind(unit) == nal::IDR_SLICE { Some(bits.golomb()?) } else { None };
    let order = syntax.order_bits.map_or(Ok(0), |length| bits.read(length))?;
    let is_reference = unit[0] >> 5 & 3 != 0;
    // I and SI slices.
    let intra = matches!(kind, 2 | 4);
    Ok(Some(SliceHeader { first, intra, pps, frame_num, field, is_reference, idr, order }))
}
