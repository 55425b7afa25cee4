//! The commands, each to its last line.

mod inspect;
mod train;
mod upload;

use crate::cli::{Cli, Command};
use crate::config::PushConfig;
use crate::failure::Failure;
use crate::session;
use crate::status::{Screen, UploadState};
use crate::upload::UploadTarget;

/// Does what was asked for; gives the last line, which says what to do next.
pub fn run(cli: Cli, screen: &mut Screen) -> Result<String, Failure> {
    match cli.command {
        Command::Push(args) => {
            let config = PushConfig::from_args(args).map_err(Failure::refused)?;
            session::run(config, screen).map(|report| farewell(&report))
        }
        Command::Train(args) => train::run(&args, screen),
        Command::Upload { model, server, name, key } => {
            let target = UploadTarget::from_args(server, name, key).map_err(Failure::refused)?;
            upload::run(&model, target)
        }
        Command::Inspect { model } => inspect::run(&model),
    }
}

fn farewell(report: &session::Report) -> String {
    let end = &report.end;
    let mut parts = vec![format!("{} pictures in {:.0} s", end.frames, end.t.as_secs_f64())];
    if end.pairs > 0 {
        parts.push(format!("{} training steps on {} pairs, {} uploads", end.steps, end.pairs, end.uploads));
    }
    if let Some(quality) = end.quality {
        parts.push(format!("{:+.2} dB over plain upsampling", quality.gain()));
    }
    let line = parts.join(", ");
    match &report.watch {
        Some(address) if end.upload != UploadState::Refused => format!("{line}; watch it at {address}"),
        _ => line,
    }
}
