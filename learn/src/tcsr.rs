//! Training TCSR: Adam on random patches of sequences, down a loss of three terms ([`loss`]).

mod loss;

use media::quality::{Mean, psnr_luma};
use models::arch::TensorSpec;
use models::arch::tcsr::MULTIPLE;
use models::package::TrainingSummary;
use models::{TcsrConfig, TcsrPackage};
use nets::torch::tcsr::Tcsr;
use nets::torch::{Torch, precision};
use nets::{Backend as _, Device, Precision};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

use crate::learner::{Learner, Optimizer, patches, uniform};
use crate::{Checkpoint, Error, ErrorKind, Evaluation, Sequence, SequencePool};

/// Settings of a [`TcsrTrainer`]. Equal settings and equal sequences make equal nets, on the same machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TcsrSettings {
    pub config: TcsrConfig,
    pub device: Device,
    /// Numbers that convolutions compute in; weights, flows and sums are in single precision.
    pub precision: Precision,
    /// Seed of initial weights and of the choice of patches.
    pub seed: u64,
    pub batch: usize,
    /// Side of a patch of the large picture, in pixels; a multiple of four.
    pub patch: usize,
    /// Steps in which the learning rate grows to its value.
    pub warm_up: u32,
    /// Weight of the flow at half size.
    pub alpha: f64,
    /// Weight of the flow at full size.
    pub beta: f64,
    /// Weight of the flow's total variation (pixels per pixel) against the error of the warp (luma in 0..1).
    pub variation: f64,
    /// Share that the running average of weights keeps in a step.
    pub average: f64,
}

impl TcsrSettings {
    /// The settings that the stock net was made with.
    pub fn new(config: TcsrConfig, device: Device, seed: u64) -> Self {
        Self {
            config,
            device,
            precision: Precision::Auto,
            seed,
            batch: 8,
            patch: 80,
            warm_up: 50,
            alpha: 0.1,
            beta: 0.2,
            variation: 0.01,
            average: 0.998,
        }
    }
}

/// Trains one TCSR with Adam on random patches of sequences.
#[derive(Debug)]
pub struct TcsrTrainer {
    settings: TcsrSettings,
    net: Tcsr,
    learner: Learner,
    kind: Kind,
    /// Re-used from step to step.
    shown: Vec<f32>,
    residual: Vec<f32>,
}

impl TcsrTrainer {
    /// Starts from a package of the same net, or from random weights whose residual is zero.
    pub fn new(settings: TcsrSettings, start: Option<&TcsrPackage>) -> Result<Self, Error> {
        let TcsrSettings { config, device, average, seed, patch, .. } = settings;
        if patch == 0 || !patch.is_multiple_of(MULTIPLE) {
            let what = format!(
                "patches of {patch}x{patch}; a TCSR learns from patches whose sides are multiples of {MULTIPLE}"
            );
            return Err(Error::new(ErrorKind::Mismatch, what));
        }
        let learner = Learner::of_net(config, start, initial, Optimizer::Adam, device.into(), average, seed)?;
        let net = learner.net(|tensor| Tcsr::new(config, tensor))?;
        let kind = precision::kind(settings.precision, device);
        Ok(Self { settings, net, learner, kind, shown: Vec::new(), residual: Vec::new() })
    }

    /// One step of the optimiser on patches from the pool. Returns the loss.
    pub fn step(&mut self, pool: &SequencePool, rate: f64) -> Result<f64, Error> {
        let [shown, residual] = self.batch(pool)?;
        let output = self.net.forward(&shown, self.kind)?;
        let loss = self.settings.loss(&shown, &residual, &output)?;
        // A rate that grows from nothing: the first steps know nothing, and would be as long as later ones.
        let warmth = (self.steps() + 1) as f64 / f64::from(self.settings.warm_up.max(1));
        self.learner.descend(&loss, rate * warmth.min(1.0))
    }

    pub fn steps(&self) -> u64 {
        self.learner.steps()
    }

    /// What the net that would be handed out now adds to the first stage on these sequences; every middle picture counts.
    pub fn evaluate(&self, sequences: &[Sequence]) -> Result<Evaluation, Error> {
        let torch = Torch::new(self.settings.device);
        let mut refiner =
            torch.refiner(&self.learner.package(self.settings.config, None)?, self.settings.precision)?;
        let mut before = Mean::default();
        let mut after = Mean::default();
        let count = self.settings.config.pictures();
        for Sequence { shown, originals } in sequences {
            for (shown, originals) in shown.windows(count).zip(originals.windows(count)) {
                before.add(psnr_luma(&shown[count / 2], &originals[count / 2]));
                after.add(psnr_luma(&refiner.refine(shown)?, &originals[count / 2]));
            }
        }
        if before.count() == 0 {
            return Err(Error::empty());
        }
        Ok(Evaluation::of(&before, &after))
    }

    pub fn package(&self, summary: TrainingSummary) -> Result<TcsrPackage, Error> {
        self.learner.package(self.settings.config, Some(summary))
    }

    /// Where the training stands. `run` says what else the net depends on, such as its data and its schedule.
    pub fn checkpoint(&self, run: &str) -> Result<Checkpoint, Error> {
        self.learner.save(&self.settings, run)
    }

    /// Goes on from a checkpoint of a trainer that was made alike, in the same run. An error changes nothing.
    pub fn restore(&mut self, checkpoint: &Checkpoint, run: &str) -> Result<(), Error> {
        self.learner.expect(checkpoint, &self.settings, run)?;
        self.learner.restore(checkpoint)
    }

    /// Lumas `N,2k+1,P,P` and residual `N,1,P,P`, both divided by 255.
    fn batch(&mut self, pool: &SequencePool) -> Result<[Tensor; 2], Error> {
        let TcsrSettings { batch, patch, device, config, .. } = self.settings;
        let net = usize::from(config.radius);
        if net != pool.radius() {
            let what = format!(
                "the net sees {net} neighbours on either side, the pool's patches have {}",
                pool.radius()
            );
            return Err(Error::new(ErrorKind::Mismatch, what));
        }
        self.shown.clear();
        self.residual.clear();
        for _ in 0..batch {
            pool.draw(patch, &mut self.learner.random, &mut self.shown, &mut self.residual)?;
        }
        let shown = patches(&self.shown, [batch, config.pictures(), patch, patch], device.into())?;
        let residual = patches(&self.residual, [batch, 1, patch, patch], device.into())?;
        Ok([shown, residual])
    }
}

/// The second convolution of a block starts small; flows and the residual start at zero.
fn initial(spec: &TensorSpec, random: &mut ChaCha8Rng) -> Vec<f32> {
    let gain = match spec.name.as_str() {
        "reconstruction.last.weight" => 0.0,
        name if name.ends_with("flow.weight") => 0.05,
        name if name.ends_with("conv2.weight") => 0.2,
        name if name.ends_with("conv1.weight") => 2.0_f32.sqrt(),
        _ => 1.0,
    };
    uniform(spec, gain, random)
}
