//! Training TCSR.
//!
//! The loss has the three terms of the design, each as the mean over patches of a logarithm, so that patches that are nearly
//! right count as much as those full of error, and no term has to be scaled to the other's unit:
//!
//! ```text
//! L = log(mse(I + residual, original)) + beta * L_full + alpha * L_half,      alpha < beta < 1
//! L_full = mean over neighbours of log(|A - I| + tv * |gradient of the flow|);  L_half alike at half size
//! ```

use rand_chacha::ChaCha8Rng;
use tch::{Kind, TchError, Tensor};

use super::{
    Checkpoint, Evaluation, Sequence, SequencePool, TrainError,
    checkpoint::{RUN, SETTINGS},
    learner::{Learner, uniform},
};
use crate::{
    arch::{
        Architecture as _, TensorSpec,
        tcsr::{Aligned, Tcsr, TcsrConfig, halve},
        warp::warp,
    },
    device::Device,
    package::{Fingerprint, NetMetadata, TcsrPackage, TrainingSummary},
    quality::{Mean, psnr_luma},
    refine::TcsrRefiner,
    upscale::{Precision, precision::has_bf16},
};

/// Errors below these are as good as none: half a code value, squared, and one code value.
const ENOUGH_SQUARED: f64 = (0.5 / 255.0) * (0.5 / 255.0);
const ENOUGH: f64 = 1.0 / 255.0;

/// Settings of a [`TcsrTrainer`]. Equal settings and equal sequences make equal nets, on the same machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TcsrSettings {
    /// The net.
    pub config: TcsrConfig,
    /// Where it is trained.
    pub device: Device,
    /// Numbers that convolutions compute in; weights, flows and sums are in single precision.
    pub precision: Precision,
    /// Seed of initial weights and of the choice of patches.
    pub seed: u64,
    /// Patches in a step.
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
            warm_up: 200,
            alpha: 0.05,
            beta: 0.1,
            variation: 0.01,
            average: 0.998,
        }
    }
}

/// Trains one TCSR with Adam on random patches of sequences.
#[derive(Debug)]
pub struct TcsrTrainer {
    settings: TcsrSettings,
    parent: Option<Fingerprint>,
    net: Tcsr,
    learner: Learner,
    kind: Kind,
    /// Re-used from step to step.
    shown: Vec<f32>,
    residual: Vec<f32>,
}

impl TcsrTrainer {
    /// Starts from a package of the same net, or from random weights whose residual is zero.
    pub fn new(settings: TcsrSettings, start: Option<&TcsrPackage>) -> Result<Self, TrainError> {
        let wanted = settings.config.checked().map_err(crate::package::PackageError::from)?;
        if let Some(found) = start.map(TcsrPackage::config).filter(|found| *found != wanted) {
            return Err(TrainError::OtherNet { wanted: wanted.to_string(), found: found.to_string() });
        }
        let TcsrSettings { device, average, seed, .. } = settings;
        let start_weights = start.map(TcsrPackage::weights);
        let learner = Learner::new(&wanted.tensors(), start_weights, initial, device, average, seed)?;
        let net = learner.net(|tensor| Tcsr::new(wanted, tensor))?;
        let kind = match settings.precision {
            Precision::Bf16 => Kind::BFloat16,
            Precision::Auto if has_bf16(device) => Kind::BFloat16,
            Precision::Auto | Precision::F32 => Kind::Float,
        };
        let parent = start.map(TcsrPackage::fingerprint);
        let (shown, residual) = (Vec::new(), Vec::new());
        Ok(Self { settings, parent, net, learner, kind, shown, residual })
    }

    /// One step of the optimiser on patches from the pool. Returns the loss.
    pub fn step(&mut self, pool: &SequencePool, rate: f64) -> Result<f64, TrainError> {
        let (shown, residual) = self.batch(pool)?;
        let output = self.net.forward(&shown, self.kind)?;
        let loss = self.loss(&shown, &output.residual, &residual, &output.neighbours)?;
        let warmth = (self.steps() + 1) as f64 / f64::from(self.settings.warm_up.max(1));
        self.learner.descend(&loss, rate * warmth.min(1.0))
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.learner.steps()
    }

    /// What the net that would be handed out now adds to the first stage on these sequences; every middle picture counts.
    pub fn evaluate(&self, sequences: &[Sequence]) -> Result<Evaluation, TrainError> {
        let mut refiner =
            TcsrRefiner::build(&self.written(None)?, self.settings.device, self.settings.precision)?;
        let (mut before, mut after) = (Mean::default(), Mean::default());
        let count = self.settings.config.pictures();
        for Sequence { shown, originals } in sequences {
            for (shown, originals) in shown.windows(count).zip(originals.windows(count)) {
                before.add(psnr_luma(&shown[count / 2], &originals[count / 2]));
                after.add(psnr_luma(&refiner.refine(shown)?, &originals[count / 2]));
            }
        }
        let (psnr_plain, psnr_net) = (before.mean(), after.mean());
        Ok(Evaluation { psnr_plain, psnr_net, gain: psnr_net - psnr_plain })
    }

    /// The net as a package.
    pub fn package(&self, summary: TrainingSummary) -> Result<TcsrPackage, TrainError> {
        self.written(Some(summary))
    }

    fn written(&self, training: Option<TrainingSummary>) -> Result<TcsrPackage, TrainError> {
        let metadata = NetMetadata { config: self.settings.config, parent: self.parent, training };
        Ok(TcsrPackage::write(&metadata, &self.learner.weights()?)?)
    }

    /// Where the training stands. `run` says what else the net depends on, such as its data and its schedule.
    pub fn checkpoint(&self, run: &str) -> Result<Checkpoint, TrainError> {
        let mut checkpoint = Checkpoint::new();
        checkpoint.set(SETTINGS, self.belongings());
        checkpoint.set(RUN, run);
        self.learner.save(&self.settings.config.tensors(), &mut checkpoint)?;
        Ok(checkpoint)
    }

    /// Goes on from a checkpoint of a trainer that was made alike, in the same run. An error changes nothing.
    pub fn restore(&mut self, checkpoint: &Checkpoint, run: &str) -> Result<(), TrainError> {
        checkpoint.expect(SETTINGS, &self.belongings())?;
        checkpoint.expect(RUN, run)?;
        self.learner.restore(&self.settings.config.tensors(), checkpoint)
    }

    /// What a checkpoint has to agree with. It is only compared, so any text that tells all settings apart will do.
    fn belongings(&self) -> String {
        format!("{:?}, parent {:?}", self.settings, self.parent)
    }

    /// Lumas `N,2k+1,P,P` and residual `N,1,P,P`, both divided by 255.
    fn batch(&mut self, pool: &SequencePool) -> Result<(Tensor, Tensor), TrainError> {
        let TcsrSettings { batch, patch, device, config, .. } = self.settings;
        self.shown.clear();
        self.residual.clear();
        for _ in 0..batch {
            pool.draw(patch, &mut self.learner.random, &mut self.shown, &mut self.residual)?;
        }
        let tensor = |values: &[f32], channels: usize| -> Result<Tensor, TchError> {
            let (batch, channels, side) = (batch as i64, channels as i64, patch as i64);
            Tensor::f_from_slice(values)?
                .f_to_device(device)?
                .f_div_scalar(255.0)?
                .f_reshape([batch, channels, side, side])
        };
        Ok((tensor(&self.shown, config.pictures())?, tensor(&self.residual, 1)?))
    }

    fn loss(
        &self,
        shown: &Tensor,
        made: &Tensor,
        wanted: &Tensor,
        neighbours: &[Aligned],
    ) -> Result<Tensor, TchError> {
        let TcsrSettings { alpha, beta, config, .. } = self.settings;
        let error = per_patch(&made.f_sub(wanted)?.f_square()?)?;
        let mut loss = error.f_add_scalar(ENOUGH_SQUARED)?.f_log()?;
        let middle = i64::from(config.radius);
        let target = shown.f_narrow(1, middle, 1)?;
        let half_target = halve(&target)?;
        let share = 1.0 / neighbours.len() as f64;
        let indices = (0..).filter(|index| *index != middle);
        for (aligned, index) in neighbours.iter().zip(indices) {
            let neighbour = shown.f_narrow(1, index, 1)?;
            let half = warp(&halve(&neighbour)?, &aligned.flow.half)?.f_sub(&half_target)?;
            let full = aligned.picture.f_sub(&target)?;
            for (error, flow, weight) in [(half, &aligned.flow.half, alpha), (full, &aligned.flow.full, beta)]
            {
                loss = loss.f_add(&self.misfit(&error, flow)?.f_mul_scalar(weight * share)?)?;
            }
        }
        loss.f_mean(Kind::Float)
    }

    /// How badly a warped neighbour fits, and how ragged its flow is: one number per patch.
    fn misfit(&self, error: &Tensor, flow: &Tensor) -> Result<Tensor, TchError> {
        let error = per_patch(&error.f_abs()?)?;
        let variation = |axis: i64| -> Result<Tensor, TchError> {
            per_patch(&flow.f_diff(1, axis, None::<&Tensor>, None::<&Tensor>)?.f_abs()?)
        };
        let variation = variation(2)?.f_add(&variation(3)?)?.f_mul_scalar(self.settings.variation)?;
        error.f_add(&variation)?.f_add_scalar(ENOUGH)?.f_log()
    }
}

fn per_patch(values: &Tensor) -> Result<Tensor, TchError> {
    values.f_mean_dim([1, 2, 3].as_slice(), false, Kind::Float)
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
