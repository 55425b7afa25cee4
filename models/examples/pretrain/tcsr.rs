//! Trains TCSR on runs of consecutive pictures as the stock F-EDSR nets show them.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use media::ffmpeg::{Filter, Scaler};
use models::{
    FEdsrUpscaler, Precision, Preset, TcsrConfig,
    device::{Device, DeviceChoice, configure_threads},
    package::{TcsrPackage, TrainingSummary},
    stock,
    train::{Pair, Sequence, SequencePool, TcsrSettings, TcsrTrainer, cosine},
    upscale::Upscale,
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::footage;

/// Pictures in a run.
const RUN: usize = 8;
/// The first stages to learn from: those that serve where TCSR is affordable at all.
const FIRST_STAGES: [Preset; 3] = [Preset::Nano, Preset::Mini, Preset::Small];
/// Bitrates of the low-resolution stream to learn from.
const BITRATES: [u32; 3] = [250_000, 400_000, 800_000];
/// Runs of every clip and bitrate.
const RUNS: usize = 2;

/// Train TCSR.
#[derive(clap::Args)]
pub(crate) struct Train {
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
    #[arg(long, default_value_t = 3600.0)]
    seconds: f64,
    /// Seed of weights, patches and the choice of pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to train.
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Learning rate at the start; it falls along a cosine.
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// Patches in a step.
    #[arg(long, default_value_t = 8)]
    batch: usize,
}

pub(crate) fn train(arguments: &Train) -> Result<()> {
    configure_threads(1);
    let device = arguments.device.resolve()?;
    let config = TcsrConfig::STOCK;
    let start = arguments.from.as_ref().map(|path| {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        TcsrPackage::parse(bytes.into()).with_context(|| format!("{} is no TCSR", path.display()))
    });
    let start = start.transpose()?;
    let mut pool = SequencePool::new(config.radius);
    let judged = gather(&arguments.data, &mut pool, arguments.seed)?;
    ensure!(!judged.is_empty(), "no pictures in {:?}", arguments.data);
    println!("{} sequences to train on, {} to judge by", pool.len(), judged.len());
    let settings =
        TcsrSettings { batch: arguments.batch, ..TcsrSettings::new(config, device, arguments.seed) };
    let mut trainer = TcsrTrainer::new(settings, start.as_ref())?;
    let (begin, mut reported, mut mean) = (Instant::now(), 0.0, 0.0);
    loop {
        let seconds = begin.elapsed().as_secs_f64();
        if seconds >= arguments.seconds {
            break;
        }
        let loss = trainer.step(&pool, arguments.rate * cosine(seconds / arguments.seconds))?;
        mean += (loss - mean) / (trainer.steps() as f64).min(100.0);
        if seconds - reported > 240.0 {
            reported = seconds;
            let gain = trainer.evaluate(&judged)?.gain;
            println!("{seconds:6.0} s  step {:6}  loss {mean:.4}  gain {gain:+.3} dB", trainer.steps());
        }
    }
    let after = trainer.evaluate(&judged)?;
    println!("gain {:+.3} dB over {:.3} dB after {} steps", after.gain, after.psnr_plain, trainer.steps());
    let package = trainer.package(TrainingSummary {
        pairs: pool.len() as u64,
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

/// Fills the pool; of every clip and way, a short run of the kept tenth is to judge by.
fn gather(folders: &[PathBuf], pool: &mut SequencePool, seed: u64) -> Result<Vec<Sequence>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let nets = FIRST_STAGES.map(|preset| {
        let package = stock::package(preset).context("every first stage has stock weights")?;
        Ok(FEdsrUpscaler::build(&package, Device::Cpu, Precision::Auto)?)
    });
    let mut nets = nets.into_iter().collect::<Result<Vec<_>>>()?;
    let indices: Vec<usize> = (0..nets.len()).collect();
    let mut judged = Vec::new();
    for clip in footage::clips(folders)? {
        let originals = footage::originals(&clip)?;
        let border = footage::border(originals.len());
        for (way, bitrate) in BITRATES.into_iter().enumerate() {
            let pairs = footage::coded(&originals, bitrate, Filter::Area)?;
            let mut stage = |range: std::ops::Range<usize>| {
                let net = indices.choose(&mut random).copied().unwrap_or_default();
                sequence(&mut nets[net], &pairs[range])
            };
            if way == 1 && pairs.len() >= border + 3 {
                judged.push(stage(border..border + 3)?);
            }
            for run in 0..RUNS {
                let room = (border.saturating_sub(RUN)) / RUNS;
                let first =
                    run * room + usize::from(room > 0) * (seed as usize * 7919 + run * 31) % room.max(1);
                if first + RUN <= border {
                    pool.push(&stage(first..first + RUN)?)?;
                }
            }
        }
        println!("{}: {} sequences so far", clip.display(), pool.len());
    }
    let _ = random.random::<u32>();
    Ok(judged)
}

/// What the first stage shows.
fn sequence(net: &mut FEdsrUpscaler, pairs: &[Pair]) -> Result<Sequence> {
    let mut lanczos = Scaler::new(Filter::Lanczos);
    let mut sequence = Sequence { shown: Vec::new(), originals: Vec::new() };
    for pair in pairs {
        let plain = lanczos.scale(&pair.lr, pair.hr.size())?;
        sequence.shown.push(net.upscale(&pair.lr, plain)?);
        sequence.originals.push(pair.hr.clone());
    }
    Ok(sequence)
}
