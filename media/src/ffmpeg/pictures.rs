//! Decoded frames to pictures: handed on as they are where they fit, converted where they do not.

use ffmpeg_next::frame::Video;

use super::scaler::{Filter, Scaler};
use super::{FfmpegError, frames};
use crate::picture::{Colour, Picture, Range, Size, YuvMatrix};

/// Makes pictures of the frames of one decoder.
pub(super) struct PictureMaker {
    converter: Scaler,
}

impl Default for PictureMaker {
    fn default() -> Self {
        Self { converter: Scaler::new(Filter::Bicubic) }
    }
}

impl PictureMaker {
    /// The frame as a picture; keeps time, key and colour. The frame can be filled again afterwards.
    pub(super) fn make(&mut self, frame: &mut Video) -> Result<Picture, FfmpegError> {
        let size = Size { width: frame.width(), height: frame.height() };
        if !size.is_supported() {
            return Err(FfmpegError::Size(size));
        }
        frames::spell_range_as_tag(frame);
        if frames::is_picture(frame) {
            return Ok(Picture::from_frame(frames::share(frame)));
        }
        let format = frame.format();
        let described = frames::describe(format).ok_or_else(|| FfmpegError::Format(format!("{format:?}")))?;
        let mut picture = self.converter.convert(frame, size)?;
        picture.set_pts(crate::time::MediaTime::from_ticks(frame.pts().unwrap_or(0)));
        picture.set_key(frame.is_key());
        picture.set_colour(converted(frames::colour(frame), described));
        Ok(picture)
    }
}

/// What the conversion makes of the tags: libswscale turns RGB into BT.601, and full-range "J" formats into limited.
fn converted(colour: Colour, from: frames::Format) -> Colour {
    if from.rgb {
        Colour { range: Range::Limited, matrix: YuvMatrix::BT601, ..colour }
    } else if from.full_range {
        Colour { range: Range::Limited, ..colour }
    } else {
        colour
    }
}
