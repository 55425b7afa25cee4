//! Trains TCSR on runs of consecutive pictures as F-EDSR shows them.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use learn::{Checkpoint, Error, Evaluation, Sequence, SequencePool, TcsrSettings, TcsrTrainer};
use media::Picture;
use media::ffmpeg::{Filter, Scaler};
use models::package::TrainingSummary;
use models::{Package, Preset, TcsrConfig, TcsrPackage, stock};
use nets::torch::Torch;
use nets::{Backend as _, Device, Precision, Upscaler};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::clips::Split;
use crate::course::{self, Course};
use crate::footage::{self, Coding, Take, Way};
use crate::options::{self, Options};
use crate::report::Row;

/// The streams to learn from.
const WAYS: [Way; 6] = [
    Way::new(Coding::Low, 400_000, Filter::Area),
    Way::new(Coding::Ahead, 250_000, Filter::Area),
    Way::new(Coding::Ahead, 400_000, Filter::Area),
    Way::new(Coding::Ahead, 800_000, Filter::Area),
    Way::new(Coding::Av1, 200_000, Filter::Area),
    Way::new(Coding::Av1, 500_000, Filter::Area),
];
/// Pictures in a sequence to learn from: a neighbourhood, and some more to choose its middle from.
const RUN: usize = 8;
/// Sequences to judge by, about; each is as long as the net needs.
const JUDGED: usize = 36;
/// The first stages to learn from: those that serve where TCSR is affordable at all.
const FIRST_STAGES: [Preset; 3] = [Preset::Nano, Preset::Mini, Preset::Small];

/// Train TCSR.
#[derive(clap::Args)]
pub(crate) struct Train {
    #[command(flatten)]
    options: Options,
    /// Package of F-EDSR to learn on top of, instead of the stock nets; give it several times for several.
    #[arg(long, value_name = "FILE")]
    first_stage: Vec<PathBuf>,
    /// Learning rate at the start; it falls along a cosine.
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// Sequences to train on, about; each takes 8 MB of memory.
    #[arg(long, default_value_t = 210)]
    sequences: usize,
    /// Patches in a step.
    #[arg(long, default_value_t = 8)]
    batch: usize,
}

pub(crate) fn train(arguments: &Train) -> Result<()> {
    let (begin, options) = (Instant::now(), &arguments.options);
    let device = options.device.resolve()?;
    let config = TcsrConfig::STOCK;
    let settings = TcsrSettings { batch: arguments.batch, ..TcsrSettings::new(config, device, options.seed) };
    let trainer = TcsrTrainer::new(settings, options.start()?.as_ref())?;
    let split = options.split()?;
    let stages = first_stages(&arguments.first_stage)?;
    let (pool, judged) = gather(&split, &stages, arguments.sequences, &settings)?;
    eprintln!("{} sequences to train on, {} of other sources to judge by", pool.len(), judged.len());
    let first_stages: Vec<_> = stages.iter().map(|stage| stage.fingerprint().to_string()).collect();
    let first_stages = first_stages.join(" ");
    let course = SequenceCourse { trainer, settings, rate: arguments.rate, pool, judged, first_stages };
    course::follow(course, &split, options, begin)
}

fn first_stages(files: &[PathBuf]) -> Result<Vec<Package>> {
    if files.is_empty() {
        let stock = |preset| stock::package(preset).context("every first stage has stock weights");
        return FIRST_STAGES.into_iter().map(stock).collect();
    }
    files.iter().map(|file| options::read(file)).collect()
}

fn gather(
    split: &Split,
    stages: &[Package],
    sequences: usize,
    settings: &TcsrSettings,
) -> Result<(SequencePool, Vec<Sequence>)> {
    let (mut pool, mut judged) = (SequencePool::new(settings.config.radius), Vec::new());
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut stage = FirstStage::new(stages, settings.device, settings.seed)?;
    let take = Take { runs: sequences, length: RUN, one_in: 2 };
    footage::take(&split.learnt, &WAYS, take, &mut random, |lr, hr| Ok(pool.push(&stage.show(lr, hr)?)?))?;
    // The same sequences judge, whatever the seed.
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut stage = FirstStage::new(stages, settings.device, 0)?;
    let take = Take { runs: JUDGED, length: settings.config.pictures(), one_in: 1 };
    footage::take(&split.judged, &WAYS, take, &mut random, |lr, hr| {
        let Sequence { shown, originals } = stage.show(lr, hr)?;
        let own = |pictures: Vec<Picture>| pictures.iter().map(footage::own).collect();
        judged.push(Sequence { shown: own(shown), originals: own(originals) });
        Ok(())
    })?;
    Ok((pool, judged))
}

/// The nets that TCSR stands on, one of them at random for every sequence.
struct FirstStage {
    nets: Vec<Box<dyn Upscaler>>,
    lanczos: Scaler,
    random: ChaCha8Rng,
}

impl FirstStage {
    fn new(packages: &[Package], device: Device, seed: u64) -> Result<Self> {
        let torch = Torch::new(device);
        let build = |package| torch.upscaler(package, Precision::Auto);
        let nets = packages.iter().map(build).collect::<Result<_, _>>()?;
        Ok(Self { nets, lanczos: Scaler::new(Filter::Lanczos), random: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// What viewers see of these pictures, beside their originals.
    fn show(&mut self, lr: &[Picture], hr: &[Picture]) -> Result<Sequence> {
        let index = self.random.random_range(0..self.nets.len());
        let net = &mut self.nets[index];
        let shown = lr.iter().zip(hr).map(|(lr, hr)| {
            let plain = self.lanczos.scale(lr, hr.size())?;
            Ok(net.upscale(lr, plain)?)
        });
        Ok(Sequence { shown: shown.collect::<Result<_>>()?, originals: hr.to_vec() })
    }
}

struct SequenceCourse {
    trainer: TcsrTrainer,
    settings: TcsrSettings,
    rate: f64,
    pool: SequencePool,
    judged: Vec<Sequence>,
    first_stages: String,
}

impl Course for SequenceCourse {
    type Net = TcsrConfig;

    fn rate(&self) -> f64 {
        self.rate
    }

    fn facts(&self) -> Vec<Row> {
        let TcsrSettings { batch, patch, precision, warm_up, alpha, beta, variation, average, .. } =
            self.settings;
        vec![
            Row::new("first stages", &self.first_stages),
            Row::new("sequences", self.pool.len()),
            Row::new("batch", batch),
            Row::new("patch", patch),
            Row::new("precision", precision),
            Row::new("warm-up", warm_up),
            Row::new("alpha", alpha),
            Row::new("beta", beta),
            Row::new("variation", variation),
            Row::new("average", average),
        ]
    }

    fn size(&self) -> u64 {
        self.pool.len() as u64
    }

    fn step(&mut self, rate: f64) -> Result<f64, Error> {
        self.trainer.step(&self.pool, rate)
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

    fn package(&self, summary: TrainingSummary) -> Result<TcsrPackage, Error> {
        self.trainer.package(summary)
    }
}
