//! One network in training: what it learns from, what it is judged by, and what it has become.

use std::time::{Duration, Instant};

use models::{
    FEdsrConfig, FEdsrUpscaler, Package, Precision, Preset,
    device::Device,
    package::{Fingerprint, TrainingSummary},
    stock,
    train::{Evaluation, Pair, PairPool, TrainError, Trainer, TrainerSettings, evaluate},
};

use super::holdout::Holdout;

/// One pair in so many is held out.
const HELD_OUT: u64 = 5;
/// The first one early, so that the first judgement need not wait for long.
const FIRST_HELD_OUT: u64 = 3;
/// Training on fewer pairs would learn them by heart.
const LEAST_PAIRS: usize = 3;
/// Judging by fewer would be chance.
const LEAST_HELD_OUT: usize = 2;

/// Training that goes astray again and again is not slowed down further than this.
const LEAST_RATE: f64 = 1e-4;

/// A network in training.
pub struct Course {
    trainer: Trainer,
    start: Option<Package>,
    pool: PairPool,
    holdout: Holdout,
    other: Option<(Fingerprint, FEdsrUpscaler)>,
    taken: u64,
    steps: u64,
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
        let settings = match start {
            Some(_) => TrainerSettings::fine_tuning(config, Device::Cpu, seed),
            None => TrainerSettings::new(config, Device::Cpu, seed),
        };
        let trainer = Trainer::new(settings, start.as_ref())?;
        Ok(Self {
            trainer,
            start,
            pool: PairPool::new(capacity, config.scale),
            holdout: Holdout::new(),
            other: None,
            taken: 0,
            steps: 0,
            trained: Duration::ZERO,
        })
    }

    /// Takes a pair to learn from, or to be judged by. A pair of another factor is left out.
    pub fn take(&mut self, pair: &Pair) -> Result<(), TrainError> {
        if pair.hr.size() != pair.lr.size().scaled(u32::from(self.pool.scale())) {
            return Ok(());
        }
        self.taken += 1;
        if self.taken % HELD_OUT == FIRST_HELD_OUT { self.holdout.push(pair) } else { self.pool.push(pair) }
    }

    /// Whether there is enough to learn from.
    pub fn can_learn(&self) -> bool {
        self.pool.len() >= LEAST_PAIRS
    }

    /// Whether there is enough to be judged by, and something to judge.
    pub fn can_be_judged(&self) -> bool {
        self.steps > 0 && self.holdout.len() >= LEAST_HELD_OUT
    }

    /// One step. Gives the loss.
    pub fn step(&mut self) -> Result<f64, TrainError> {
        let began = Instant::now();
        let loss = self.trainer.step(&self.pool);
        self.trained += began.elapsed();
        self.steps += 1;
        loss
    }

    /// Goes on from another network with a lower learning rate: training went astray.
    pub fn return_to(&mut self, package: Option<&Package>) -> Result<(), TrainError> {
        let settings = *self.trainer.settings();
        let learning_rate = (settings.learning_rate / 2.0).max(LEAST_RATE);
        let fine_tuning = TrainerSettings::fine_tuning(settings.config, settings.device, settings.seed);
        self.trainer = Trainer::new(TrainerSettings { learning_rate, ..fine_tuning }, package)?;
        Ok(())
    }

    /// Changes the learning rate, as a share of the first one.
    pub fn slow_down(&mut self, share: f64) {
        self.trainer.set_learning_rate(self.trainer.settings().learning_rate * share);
    }

    /// Quality of the network as it is now, on the held-out pairs.
    pub fn judge(&mut self) -> Result<Evaluation, TrainError> {
        self.trainer.evaluate(self.holdout.pairs())
    }

    /// Quality of another network, on the same pairs. The one that was judged last stays built.
    pub fn judge_other(&mut self, package: &Package) -> Result<Evaluation, TrainError> {
        let fingerprint = package.fingerprint();
        let upscaler = match self.other.take() {
            Some((built, upscaler)) if built == fingerprint => upscaler,
            _ => FEdsrUpscaler::build(package, Device::Cpu, Precision::Auto)?,
        };
        let (_, upscaler) = self.other.insert((fingerprint, upscaler));
        evaluate(upscaler, self.holdout.pairs())
    }

    /// The network as it is now, with what was found out about it.
    pub fn package(&self, found: Evaluation) -> Result<Package, TrainError> {
        self.trainer.package(TrainingSummary {
            pairs: self.pool.pushed(),
            steps: self.steps,
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

#[cfg(test)]
mod tests {
    use media::{
        Component, Picture, Size,
        ffmpeg::{Filter, Scaler},
    };
    use models::Preset;

    use super::*;

    /// Stripes that drift: something that plain up-sampling blurs and a network can learn.
    fn pair(n: usize) -> Pair {
        let mut hr = Picture::new(Size { width: 128, height: 96 });
        for component in Component::ALL {
            hr.plane_mut(component).fill(128);
        }
        for (y, row) in hr.luma_mut().rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                *sample = if ((x + 2 * y + n) / 6).is_multiple_of(2) { 40 } else { 210 };
            }
        }
        let lr = Scaler::new(Filter::Area).scale(&hr, Size { width: 64, height: 48 }).unwrap();
        Pair { lr, hr }
    }

    #[test]
    fn learns_what_it_is_shown_and_is_judged_by_what_it_is_not() {
        models::device::configure_threads(1);
        let config = Preset::Nano.config(2).unwrap();
        let mut course = Course::new(config, None, 16, 7).unwrap();
        assert!(!course.can_learn());
        for n in 0..12 {
            course.take(&pair(n)).unwrap();
        }
        assert!(course.can_learn() && !course.can_be_judged());
        for _ in 0..30 {
            course.step().unwrap();
        }
        assert!(course.can_be_judged());
        let found = course.judge().unwrap();
        assert!(found.gain > 0.1, "{found:?}");
        let package = course.package(found).unwrap();
        let training = package.metadata().training.unwrap();
        assert_eq!((training.pairs, training.steps), (10, 30));
        assert_eq!(course.judge_other(&package).unwrap(), found);
    }

    #[test]
    fn pairs_of_another_factor_are_left_out() {
        let mut course = Course::new(Preset::Nano.config(3).unwrap(), None, 16, 7).unwrap();
        (0..8).for_each(|n| course.take(&pair(n)).unwrap());
        assert!(!course.can_learn());
    }
}
