//! `sharpcast`: see [`sharpcast::cli`] for what can be typed and [`sharpcast::server`] for what then happens.

use std::path::Path;

use api::shutdown::leave;
use clap::Parser;
use sharpcast::cli::{Command, Serve};
use sharpcast::config::Config;
use sharpcast::{manual, nginx, server, telemetry};

fn main() -> ! {
    let outcome = match Command::parse() {
        Command::Serve(arguments) => serve(arguments),
        Command::Import { file } => import(&file),
        Command::CheckConfig { file } => check(&file),
        Command::Completions { shell } => {
            manual::completions(shell);
            Ok(())
        }
        Command::Manual { folder } => manual::write(&folder).map_err(anyhow::Error::from),
    };
    if let Err(error) = outcome {
        eprintln!("sharpcast: {error:#}");
        leave(1)
    }
    leave(0)
}

fn serve(arguments: Serve) -> anyhow::Result<()> {
    let config = arguments.config()?;
    telemetry::start(&config.log);
    telemetry::tame_openmp(config.enhance.threads)?;
    server::run(config, Box::new(move || arguments.config()))
}

fn import(file: &Path) -> anyhow::Result<()> {
    print!("{}", nginx::report(file)?);
    // What the report cannot say of single lines: whether all of it together makes a server.
    nginx::config(file)?;
    Ok(())
}

fn check(file: &Path) -> anyhow::Result<()> {
    let config = Config::read(file)?;
    let streams = config.stream.len();
    println!("{}: good, {streams} stream{}", file.display(), if streams == 1 { "" } else { "s" });
    Ok(())
}
