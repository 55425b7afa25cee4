//! Decoded frames to pictures: handed on as they are where they fit, converted where they do not.

use ffmpeg_next::frame::Video;

use super::scaler::Scaler;
use super::{FfmpegError, frames};
use crate::picture::{Picture, Size};

/// The frame as a picture; keeps what is said of it. The frame can be filled again afterwards.
pub(super) fn from_decoded(frame: &mut Video, converter: &mut Scaler) -> Result<Picture, FfmpegError> {
    let size = Size { width: frame.width(), height: frame.height() };
    if !size.is_supported() {
        return Err(FfmpegError::Size(size));
    }
    frames::spell_range_as_tag(frame);
    if frames::is_picture(frame) {
        return Ok(Picture::from_frame(frames::share(frame)));
    }
    let colour = frames::converted_colour(frame)
        .ok_or_else(|| FfmpegError::Format(format!("{:?}", frame.format())))?;
    let mut picture = converter.convert(frame, size)?;
    picture.describe_as(frame);
    picture.set_colour(colour);
    Ok(picture)
}
