//! Where the high-resolution pictures come from. Every source gives pictures and AAC on one timeline that starts at
//! zero and never breaks; how it waits for the next one is its own business.

mod continuity;
mod file;
mod media;
mod pace;
mod player;
mod rtmp;
mod synthetic;

use std::sync::Arc;

use api::shutdown::Shutdown;
use tokio::runtime::Handle;

use crate::clock::SystemClock;
use crate::config::{Repeat, SourceSpec};
use crate::status::Counters;
use file::FileRecording;
use player::Player;
use rtmp::RtmpSource;
use synthetic::SyntheticRecording;

pub use self::media::{HrPicture, Media, Source, SourceError};

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
