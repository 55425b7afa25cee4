//! Video usability information, as far as H.264 (E.1.1) and H.265 (E.2.1) have it in common.

use super::bits::BitReader;
use super::error::CodecError;
use super::format::PictureFormat;
use crate::picture::{Colour, FrameRate, PixelAspect, Range};

/// Frame rates beyond this are a time base, not a frame rate.
const BELIEVABLE_FRAMES_PER_SECOND: u64 = 1_000;
/// `aspect_ratio_idc` (table E-1 of both): 0 is unspecified, what is reserved is taken for it.
const PIXEL_ASPECTS: [(u32, u32); 17] = [
    (0, 0),
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];
/// The ratio follows in numbers.
const PIXEL_ASPECT_EXTENDED: u32 = 255;

/// Reads from the beginning up to the place of chroma samples: shape of the pixels and colours.
pub(super) fn read_look(bits: &mut BitReader<'_>, format: &mut PictureFormat) -> Result<(), CodecError> {
    if bits.flag()? {
        format.pixel_aspect = read_pixel_aspect(bits)?;
    }
    if bits.flag()? {
        bits.flag()?; // overscan_appropriate_flag
    }
    if bits.flag()? {
        format.colour = read_colour(bits)?;
    }
    if bits.flag()? {
        bits.golomb()?; // chroma_sample_loc_type_top_field
        bits.golomb()?; // chroma_sample_loc_type_bottom_field
    }
    Ok(())
}

fn read_pixel_aspect(bits: &mut BitReader<'_>) -> Result<PixelAspect, CodecError> {
    let (num, den) = match bits.read(8)? {
        PIXEL_ASPECT_EXTENDED => (bits.read(16)?, bits.read(16)?),
        index => PIXEL_ASPECTS.get(index as usize).copied().unwrap_or_default(),
    };
    Ok(PixelAspect::new(num, den))
}

fn read_colour(bits: &mut BitReader<'_>) -> Result<Colour, CodecError> {
    bits.read(3)?; // video_format
    let range = if bits.flag()? { Range::Full } else { Range::Limited };
    let mut colour = Colour { range, ..Colour::default() };
    if bits.flag()? {
        colour.primaries = bits.read(8)? as u8;
        colour.transfer = bits.read(8)? as u8;
        colour.matrix = bits.read(8)? as u8;
    }
    Ok(colour)
}

/// The rate of pictures that last `ticks` ticks each, of `units` units; if it is believable.
pub(super) fn frame_rate(units: u64, ticks: u64, units_a_second: u32) -> Option<FrameRate> {
    let num = u64::from(units_a_second);
    let den = units.saturating_mul(ticks);
    if den == 0 || num == 0 || num / den >= BELIEVABLE_FRAMES_PER_SECOND {
        return None;
    }
    FrameRate::reduced(num, den)
}
