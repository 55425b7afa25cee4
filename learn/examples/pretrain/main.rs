//! Makes the stock weights: trains nets on footage that was scaled down and coded as streams are, judged by sources that are
//! never trained on, and measures what packages gain on footage that is neither.
//!
//! ```text
//! pretrain train --preset small --data DIR --out FILE --steps 20000
//! pretrain tcsr --data DIR --out FILE --steps 20000
//! pretrain pack --data DIR --out DIR
//! pretrain measure --data DIR FILE...
//! ```
//!
//! A training that was interrupted goes on when the same command is given again.

mod clips;
mod course;
mod curve;
mod f_edsr;
mod files;
mod footage;
mod measure;
mod options;
mod pack;
mod progress;
mod report;
mod stop;
mod tcsr;

use anyhow::Result;
use clap::Parser;
use nets::torch::configure_threads;

/// Trains and measures stock weights.
#[derive(Parser)]
enum Command {
    /// Train a preset of F-EDSR.
    Train(f_edsr::Train),
    /// Train TCSR on top of F-EDSR.
    Tcsr(tcsr::Train),
    /// Make a folder of clips small enough to travel to another machine.
    Pack(pack::Pack),
    /// Print a table of what packages gain per clip and bitrate.
    Measure(measure::Measure),
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    configure_threads(1);
    match Command::parse() {
        Command::Train(arguments) => f_edsr::train(&arguments),
        Command::Tcsr(arguments) => tcsr::train(&arguments),
        Command::Pack(arguments) => pack::pack(&arguments),
        Command::Measure(arguments) => measure::measure(&arguments),
    }
}
