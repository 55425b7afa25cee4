//! The one error of the FFmpeg wrappers: what was being done, to what, and libav's words for why it failed.

use std::path::PathBuf;

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
    SetUp {
        /// Which one.
        what: &'static str,
        /// libav's reason.
        source: ffmpeg_next::Error,
    },
    /// A packet could not be decoded. The decoder goes on with the next one.
    #[error("the packet at {pts} cannot be decoded: {source}")]
    Decode {
        /// When it was to be shown.
        pts: MediaTime,
        /// libav's reason.
        source: ffmpeg_next::Error,
    },
    /// A picture could not be encoded.
    #[error("the picture at {pts} cannot be encoded: {source}")]
    Encode {
        /// When it was to be shown.
        pts: MediaTime,
        /// libav's reason.
        source: ffmpeg_next::Error,
    },
    /// Sound could not be encoded.
    #[error("the sound at {pts} cannot be encoded: {source}")]
    EncodeAudio {
        /// When it was to be heard.
        pts: MediaTime,
        /// libav's reason.
        source: ffmpeg_next::Error,
    },
    /// A picture that is not later than the one before it.
    #[error("the picture at {pts} is not later than the one before it, at {last}")]
    OutOfOrder {
        /// When it was to be shown.
        pts: MediaTime,
        /// When the one before it is shown.
        last: MediaTime,
    },
    /// A picture of another size than the encoder's.
    #[error("the encoder was made for {expected}, the picture has {actual}")]
    PictureSize {
        /// What the encoder was made for.
        expected: Size,
        /// What it was given.
        actual: Size,
    },
    /// A size that pictures cannot have.
    #[error("pictures of {0} are not supported; the limit is {max}x{max}", max = Size::MAX_SIDE)]
    Size(Size),
    /// A setting that the encoder cannot work with.
    #[error("the encoder cannot work with {0}")]
    Setting(&'static str),
    /// A decoded picture in a format that cannot be converted, such as one that lives on a graphics card.
    #[error("pictures in the format {0} cannot be converted")]
    Format(String),
    /// A file could not be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// libav's reason.
        source: ffmpeg_next::Error,
    },
    /// A file without pictures.
    #[error("{} has no video track", .0.display())]
    NoVideo(PathBuf),
    /// An encoder or a file described a track in a way that we cannot read.
    #[error("the configuration of a track cannot be read")]
    Config(#[from] CodecError),
}

/// libav's way of saying "not now": feed more, or fetch first.
pub(super) fn is_again(error: ffmpeg_next::Error) -> bool {
    error == ffmpeg_next::Error::Other { errno: ffmpeg_next::error::EAGAIN }
}

/// Whether a pull that failed with this only found nothing to give: for now, or for good.
pub(super) fn is_nothing(error: ffmpeg_next::Error) -> bool {
    is_again(error) || error == ffmpeg_next::Error::Eof
}
