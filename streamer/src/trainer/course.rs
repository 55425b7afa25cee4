//! One network in training: what it learns from, what it is judged by, and what it has become.

use std::time::{Duration, Instant};

use models::{
    FEdsrConfig, FEdsrUpscaler, Package, Precision, Preset,
    device::Device,
    package::TrainingSummary,
    stock,
    train::{Evaluation, Pair, PairPool, TrainError, Trainer, TrainerSettings, evaluate},
};

use super::holdout::Holdout;

/// One pair in so many is held out.
const HELD_OUT: u64 = 5;
/// Training on fewer pairs would learn them by heart.
const LEAST_PAIRS: usize = 3;
/// Judging by fewer would be chance.
const LEAST_HELD_OUT: usize = 2;

/// A network in training.
pub struct Course {
    trainer: Trainer,
    start: Option<Package>,
    pool: PairPool,
    holdout: Holdout,
    taken: u64,
    trained: Duration,
}

impl Course {
    /// Begins from `start`, or from plain up-sampling; remembers the newest `capacity` pairs.
    pub fn new(
        config: FEdsrConfig,
        start: Option<Package>,
        capacity: usize,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let trainer = Trainer::new(TrainerSettings::new(config, Device::Cpu, seed), start.as_ref())?;
        Ok(Self {
            trainer,
            start,
            pool: PairPool::new(capacity, config.scale),
            holdout: Holdout::new(),
            taken: 0,
            trained: Duration::ZERO,
        })
    }

    /// Takes a pair to learn from, or to be judged by. A pair of another factor is left out.
    pub fn take(&mut self, pair: &Pair) -> Result<(), TrainError> {
        if pair.hr.size() != pair.lr.size().scaled(u32::from(self.pool.scale())) {
            return Ok(());
        }
        self.taken += 1;
        if self.taken.is_multiple_of(HELD_OUT) { self.holdout.push(pair) } else { self.pool.push(pair) }
    }

    /// Whether there is enough to learn from.
    pub fn can_learn(&self) -> bool {
        self.pool.len() >= LEAST_PAIRS
    }

    /// Whether there is enough to be judged by, and something to judge.
    pub fn can_be_judged(&self) -> bool {
        self.trainer.steps() > 0 && self.holdout.len() >= LEAST_HELD_OUT
    }

    /// One step. Gives the loss.
    pub fn step(&mut self) -> Result<f64, TrainError> {
        let began = Instant::now();
        let loss = self.trainer.step(&self.pool);
        self.trained += began.elapsed();
        loss
    }

    /// Changes the learning rate, as a share of the first one.
    pub fn slow_down(&mut self, share: f64) {
        self.trainer.set_learning_rate(self.trainer.settings().learning_rate * share);
    }

    /// Quality of the network as it is now, on the held-out pairs.
    pub fn judge(&mut self) -> Result<Evaluation, TrainError> {
        self.trainer.evaluate(self.holdout.pairs())
    }

    /// Quality of another network, on the same pairs.
    pub fn judge_other(&mut self, package: &Package) -> Result<Evaluation, TrainError> {
        let mut other = FEdsrUpscaler::build(package, Device::Cpu, Precision::Auto)?;
        evaluate(&mut other, self.holdout.pairs())
    }

    /// The network as it is now, with what was found out about it.
    pub fn package(&self, found: Evaluation) -> Result<Package, TrainError> {
        self.trainer.package(TrainingSummary {
            pairs: self.pool.pushed(),
            steps: self.trainer.steps(),
            seconds: self.trained.as_secs_f64(),
            psnr_before: found.psnr_plain,
            psnr_after: found.psnr_net,
        })
    }

    /// What it began from.
    pub fn start(&self) -> Option<&Package> {
        self.start.as_ref()
    }
}

/// The weights that come with the program for this network, if there are any.
pub fn stock_package(config: FEdsrConfig) -> Option<Package> {
    Preset::of(config).and_then(stock::package).filter(|package| package.config() == config)
}
