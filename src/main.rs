//! `sharpcast`: see [`sharpcast::cli`] for what can be typed and [`sharpcast::server`] for what then happens.

use std::path::Path;

use api::shutdown::leave;
use clap::Parser;
use sharpcast::cli::{Command, Serve};
use sharpcast::config::Config;
use sharpcast::{server, telemetry};

fn main() -> ! {
    let outcome = match Command::parse() {
        Command::Serve(arguments) => serve(&arguments),
        Command::CheckConfig { file } => check(&file),
    };
    if let Err(error) = outcome {
        eprintln!("sharpcast: {error:#}");
        leave(1)
    }
    leave(0)
}

fn serve(arguments: &Serve) -> anyhow::Result<()> {
    let config = arguments.config()?;
    telemetry::start(&config.log);
    telemetry::tame_openmp(config.enhance.threads)?;
    server::run(config)
}

fn check(file: &Path) -> anyhow::Result<()> {
    let config = Config::read(file)?;
    let streams = config.stream.len();
    println!("{}: good, {streams} stream{}", file.display(), if streams == 1 { "" } else { "s" });
    Ok(())
}
