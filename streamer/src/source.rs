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

use anyhow::{Context as _, anyhow};
use api::shutdown::Shutdown;
use tokio::runtime::Handle;

use crate::clock::SystemClock;
use crate::config::{Repeat, SourceSpec};
use crate::failure::Failure;
use crate::status::Counters;
use file::FileRecording;
use player::Player;
use rtmp::RtmpSource;
use synthetic::SyntheticRecording;

pub use self::media::{Media, Source};

/// Opens the source that `spec` names. Network sources run on `runtime`.
pub fn open(
    spec: &SourceSpec,
    runtime: &Handle,
    stop: &Shutdown,
    counters: &Arc<Counters>,
) -> Result<Box<dyn Source>, Failure> {
    let clock = SystemClock::new(stop.clone());
    Ok(match spec {
        SourceSpec::File { path, repeat } => {
            let recording = FileRecording::open(path).map_err(|error| {
                Failure::failed(anyhow!("{error}; give a media file that ffprobe can read"))
            })?;
            Box::new(Player::new(recording, *repeat, clock, counters.clone()))
        }
        SourceSpec::Listen(at) => {
            let source =
                RtmpSource::listen(at, runtime, stop.clone(), counters.clone()).map_err(|error| {
                    Failure::failed(anyhow!(
                        "cannot listen at {}: {error}; is another program using this port?",
                        at.address
                    ))
                })?;
            Box::new(source)
        }
        SourceSpec::Synthetic => {
            let recording =
                SyntheticRecording::new().context("the source failed").map_err(Failure::Failed)?;
            Box::new(Player::new(recording, Repeat::Once, clock, counters.clone()))
        }
    })
}
