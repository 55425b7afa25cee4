//! What every source gives.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use media::ffmpeg::FfmpegError;
use media::{AudioConfig, FrameRate, Packet, Picture};
use thiserror::Error;

/// A source that cannot be opened, or failed for good; the message says what to do.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file cannot be opened.
    #[error("{0}; give a media file that ffprobe can read")]
    File(FfmpegError),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {reason}; is another program using this port?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// It worked at first.
    #[error("the source failed: {0}")]
    Failed(FfmpegError),
}

/// What a source gives.
#[derive(Debug)]
pub enum Media {
    /// A picture whose time has come.
    Picture(HrPicture),
    /// What the sound that follows is to be read with.
    AudioConfig(Arc<AudioConfig>),
    /// Sound whose time has come.
    Audio(Packet),
}

/// A picture in high resolution.
#[derive(Debug)]
pub struct HrPicture {
    /// The picture.
    pub picture: Picture,
    /// How many of them come in a second, roughly.
    pub frame_rate: FrameRate,
    /// The source's own stream is decodable from here, so the low-resolution one should be, too.
    pub key: bool,
}

/// Gives pictures and sound, each when its time has come.
pub trait Source: Send {
    /// The next picture or sound, in order; waits for it. None when the source has ended or the program is ending.
    fn next(&mut self) -> Result<Option<Media>, SourceError>;
}
