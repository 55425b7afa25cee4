//! What every source gives.

use std::sync::Arc;

use media::ffmpeg::FfmpegError;
use media::{AudioConfig, FrameRate, Packet, Picture};

#[derive(Debug)]
pub enum Media {
    /// A picture in high resolution whose time has come.
    Picture {
        picture: Picture,
        /// Roughly; it may change while the source runs.
        frame_rate: FrameRate,
        /// The source's own stream can be decoded from here, so the low-resolution one should be, too.
        keyframe: bool,
    },
    /// Describes the sound that follows.
    AudioConfig(Arc<AudioConfig>),
    /// Sound whose time has come.
    Audio(Packet),
}

/// Gives pictures and sound, each when its time has come.
pub trait Source: Send {
    /// The next picture or sound, in order; waits for it. None when the source has ended or the program is ending.
    /// After an error there is nothing more to come.
    fn next(&mut self) -> Result<Option<Media>, FfmpegError>;
}
