//! What a training run is.

use models::{FEdsrConfig, Package, Preset, stock};
use nets::{Device, Precision};

use crate::{Optimizer, Selection};

/// The loss, over residuals in 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// Mean squared error: pictures with much error count most.
    Mse,
    /// Mean over patches of the logarithm of their squared error, which is what a mean of decibels measures: a patch that
    /// is nearly right counts as much as one full of error.
    Decibel,
    /// Mean absolute error.
    L1,
    /// `sqrt(x² + e²)`, smooth near zero; `e` in code values.
    Charbonnier(f64),
}

/// Settings of a [`crate::Trainer`]. Equal settings and equal pairs make equal nets, on the same machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainerSettings {
    pub config: FEdsrConfig,
    pub device: Device,
    /// Numbers to train in; weights and their updates stay in single precision. [`Precision::Auto`] takes bfloat16 where
    /// the hardware computes in it: a step takes two thirds of the time, and nets become as good.
    pub precision: Precision,
    /// Seed of initial weights and of the choice of patches.
    pub seed: u64,
    pub batch: usize,
    /// Side of a patch of the low-resolution picture, in pixels.
    pub patch: usize,
    pub selection: Selection,
    pub optimizer: Optimizer,
    /// Learning rate, once warm.
    pub learning_rate: f64,
    /// Steps in which the learning rate grows to its value: the first steps are as long as later ones but know nothing
    /// yet, and would undo what a net has learnt before.
    pub warm_up: u32,
    /// The loss that is descended.
    pub loss: Loss,
    /// Share that the running average of weights keeps in a step; the average is what is handed out.
    pub average: f64,
}

impl TrainerSettings {
    /// Settings that work for the small presets on a processor.
    pub fn new(config: FEdsrConfig, device: Device, seed: u64) -> Self {
        Self {
            config,
            device,
            precision: Precision::Auto,
            seed,
            batch: 16,
            patch: 32,
            selection: Selection::Any,
            optimizer: Optimizer::Adam,
            learning_rate: 4e-3,
            warm_up: 0,
            loss: Loss::Mse,
            average: 0.995,
        }
    }

    /// Settings to train on from a net that is good already. The wider it is, the less its weights may move.
    pub fn fine_tuning(config: FEdsrConfig, device: Device, seed: u64) -> Self {
        let learning_rate = 48e-3 / f64::from(config.channels);
        let optimizer = Optimizer::Soap;
        Self { optimizer, learning_rate, warm_up: 20, ..Self::new(config, device, seed) }
    }

    /// Settings to train on from `start`, or from nothing.
    pub fn starting_from(start: Option<&Package>, config: FEdsrConfig, device: Device, seed: u64) -> Self {
        // From nothing, a high rate finds the way; from a network, it would undo what that has learnt.
        match start {
            Some(_) => Self::fine_tuning(config, device, seed),
            None => Self::new(config, device, seed),
        }
    }
}

/// The factor of the learning rate at `progress` (0..=1) through a run: half a cosine from 1 down to 0.01.
pub fn cosine(progress: f64) -> f64 {
    const FLOOR: f64 = 0.01;
    FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * progress.clamp(0.0, 1.0)).cos())
}

/// The weights that come with the program for this network, if there are any.
pub fn stock_package(config: FEdsrConfig) -> Option<Package> {
    Preset::of(config).and_then(stock::package).filter(|package| package.config() == config)
}
