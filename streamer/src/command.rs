//! The commands, each to its last line.

mod codecs;
mod inspect;
mod train;
mod upload;

use crate::cli::{Cli, Command};
use crate::config::PushConfig;
use crate::failure::Failure;
use crate::session;
use crate::status::Screen;
use crate::upload::UploadTarget;

/// Does what was asked for; gives the last line, which says what to do next.
pub fn run(cli: Cli, screen: &mut Screen) -> Result<String, Failure> {
    match cli.command {
        Command::Push(args) => {
            let config = PushConfig::from_args(args).map_err(Failure::refused)?;
            session::run(config, screen)
        }
        Command::Train(args) => train::run(&args, screen),
        Command::Upload { model, server, name, key } => {
            let target = UploadTarget::from_args(server, name, key).map_err(Failure::refused)?;
            upload::run(&model, target)
        }
        Command::Codecs { size, rate } => codecs::run(size, rate),
        Command::Inspect { model } => inspect::run(&model),
    }
}
