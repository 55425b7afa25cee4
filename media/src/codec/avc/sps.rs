//! The sequence parameter set (ITU-T H.264, 7.3.2.1.1 and annex E.1.1), as far as the timing in its VUI.
//!
//! Our own reader rather than a crate's: it must accept streams whose level is understated (common with capture
//! cards), it must not fail on what stands behind the fields that we need, and it is the first thing that foreign
//! bytes meet.

use super::nal;
use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::codec::format::{PictureFormat, supported};
use crate::codec::vui;
use crate::picture::Size;

#[derive(Clone, Debug)]
pub(super) struct Sps {
    pub(super) format: PictureFormat,
    /// Chroma sampling, luma and chroma depth minus eight, as high profiles repeat them in the configuration record.
    pub(super) high_profile_format: Option<[u8; 3]>,
    pub(super) slices: SliceSyntax,
}

/// What decides how the headers of slices are to be read (7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SliceSyntax {
    pub(super) separate_planes: bool,
    pub(super) frame_num_bits: u32,
    /// `None` where the order of pictures is not written with a number of its own (types 1 and 2).
    pub(super) order_bits: Option<u32>,
    /// Pictures may be coded as two fields.
    pub(super) fields: bool,
}

/// Profiles whose parameter sets say how chroma is sampled; the rest is always 4:2:0 with 8 bits.
const PROFILES_WITH_FORMAT: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const CHROMA_444: u32 = 3;
/// `num_ref_frames_in_pic_order_cnt_cycle` goes up to 255 (7.4.2.1.1).
const MAX_ORDER_CYCLE: u32 = 255;
/// Macroblocks per side: far above [`Size::MAX_SIDE`], far below any overflow.
const MAX_MACROBLOCKS: u32 = 1 << 16;
impl Sps {
    /// Reads one NAL unit of kind SPS, its header byte included.
    pub(super) fn parse(unit: &[u8]) -> Result<Self, CodecError> {
        if nal::kind(unit) != nal::SPS {
            return Err(damaged("the H.264 configuration has no sequence parameter set"));
        }
        read(&nal::payload(unit)).map_err(|error| match error.kind {
            CodecErrorKind::Unsupported => error,
            _ => error.within("the sequence parameter set is damaged: it"),
        })
    }
}

fn read(payload: &[u8]) -> Result<Sps, CodecError> {
    let mut bits = BitReader::new(payload);
    let profile = bits.read(8)? as u8;
    bits.read(16)?; // constraint flags, level
    bits.golomb()?; // seq_parameter_set_id
    let has_format = PROFILES_WITH_FORMAT.contains(&profile);
    let mut separate_planes = false;
    let high_profile_format =
        if has_format { Some(read_format(&mut bits, &mut separate_planes)?) } else { None };
    let frame_num_bits = counter_bits(bits.golomb()?)?;
    let order_bits = read_picture_order(&mut bits)?;
    bits.golomb()?; // max_num_ref_frames
    bits.flag()?; // gaps_in_frame_num_value_allowed_flag
    let mut fields = false;
    let chroma = high_profile_format.map_or(1, |[chroma, ..]| u32::from(chroma));
    let size = read_size(&mut bits, chroma, &mut fields)?;
    let slices = SliceSyntax { separate_planes, frame_num_bits, order_bits, fields };
    let sampling = high_profile_format.unwrap_or([1, 0, 0]);
    let mut format = PictureFormat { is_beyond_420_8: sampling != [1, 0, 0], ..PictureFormat::of(size) };
    if bits.flag()? {
        // Damage in what only informs must not refuse the stream: what was read before it counts, and the decoder has
        // the last word.
        let _ = read_vui(&mut bits, &mut format);
    }
    Ok(Sps { format, high_profile_format, slices })
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

fn read_format(bits: &mut BitReader<'_>, separate_planes: &mut bool) -> Result<[u8; 3], CodecError> {
    let chroma = bits.golomb()?;
    if chroma > CHROMA_444 {
        return Err(damaged("has a reserved chroma format"));
    }
    if chroma == CHROMA_444 {
        *separate_planes = bits.flag()?;
    }
    let luma_depth = bits.golomb()?;
    let chroma_depth = bits.golomb()?;
    if luma_depth > 6 || chroma_depth > 6 {
        return Err(damaged("has a bit depth out of range"));
    }
    bits.flag()?; // qpprime_y_zero_transform_bypass_flag
    if bits.flag()? {
        let lists = if chroma == CHROMA_444 { 12 } else { 8 };
        for list in 0..lists {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Ok([chroma as u8, luma_depth as u8, chroma_depth as u8])
}

fn skip_scaling_list(bits: &mut BitReader<'_>, entries: u32) -> Result<(), CodecError> {
    let mut last = 8_i32;
    let mut next = 8_i32;
    for _ in 0..entries {
        if next != 0 {
            next = last.wrapping_add(bits.signed_golomb()?) & 0xff;
        }
        last = if next == 0 { last } else { next };
    }
    Ok(())
}

/// Bits of a counter whose length is written as `log2_..._minus4`, at most 12 (7.4.2.1.1).
fn counter_bits(minus_four: u32) -> Result<u32, CodecError> {
    if minus_four <= 12 { Ok(minus_four + 4) } else { Err(damaged("has too long a counter")) }
}

/// Bits of the number by which pictures are ordered, where there is one.
fn read_picture_order(bits: &mut BitReader<'_>) -> Result<Option<u32>, CodecError> {
    match bits.golomb()? {
        0 => return counter_bits(bits.golomb()?).map(Some),
        1 => {
            bits.flag()?; // delta_pic_order_always_zero_flag
            bits.golomb()?; // offset_for_non_ref_pic
            bits.golomb()?; // offset_for_top_to_bottom_field
            let cycle = bits.golomb()?;
            if cycle > MAX_ORDER_CYCLE {
                return Err(damaged("has too long a picture order cycle"));
            }
            for _ in 0..cycle {
                bits.golomb()?;
            }
        }
        2 => {}
        _ => return Err(damaged("has a reserved picture order type")),
    }
    Ok(None)
}

fn read_size(bits: &mut BitReader<'_>, chroma: u32, fields: &mut bool) -> Result<Size, CodecError> {
    let columns = bits.golomb()?;
    let rows = bits.golomb()?;
    if columns >= MAX_MACROBLOCKS || rows >= MAX_MACROBLOCKS {
        return supported(Size { width: u32::MAX, height: u32::MAX });
    }
    let fields_per_row = if bits.flag()? { 1 } else { 2 };
    *fields = fields_per_row == 2;
    if *fields {
        bits.flag()?; // mb_adaptive_frame_field_flag
    }
    bits.flag()?; // direct_8x8_inference_flag
    let mut width = (columns + 1) * 16;
    let mut height = (rows + 1) * 16 * fields_per_row;
    if bits.flag()? {
        let unit_x = if matches!(chroma, 1 | 2) { 2 } else { 1 };
        let unit_y = if chroma == 1 { 2 } else { 1 } * fields_per_row;
        let mut crop = |unit: u32| -> Result<u32, CodecError> {
            Ok(bits.golomb()?.saturating_add(bits.golomb()?).saturating_mul(unit))
        };
        width = width.saturating_sub(crop(unit_x)?);
        height = height.saturating_sub(crop(unit_y)?);
    }
    let size = Size { width, height };
    supported(size)
}

fn read_vui(bits: &mut BitReader<'_>, format: &mut PictureFormat) -> Result<(), CodecError> {
    vui::read_look(bits, format)?;
    if bits.flag()? {
        // A tick is a field's time, so two of them make a frame.
        format.frame_rate = vui::frame_rate(bits.read(32)?.into(), 2, bits.read(32)?);
    }
    Ok(())
}
