//! Trains one F-EDSR: the optimiser's loop body.

mod settings;

use models::Package;
use models::arch::TensorSpec;
use models::package::TrainingSummary;
use nets::torch::{FEdsr, Torch, precision};
use nets::{Backend, Precision};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Reduction, TchError, Tensor};

use crate::learner::{Learner, patches, uniform};
use crate::pool::Patches;
use crate::{Checkpoint, Error, ErrorKind, Evaluation, Pair, PairPool, evaluate};

pub use settings::{Loss, TrainerSettings, cosine, stock_package};

/// The learning rate, in a checkpoint.
const RATE: &str = "learning rate";

/// Trains one F-EDSR on random patches.
///
/// What it hands out is a running average of the weights: the average is nearly always better than the weights of a
/// moment, and never jumps.
#[derive(Debug)]
pub struct Trainer {
    settings: TrainerSettings,
    net: FEdsr,
    /// For looks at what is handed out.
    torch: Torch,
    learner: Learner,
    rate: f64,
    threads: usize,
    /// Re-used from step to step.
    drawn: Patches,
}

impl Trainer {
    /// Starts from a package of the same net, or from random weights whose residual is zero.
    pub fn new(settings: TrainerSettings, start: Option<&Package>) -> Result<Self, Error> {
        let TrainerSettings { config, device, average, seed, optimizer, learning_rate: rate, .. } = settings;
        let learner = Learner::of_net(config, start, initial, optimizer, device.into(), average, seed)?;
        let net = learner.net(|tensor| FEdsr::new(config, tensor))?;
        Ok(Self {
            settings,
            net,
            torch: Torch::new(device),
            learner,
            rate,
            threads: 1,
            drawn: Patches::default(),
        })
    }

    /// One step of the optimiser on patches from the pool. Returns the loss.
    pub fn step(&mut self, pool: &PairPool) -> Result<f64, Error> {
        let scale = self.settings.config.scale;
        if scale != pool.scale() {
            let what = format!("the net scales by {scale}, the pairs by {}", pool.scale());
            return Err(Error::new(ErrorKind::Mismatch, what));
        }
        let [luma, residual] = self.batch(pool)?;
        let output = self.net.forward(&luma)?.f_to_kind(Kind::Float)?;
        let loss = loss(self.settings.loss, &output, &residual)?;
        self.learner.descend(&loss, self.rate * self.warmth())
    }

    /// Changes the learning rate from now on.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Cuts patches out on so many threads from now on, for large batches on a GPU, which would wait for them. What is learnt
    /// stays the same.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads;
    }

    /// Share of the learning rate that the next step takes.
    fn warmth(&self) -> f64 {
        ((self.steps() + 1) as f64 / f64::from(self.settings.warm_up.max(1))).min(1.0)
    }

    pub fn steps(&self) -> u64 {
        self.learner.steps()
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &TrainerSettings {
        &self.settings
    }

    /// Builds nets on the device that is trained on.
    pub fn backend(&self) -> &dyn Backend {
        &self.torch
    }

    /// What the net that would be handed out now gains on these pairs.
    pub fn evaluate(&self, pairs: &[Pair]) -> Result<Evaluation, Error> {
        let package = self.learner.package(self.settings.config, None)?;
        let mut upscaler = self.torch.upscaler(&package, Precision::Auto)?;
        evaluate(&mut *upscaler, pairs)
    }

    pub fn package(&self, summary: TrainingSummary) -> Result<Package, Error> {
        self.learner.package(self.settings.config, Some(summary))
    }

    /// Where the training stands. `run` says what else the net depends on, such as its data and its schedule.
    pub fn checkpoint(&self, run: &str) -> Result<Checkpoint, Error> {
        let mut checkpoint = self.learner.save(&self.settings, run)?;
        checkpoint.set(RATE, self.rate);
        Ok(checkpoint)
    }

    /// Goes on from a checkpoint of a trainer that was made alike, in the same run. An error changes nothing.
    pub fn restore(&mut self, checkpoint: &Checkpoint, run: &str) -> Result<(), Error> {
        self.learner.expect(checkpoint, &self.settings, run)?;
        let rate = checkpoint.get(RATE)?;
        self.learner.restore(checkpoint)?;
        self.rate = rate;
        Ok(())
    }

    /// Luma `N,1,P,P` and residual `N,1,sP,sP`, both divided by 255.
    fn batch(&mut self, pool: &PairPool) -> Result<[Tensor; 2], Error> {
        let TrainerSettings { batch, patch, selection, device, precision, .. } = self.settings;
        pool.draw(batch, patch, selection, &mut self.learner.random, self.threads, &mut self.drawn)?;
        let side = patch * usize::from(self.settings.config.scale);
        let luma = patches(&self.drawn.luma, [batch, 1, patch, patch], device.into())?;
        let residual = patches(&self.drawn.residual, [batch, 1, side, side], device.into())?;
        let kind = precision::kind(precision, device);
        Ok([luma.f_to_kind(kind)?, residual])
    }
}

fn loss(loss: Loss, output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    match loss {
        Loss::Mse => output.f_mse_loss(target, Reduction::Mean),
        Loss::Decibel => {
            // An error of half a code value is as good as none.
            const ENOUGH: f64 = (0.5 / 255.0) * (0.5 / 255.0);
            let per_patch =
                output.f_sub(target)?.f_square()?.f_mean_dim([1, 2, 3].as_slice(), false, Kind::Float)?;
            per_patch.f_add_scalar(ENOUGH)?.f_log()?.f_mean(Kind::Float)
        }
        Loss::L1 => output.f_l1_loss(target, Reduction::Mean),
        Loss::Charbonnier(e) => {
            let e = e / 255.0;
            output.f_sub(target)?.f_square()?.f_add_scalar(e * e)?.f_sqrt()?.f_mean(Kind::Float)
        }
    }
}

/// The second convolution of a block starts small, so that depth does not amplify, and the last convolution at zero, so
/// that the net starts at Lanczos upsampling.
fn initial(spec: &TensorSpec, random: &mut ChaCha8Rng) -> Vec<f32> {
    let gain = match spec.name.as_str() {
        "last.weight" => 0.0,
        name if name.ends_with("conv1.weight") => 2.0_f32.sqrt(),
        name if name.ends_with("conv2.weight") => 0.2,
        _ => 1.0,
    };
    uniform(spec, gain, random)
}
