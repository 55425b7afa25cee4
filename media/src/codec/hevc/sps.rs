//! The sequence parameter set (ITU-T H.265, 7.3.2.2 and annex E.2.1), as far as the timing in its VUI.

use super::{nal, ptl, short_term};
use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::codec::format::{PictureFormat, supported};
use crate::codec::vui;
use crate::picture::Size;

#[derive(Clone, Debug)]
pub(super) struct Sps {
    /// `sps_seq_parameter_set_id`.
    pub(super) number: u32,
    pub(super) format: PictureFormat,
    /// As `hvcC` repeats it.
    pub(super) profile_tier_level: [u8; ptl::GENERAL_BYTES],
    /// `chroma_format_idc`, and depths minus eight.
    pub(super) chroma: u8,
    pub(super) luma_depth: u8,
    pub(super) chroma_depth: u8,
    /// Temporal layers, and whether they are nested.
    pub(super) layers: u8,
    pub(super) nested: bool,
}

const CHROMA_444: u32 = 3;
const MAX_SUB_LAYERS: u32 = 7;
/// `num_long_term_ref_pics_sps` goes up to 32.
const MAX_LONG_TERM: u32 = 32;

impl Sps {
    /// Reads one NAL unit of kind SPS, its header included.
    pub(super) fn parse(unit: &[u8]) -> Result<Self, CodecError> {
        read(&nal::payload(unit)).map_err(|error| match error.kind {
            CodecErrorKind::Unsupported => error,
            _ => error.within("the sequence parameter set is damaged: it"),
        })
    }
}

fn read(payload: &[u8]) -> Result<Sps, CodecError> {
    let mut bits = BitReader::new(payload);
    bits.read(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.read(3)?;
    if sub_layers >= MAX_SUB_LAYERS {
        return Err(damaged("has too many sub-layers"));
    }
    let nested = bits.flag()?;
    let profile_tier_level = ptl::read(&mut bits, sub_layers)?;
    let number = bits.golomb()?;
    let chroma = bits.golomb()?;
    if chroma > CHROMA_444 {
        return Err(damaged("has a reserved chroma format"));
    }
    if chroma == CHROMA_444 {
        bits.flag()?; // separate_colour_plane_flag
    }
    let size = read_size(&mut bits, chroma)?;
    let luma_depth = bits.golomb()?;
    let chroma_depth = bits.golomb()?;
    if luma_depth > 8 || chroma_depth > 8 {
        return Err(damaged("has a bit depth out of range"));
    }
    let mut format = PictureFormat {
        is_beyond_420_8: [chroma, luma_depth, chroma_depth] != [1, 0, 0],
        ..PictureFormat::of(size)
    };
    // Damage in what only informs must not refuse the stream: the decoder has the last word.
    let _ = read_rest(&mut bits, sub_layers, &mut format);
    Ok(Sps {
        number,
        format,
        profile_tier_level,
        chroma: chroma as u8,
        luma_depth: luma_depth as u8,
        chroma_depth: chroma_depth as u8,
        layers: sub_layers as u8 + 1,
        nested,
    })
}

fn read_size(bits: &mut BitReader<'_>, chroma: u32) -> Result<Size, CodecError> {
    let mut width = bits.golomb()?;
    let mut height = bits.golomb()?;
    if bits.flag()? {
        let unit_x = if matches!(chroma, 1 | 2) { 2 } else { 1 };
        let unit_y = if chroma == 1 { 2 } else { 1 };
        let mut crop = |unit: u32| -> Result<u32, CodecError> {
            Ok(bits.golomb()?.saturating_add(bits.golomb()?).saturating_mul(unit))
        };
        width = width.saturating_sub(crop(unit_x)?);
        height = height.saturating_sub(crop(unit_y)?);
    }
    supported(Size { width, height })
}

/// From the order of pictures to the end of the VUI's timing.
fn read_rest(
    bits: &mut BitReader<'_>,
    sub_layers: u32,
    format: &mut PictureFormat,
) -> Result<(), CodecError> {
    let order_bits = bits.golomb()?.saturating_add(4);
    if order_bits > 16 {
        return Err(damaged("has too long a counter"));
    }
    let described = if bits.flag()? { sub_layers + 1 } else { 1 };
    for _ in 0..described * 3 {
        bits.golomb()?; // buffering, reordering, latency
    }
    for _ in 0..6 {
        bits.golomb()?; // sizes of coding and transform blocks, depths of hierarchies
    }
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.read(2)?; // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag()? {
        bits.read(8)?; // pcm_sample_bit_depth_luma_minus1, chroma
        bits.golomb()?;
        bits.golomb()?;
        bits.flag()?; // pcm_loop_filter_disabled_flag
    }
    short_term::skip_sets(bits)?;
    if bits.flag()? {
        let count = bits.golomb()?;
        if count > MAX_LONG_TERM {
            return Err(damaged("has too many long-term pictures"));
        }
        for _ in 0..count {
            bits.read(order_bits)?;
            bits.flag()?;
        }
    }
    bits.read(2)?; // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    if bits.flag()? { read_vui(bits, format) } else { Ok(()) }
}

fn skip_scaling_lists(bits: &mut BitReader<'_>) -> Result<(), CodecError> {
    for size in 0..4_u32 {
        let lists = if size == 3 { 2 } else { 6 };
        for _ in 0..lists {
            if !bits.flag()? {
                bits.golomb()?; // scaling_list_pred_matrix_id_delta
                continue;
            }
            if size > 1 {
                bits.signed_golomb()?; // scaling_list_dc_coef_minus8
            }
            for _ in 0..64.min(1 << (4 + (size << 1))) {
                bits.signed_golomb()?;
            }
        }
    }
    Ok(())
}

fn read_vui(bits: &mut BitReader<'_>, format: &mut PictureFormat) -> Result<(), CodecError> {
    vui::read_look(bits, format)?;
    bits.read(3)?; // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    if bits.flag()? {
        for _ in 0..4 {
            bits.golomb()?; // default display window
        }
    }
    if bits.flag()? {
        format.frame_rate = vui::frame_rate(bits.read(32)?.into(), 1, bits.read(32)?);
    }
    Ok(())
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}
