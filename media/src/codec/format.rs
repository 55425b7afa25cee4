//! What a configuration tells of its pictures, whatever the codec.

use super::error::{CodecError, CodecErrorKind};
use crate::picture::{Colour, FrameRate, PixelAspect, Size};

/// How the pictures look once they are decoded, as far as the encoder says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFormat {
    /// Size of the pictures that are shown: cropping is taken off.
    pub size: Size,
    /// Where the encoder says something believable.
    pub frame_rate: Option<FrameRate>,
    /// How the samples are to be read as colours.
    pub colour: Colour,
    /// The shape of the pixels; square where nothing believable is said.
    pub pixel_aspect: PixelAspect,
    /// More than 8 bits a sample, or colours sampled otherwise than 4:2:0. What is enhanced is brought down to that.
    pub is_beyond_420_8: bool,
}

impl PictureFormat {
    /// Pictures of which nothing else is said.
    pub(super) fn of(size: Size) -> Self {
        Self {
            size,
            frame_rate: None,
            colour: Colour::default(),
            pixel_aspect: PixelAspect::SQUARE,
            is_beyond_420_8: false,
        }
    }
}

/// The size, if pictures can have it.
pub(super) fn supported(size: Size) -> Result<Size, CodecError> {
    if size.is_supported() {
        return Ok(size);
    }
    let what =
        format!("pictures of {size} are not supported; the limit is {max}x{max}", max = Size::MAX_SIDE);
    Err(CodecError::new(CodecErrorKind::Unsupported, what))
}
