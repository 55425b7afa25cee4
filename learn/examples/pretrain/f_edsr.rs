//! Trains F-EDSR on pairs of pictures: as decoded, and the original.

use std::time::Instant;

use anyhow::Result;
use learn::{Checkpoint, Error, Evaluation, Loss, Pair, PairPool, Selection, Trainer, TrainerSettings};
use media::ffmpeg::Filter;
use models::package::TrainingSummary;
use models::{FEdsrConfig, Package, Preset, stock};
use nets::{Device, Precision};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::clips::Split;
use crate::course::{self, Course};
use crate::footage::{self, Coding, Take, Way};
use crate::options::Options;
use crate::report::Row;

/// The streams to learn from.
const WAYS: [Way; 12] = [
    Way::new(Coding::Low, 250_000, Filter::Area),
    Way::new(Coding::Low, 400_000, Filter::Area),
    Way::new(Coding::Low, 800_000, Filter::Bicubic),
    Way::new(Coding::Ahead, 150_000, Filter::Area),
    Way::new(Coding::Ahead, 250_000, Filter::Area),
    Way::new(Coding::Ahead, 400_000, Filter::Area),
    Way::new(Coding::Ahead, 600_000, Filter::Bicubic),
    Way::new(Coding::Ahead, 1_200_000, Filter::Area),
    Way::new(Coding::Av1, 100_000, Filter::Area),
    Way::new(Coding::Av1, 200_000, Filter::Area),
    Way::new(Coding::Av1, 400_000, Filter::Area),
    Way::new(Coding::Av1, 800_000, Filter::Area),
];
/// Pairs to judge by, about.
const JUDGED: usize = 96;

/// Train a preset of F-EDSR.
#[derive(clap::Args)]
pub(crate) struct Train {
    #[command(flatten)]
    options: Options,
    /// Which net.
    #[arg(long)]
    preset: Preset,
    /// Learning rate at the start; it falls along a cosine.
    #[arg(long, default_value_t = 4e-3)]
    rate: f64,
    /// decibel, mse, l1 or charbonnier.
    #[arg(long, default_value = "decibel", value_parser = loss)]
    loss: Loss,
    /// Patches to look at for each that is taken, the hardest.
    #[arg(long, default_value_t = 1)]
    candidates: usize,
    /// Numbers to train in.
    #[arg(long, default_value = "auto")]
    precision: Precision,
    /// Pairs to train on, about; each takes 1.2 MB of memory.
    #[arg(long, default_value_t = 900)]
    pairs: usize,
    /// Patches in a step; a GPU wants a hundred and more.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Side of a patch of the low-resolution picture, in pixels.
    #[arg(long, default_value_t = 32)]
    patch: usize,
    /// Steps in which the learning rate grows to its value; with `--from`, a hundred or so keep what was learnt.
    #[arg(long, default_value_t = 0)]
    warm_up: u32,
    /// Threads that cut patches out.
    #[arg(long, default_value_t = 1)]
    threads: usize,
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

pub(crate) fn train(arguments: &Train) -> Result<()> {
    let (begin, options) = (Instant::now(), &arguments.options);
    let device = options.device.resolve()?;
    if let Device::Cuda(_) = device {
        // Patches have one size from the first step to the last: trying all kernels once pays.
        tch::Cuda::cudnn_set_benchmark(true);
    }
    let config = arguments.preset.config(stock::SCALE)?;
    let settings = TrainerSettings {
        precision: arguments.precision,
        learning_rate: arguments.rate,
        loss: arguments.loss,
        selection: match arguments.candidates {
            0 | 1 => Selection::Any,
            candidates => Selection::Hardest(candidates),
        },
        batch: arguments.batch,
        patch: arguments.patch,
        warm_up: arguments.warm_up,
        average: 0.998,
        ..TrainerSettings::new(config, device, options.seed)
    };
    let mut trainer = Trainer::new(settings, options.start()?.as_ref())?;
    trainer.set_threads(arguments.threads);
    let split = options.split()?;
    let (pool, judged) = gather(&split, arguments.pairs, options.seed)?;
    eprintln!("{} pairs to train on, {} of other sources to judge by", pool.len(), judged.len());
    course::follow(PairCourse { trainer, pool, judged }, &split, options, begin)
}

fn gather(split: &Split, pairs: usize, seed: u64) -> Result<(PairPool, Vec<Pair>)> {
    let (mut pool, mut judged) = (PairPool::new(usize::MAX, stock::SCALE), Vec::new());
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let take = |runs, one_in| Take { runs, length: 1, one_in };
    footage::take(&split.learnt, &WAYS, take(pairs, 2), &mut random, |lr, hr| {
        Ok(pool.push(&Pair { lr: lr[0].clone(), hr: hr[0].clone() })?)
    })?;
    // The same pairs judge, whatever the seed.
    let mut random = ChaCha8Rng::seed_from_u64(0);
    footage::take(&split.judged, &WAYS, take(JUDGED, 1), &mut random, |lr, hr| {
        judged.push(Pair { lr: footage::own(&lr[0]), hr: footage::own(&hr[0]) });
        Ok(())
    })?;
    Ok((pool, judged))
}

struct PairCourse {
    trainer: Trainer,
    pool: PairPool,
    judged: Vec<Pair>,
}

impl Course for PairCourse {
    type Net = FEdsrConfig;

    fn rate(&self) -> f64 {
        self.trainer.settings().learning_rate
    }

    fn facts(&self) -> Vec<Row> {
        let TrainerSettings { loss, batch, patch, selection, precision, average, .. } =
            *self.trainer.settings();
        vec![
            Row::new("loss", format!("{loss:?}")),
            Row::new("pairs", self.pool.len()),
            Row::new("batch", batch),
            Row::new("patch", patch),
            Row::new("patches", format!("{selection:?}")),
            Row::new("precision", precision),
            Row::new("average", average),
        ]
    }

    fn size(&self) -> u64 {
        self.pool.pushed()
    }

    fn step(&mut self, rate: f64) -> Result<f64, Error> {
        self.trainer.set_learning_rate(rate);
        self.trainer.step(&self.pool)
    }

    fn steps(&self) -> u64 {
        self.trainer.steps()
    }

    fn evaluate(&self) -> Result<Evaluation, Error> {
        self.trainer.evaluate(&self.judged)
    }

    fn checkpoint(&self, run: &str) -> Result<Checkpoint, Error> {
        self.trainer.checkpoint(run)
    }

    fn restore(&mut self, checkpoint: &Checkpoint, run: &str) -> Result<(), Error> {
        self.trainer.restore(checkpoint, run)
    }

    fn package(&self, summary: TrainingSummary) -> Result<Package, Error> {
        self.trainer.package(summary)
    }
}
