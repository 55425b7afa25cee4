//! The sequence header (AV1 bitstream specification, 5.5).

use super::obu;
use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::codec::format::{PictureFormat, supported};
use crate::codec::vui;
use crate::picture::{Colour, FrameRate, Range, Size};

#[derive(Clone, Debug)]
pub(super) struct SequenceHeader {
    pub(super) profile: u8,
    /// `seq_level_idx` and `seq_tier` of the first operating point.
    pub(super) level: u8,
    pub(super) high_tier: bool,
    /// Bits a sample.
    pub(super) depth: u8,
    pub(super) monochrome: bool,
    /// Chroma has half as many columns, half as many rows.
    pub(super) subsampling: [bool; 2],
    /// `chroma_sample_position`.
    pub(super) chroma_position: u8,
    pub(super) format: PictureFormat,
}

/// Levels above have a tier.
const LAST_LEVEL_WITHOUT_TIER: u8 = 7;
/// Tools are chosen picture by picture.
const SELECT: u32 = 2;
/// What says that RGB is coded: primaries, transfer and matrix of sRGB.
const SRGB: (u8, u8, u8) = (1, 13, 0);

/// How long fields are that operating points have where the stream describes a decoder's buffer.
struct DecoderModel {
    delay_bits: u32,
}

impl SequenceHeader {
    /// Reads the first one among these OBUs.
    pub(super) fn find(obus: &[u8]) -> Result<Self, CodecError> {
        for unit in obu::units(obus) {
            let unit = unit?;
            if unit.kind == obu::SEQUENCE_HEADER {
                return read(unit.payload).map_err(|error| match error.kind {
                    CodecErrorKind::Unsupported => error,
                    _ => error.within("the sequence header is damaged: it"),
                });
            }
        }
        Err(missing())
    }
}

pub(super) fn missing() -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, "the AV1 configuration has no sequence header")
}

fn read(payload: &[u8]) -> Result<SequenceHeader, CodecError> {
    let mut bits = BitReader::new(payload);
    let profile = bits.read(3)? as u8;
    if profile > 2 {
        return Err(CodecError::new(
            CodecErrorKind::Unsupported,
            format!("AV1 profile {profile} is not known"),
        ));
    }
    bits.flag()?; // still_picture
    if bits.flag()? {
        return Err(CodecError::new(CodecErrorKind::Unsupported, "AV1 stills are no video"));
    }
    let mut frame_rate = None;
    let (level, high_tier) = read_operating_points(&mut bits, &mut frame_rate)?;
    let size = read_size(&mut bits)?;
    read_tools(&mut bits)?;
    let mut header = SequenceHeader {
        profile,
        level,
        high_tier,
        depth: 8,
        monochrome: false,
        subsampling: [true, true],
        chroma_position: 0,
        format: PictureFormat { frame_rate, ..PictureFormat::of(size) },
    };
    read_colour(&mut bits, &mut header)?;
    header.format.is_beyond_420_8 = header.depth > 8 || header.subsampling != [true, true];
    Ok(header)
}

/// Timing, and level and tier of the first operating point.
fn read_operating_points(
    bits: &mut BitReader<'_>,
    frame_rate: &mut Option<FrameRate>,
) -> Result<(u8, bool), CodecError> {
    let mut model = None;
    if bits.flag()? {
        *frame_rate = read_timing(bits)?;
        if bits.flag()? {
            model = Some(DecoderModel { delay_bits: bits.read(5)? + 1 });
            bits.read(32)?; // num_units_in_decoding_tick
            bits.read(10)?; // lengths of buffer_removal_time and frame_presentation_time
        }
    }
    let has_display_delay = bits.flag()?;
    let mut first = None;
    for _ in 0..=bits.read(5)? {
        bits.read(12)?; // operating_point_idc
        let level = bits.read(5)? as u8;
        let high_tier = level > LAST_LEVEL_WITHOUT_TIER && bits.flag()?;
        if let Some(model) = &model
            && bits.flag()?
        {
            bits.read(model.delay_bits)?; // decoder_buffer_delay
            bits.read(model.delay_bits)?; // encoder_buffer_delay
            bits.flag()?; // low_delay_mode_flag
        }
        if has_display_delay && bits.flag()? {
            bits.read(4)?; // initial_display_delay_minus_1
        }
        first.get_or_insert((level, high_tier));
    }
    Ok(first.unwrap_or_default())
}

fn read_timing(bits: &mut BitReader<'_>) -> Result<Option<FrameRate>, CodecError> {
    let units = bits.read(32)?;
    let units_a_second = bits.read(32)?;
    if !bits.flag()? {
        return Ok(None); // pictures last as long as they please
    }
    // uvlc() is an Exp-Golomb code (4.10.3).
    let ticks = u64::from(bits.golomb()?) + 1;
    Ok(vui::frame_rate(units.into(), ticks, units_a_second))
}

fn read_size(bits: &mut BitReader<'_>) -> Result<Size, CodecError> {
    let width_bits = bits.read(4)? + 1;
    let height_bits = bits.read(4)? + 1;
    let width = bits.read(width_bits)? + 1;
    let height = bits.read(height_bits)? + 1;
    if bits.flag()? {
        bits.read(7)?; // lengths of frame numbers
    }
    supported(Size { width, height })
}

fn read_tools(bits: &mut BitReader<'_>) -> Result<(), CodecError> {
    bits.read(3)?; // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
    bits.read(4)?; // interintra, masked and warped compounds, dual_filter
    let has_order = bits.flag()?;
    if has_order {
        bits.read(2)?; // enable_jnt_comp, enable_ref_frame_mvs
    }
    let screen_content = if bits.flag()? { SELECT } else { bits.read(1)? };
    if screen_content > 0 && !bits.flag()? {
        bits.flag()?; // seq_force_integer_mv
    }
    if has_order {
        bits.read(3)?; // order_hint_bits_minus_1
    }
    bits.read(3)?; // enable_superres, enable_cdef, enable_restoration
    Ok(())
}

fn read_colour(bits: &mut BitReader<'_>, header: &mut SequenceHeader) -> Result<(), CodecError> {
    let high_depth = bits.flag()?;
    let twelve = header.profile == 2 && high_depth && bits.flag()?;
    header.depth = match (high_depth, twelve) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    header.monochrome = header.profile != 1 && bits.flag()?;
    let mut colour = Colour::default();
    if bits.flag()? {
        colour.primaries = bits.read(8)? as u8;
        colour.transfer = bits.read(8)? as u8;
        colour.matrix = bits.read(8)? as u8;
    }
    let is_rgb = (colour.primaries, colour.transfer, colour.matrix) == SRGB;
    if !header.monochrome && is_rgb {
        colour.range = Range::Full;
        header.subsampling = [false, false];
    } else {
        colour.range = if bits.flag()? { Range::Full } else { Range::Limited };
        if !header.monochrome {
            header.subsampling = read_subsampling(bits, header)?;
        }
        if !header.monochrome && header.subsampling == [true, true] {
            header.chroma_position = bits.read(2)? as u8;
        }
    }
    header.format.colour = colour;
    Ok(())
}

fn read_subsampling(bits: &mut BitReader<'_>, header: &SequenceHeader) -> Result<[bool; 2], CodecError> {
    Ok(match (header.profile, header.depth) {
        (0, _) => [true, true],
        (1, _) => [false, false],
        (_, 12) => {
            let columns = bits.flag()?;
            [columns, columns && bits.flag()?]
        }
        _ => [true, false],
    })
}
