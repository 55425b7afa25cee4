//! The one error of the FFmpeg wrappers: what was being done, to what, and libav's words for why it failed.

use std::path::PathBuf;

use ffmpeg_next::Error;

use crate::codec::CodecError;
use crate::picture::Size;
use crate::time::MediaTime;

/// Why FFmpeg's libraries did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FfmpegError {
    /// The installed libavcodec was built without this codec.
    #[error("this FFmpeg has no {0}; install one that has")]
    Missing(&'static str),
    /// A decoder, encoder, scaler or resampler could not be set up.
    #[error("cannot set up the {what}: {source}")]
    SetUp { what: &'static str, source: Error },
    /// A packet could not be decoded, or a picture or sound not be encoded. Codecs go on with the next one.
    #[error("cannot {doing} at {pts}: {source}")]
    Coding { doing: &'static str, pts: MediaTime, source: Error },
    #[error("the picture at {pts} is not later than the one before it, at {last}")]
    OutOfOrder { pts: MediaTime, last: MediaTime },
    #[error("the encoder was made for {expected}, the picture has {actual}")]
    PictureSize { expected: Size, actual: Size },
    /// A size that pictures cannot have.
    #[error("pictures of {0} are not supported; the limit is {max}x{max}", max = Size::MAX_SIDE)]
    Size(Size),
    #[error("the encoder cannot work with {0}")]
    Setting(&'static str),
    /// A decoded picture in a format that cannot be converted, such as one that lives on a graphics card.
    #[error("pictures in the format {0} cannot be converted")]
    Format(String),
    /// A file could not be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: Error },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: Error },
    #[error("{} has no video track", .0.display())]
    NoVideo(PathBuf),
    #[error("{} has no video track: its only picture is the cover", .0.display())]
    CoverOnly(PathBuf),
    /// A file has a video track that nothing can be made of.
    #[error("none of the pictures of {} can be decoded; the file is damaged or encrypted", .0.display())]
    NoPicture(PathBuf),
    /// An encoder or a file described a track in a way that we cannot read.
    #[error("the configuration of a track cannot be read")]
    Config(#[from] CodecError),
}

/// Whether a pull that failed with this only found nothing to give: for now, or for good.
pub(super) fn is_nothing(error: Error) -> bool {
    matches!(error, Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN })
}
