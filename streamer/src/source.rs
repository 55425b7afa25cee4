//! Where the high-resolution pictures come from. Every source gives pictures and AAC on one timeline that starts at
//! zero and never breaks; how it waits for the next one is its own business.

mod continuity;
mod file;
mod pace;
mod player;
mod rtmp;
mod synthetic;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use api::shutdown::Shutdown;
use media::ffmpeg::FfmpegError;
use media::{AudioConfig, FrameRate, Packet, Picture};
use thiserror::Error;
use tokio::runtime::Handle;

use crate::clock::SystemClock;
use crate::config::{Repeat, SourceSpec};
use crate::status::Counters;
use file::FileRecording;
use player::Player;
use rtmp::RtmpSource;
use synthetic::SyntheticRecording;

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
    /// Where the low-resolution stream should be decodable from.
    pub wish: KeyWish,
}

/// Whether a source asks for a keyframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWish {
    /// No.
    None,
    /// Its own stream is decodable from here.
    Key,
}

/// Gives pictures and sound, each when its time has come.
pub trait Source: Send {
    /// The next picture or sound, in order; waits for it. None when the source has ended or the program is ending.
    fn next(&mut self) -> Result<Option<Media>, SourceError>;
}

/// Opens the source that `spec` names. Network sources run on `runtime`.
pub fn open(
    spec: &SourceSpec,
    runtime: &Handle,
    stop: &Shutdown,
    counters: &Arc<Counters>,
) -> Result<Box<dyn Source>, SourceError> {
    let clock = SystemClock::new(stop.clone());
    Ok(match spec {
        SourceSpec::File { path, repeat } => {
            Box::new(Player::new(FileRecording::open(path)?, *repeat, clock, counters.clone()))
        }
        SourceSpec::Listen(at) => Box::new(RtmpSource::listen(at, runtime, stop.clone(), counters.clone())?),
        SourceSpec::Synthetic => {
            let recording = SyntheticRecording::new().map_err(SourceError::Failed)?;
            Box::new(Player::new(recording, Repeat::Once, clock, counters.clone()))
        }
    })
}
