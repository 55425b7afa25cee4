//! Where the high-resolution pictures come from. Every source gives pictures and AAC on one timeline that starts at
//! zero and never breaks; how it waits for the next one is its own business.

mod continuity;
mod media;
mod pace;
mod player;
mod rtmp;
mod synthetic;

use std::sync::Arc;

use ::media::ffmpeg::FileReader;
use anyhow::{Context as _, anyhow};
use api::shutdown::Shutdown;
use tokio::runtime::Handle;

use crate::config::SourceSpec;
use crate::failure::Failure;
use crate::status::Counters;
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
    Ok(match spec {
        SourceSpec::File { path, repeats } => {
            let recording = FileReader::open(path).map_err(|error| {
                Failure::failed(anyhow!("{error}; give a file with a video that ffplay can show"))
            })?;
            Box::new(Player::new(recording, *repeats, stop.clone(), counters.clone()))
        }
        SourceSpec::Listen { address, key } => {
            let source = RtmpSource::listen(*address, key.clone(), runtime, stop.clone(), counters.clone());
            Box::new(source.map_err(|error| {
                Failure::failed(anyhow!(
                    "cannot listen at {address}: {error}; is another program using this port?"
                ))
            })?)
        }
        SourceSpec::Synthetic => {
            let recording =
                SyntheticRecording::new().context("the source failed").map_err(Failure::Failed)?;
            Box::new(Player::new(recording, false, stop.clone(), counters.clone()))
        }
    })
}
