//! Makes the stock weights: trains a preset on footage that was scaled down and coded as streams are, and measures what
//! packages gain on footage that was never trained on.
//!
//! ```text
//! pretrain train --preset small --data DIR --out FILE --seconds 900 --seed 1
//! pretrain measure --data DIR FILE...
//! ```

mod footage;
mod report;
mod tcsr;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::{Parser, Subcommand};
use models::{
    Package, Preset,
    device::{DeviceChoice, configure_threads},
    package::TrainingSummary,
    train::{Loss, PairPool, Trainer, TrainerSettings, cosine},
    upscale::Precision,
};

use footage::Material;

/// Trains and measures stock weights.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a preset.
    Train(Train),
    /// Train TCSR on top of the stock nets.
    Tcsr(tcsr::Train),
    /// Print a table of what packages gain per clip and bitrate.
    Measure {
        /// Folders of clips.
        #[arg(long, required = true)]
        data: Vec<PathBuf>,
        /// Packages.
        packages: Vec<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Train {
    /// Which net.
    #[arg(long)]
    preset: Preset,
    /// Folders of clips to train on.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Where to write the package.
    #[arg(long)]
    out: PathBuf,
    /// A package to start from.
    #[arg(long)]
    from: Option<PathBuf>,
    /// How long to train.
    #[arg(long, default_value_t = 900.0)]
    seconds: f64,
    /// Seed of weights, patches and the choice of pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to train.
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Learning rate at the start; it falls along a cosine.
    #[arg(long, default_value_t = 4e-3)]
    rate: f64,
    /// decibel, mse, l1 or charbonnier.
    #[arg(long, default_value = "decibel", value_parser = loss)]
    loss: Loss,
    /// Patches to look at for each that is taken.
    #[arg(long, default_value_t = 1)]
    candidates: usize,
    /// Numbers to train in.
    #[arg(long, default_value = "bf16")]
    precision: Precision,
    /// Pairs to train on.
    #[arg(long, default_value_t = 900)]
    pairs: usize,
    /// Patches in a step.
    #[arg(long, default_value_t = 16)]
    batch: usize,
}

fn loss(text: &str) -> Result<Loss, String> {
    match text {
        "mse" => Ok(Loss::Mse),
        "decibel" => Ok(Loss::Decibel),
        "l1" => Ok(Loss::L1),
        "charbonnier" => Ok(Loss::Charbonnier(1.0)),
        _ => Err(format!("{text:?} is no loss; write decibel, mse, l1 or charbonnier")),
    }
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    match Arguments::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::Tcsr(arguments) => tcsr::train(&arguments),
        Command::Measure { data, packages } => {
            configure_threads(1);
            let packages = packages.iter().map(read).collect::<Result<Vec<_>>>()?;
            report::measure(&footage::clips(&data)?, &packages)
        }
    }
}

fn train(arguments: &Train) -> Result<()> {
    configure_threads(1);
    let device = arguments.device.resolve()?;
    let config = arguments.preset.config(models::stock::SCALE)?;
    let start = arguments.from.as_deref().map(read).transpose()?;
    let mut pool = PairPool::new(arguments.pairs, config.scale);
    let Material { judged, skipped } =
        footage::gather(&arguments.data, &mut pool, arguments.pairs, arguments.seed)?;
    ensure!(!judged.is_empty(), "no pictures in {:?}", arguments.data);
    println!("{} pairs to train on, {} to judge by, {skipped} pictures left out", pool.len(), judged.len());

    let settings = TrainerSettings {
        precision: arguments.precision,
        learning_rate: arguments.rate,
        loss: arguments.loss,
        candidates: arguments.candidates,
        batch: arguments.batch,
        average: 0.998,
        ..TrainerSettings::new(config, device, arguments.seed)
    };
    let mut trainer = Trainer::new(settings, start.as_ref())?;
    let (begin, mut reported, mut mean) = (Instant::now(), 0.0, 0.0);
    loop {
        let seconds = begin.elapsed().as_secs_f64();
        if seconds >= arguments.seconds {
            break;
        }
        trainer.set_learning_rate(arguments.rate * cosine(seconds / arguments.seconds));
        mean += 0.01 * (trainer.step(&pool)? - mean);
        if seconds - reported > 30.0 {
            reported = seconds;
            let gain = trainer.evaluate(&judged)?.gain;
            println!("{seconds:6.0} s  step {:6}  loss {mean:.3e}  gain {gain:+.3} dB", trainer.steps());
        }
    }
    let after = trainer.evaluate(&judged)?;
    println!(
        "gain {:+.3} dB over plain {:.3} dB after {} steps",
        after.gain,
        after.psnr_plain,
        trainer.steps()
    );
    let package = trainer.package(TrainingSummary {
        pairs: pool.pushed(),
        steps: trainer.steps(),
        seconds: begin.elapsed().as_secs_f64().round(),
        psnr_before: after.psnr_plain,
        psnr_after: after.psnr_net,
    })?;
    std::fs::write(&arguments.out, package.bytes())
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    println!("{} {} in {}", package.config(), package.fingerprint(), arguments.out.display());
    Ok(())
}

fn read(path: impl AsRef<Path>) -> Result<Package> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Package::parse(Bytes::from(bytes)).with_context(|| format!("{} is no package", path.display()))
}
