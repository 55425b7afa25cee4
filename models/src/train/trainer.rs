//! The optimiser's loop body.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{
    Kind, Reduction, TchError, Tensor,
    nn::{self, OptimizerConfig},
};

use super::{Evaluation, Loss, Pair, PairPool, TrainError, TrainerSettings, evaluate, pool::Draw};
use crate::{
    arch::f_edsr::{FEdsr, TensorSpec},
    package::{Fingerprint, Metadata, Package, TrainingSummary},
    upscale::{FEdsrUpscaler, Precision, precision::has_bf16},
};

/// Trains one F-EDSR with Adam on random patches.
///
/// What it hands out is a running average of the weights: the average is nearly always better than the weights of a
/// moment, and never jumps.
#[derive(Debug)]
pub struct Trainer {
    settings: TrainerSettings,
    parent: Option<Fingerprint>,
    random: ChaCha8Rng,
    net: FEdsr,
    /// The variables of the net, in the order of its tensors.
    variables: Vec<Tensor>,
    average: Vec<Tensor>,
    optimiser: nn::Optimizer,
    rate: f64,
    steps: u64,
    /// Re-used from step to step.
    luma: Vec<f32>,
    residual: Vec<f32>,
}

impl Trainer {
    /// Starts from a package of the same net, or from random weights whose residual is zero.
    pub fn new(settings: TrainerSettings, start: Option<&Package>) -> Result<Self, TrainError> {
        let wanted = settings.config.checked().map_err(crate::package::PackageError::from)?;
        if let Some(found) = start.map(Package::config).filter(|found| *found != wanted) {
            return Err(TrainError::OtherNet { wanted, found });
        }
        let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
        let store = nn::VarStore::new(settings.device);
        let mut variables = Vec::new();
        let mut given = start.map(|package| package.weights().iter());
        let net = FEdsr::new(wanted, |spec| {
            let values = match given.as_mut().and_then(Iterator::next) {
                Some(values) => values.clone(),
                None => initial(spec, &mut random),
            };
            let shape: Vec<i64> = spec.shape.iter().map(|&dimension| dimension as i64).collect();
            let values = Tensor::f_from_slice(&values)?.f_reshape(shape)?;
            let variable = store.root().f_var_copy(&spec.name.replace('.', "_"), &values)?;
            variables.push(variable.shallow_clone());
            Ok::<_, TchError>(variable)
        })?;
        let average = variables.iter().map(|variable| variable.detach().copy()).collect();
        let optimiser = nn::Adam::default().build(&store, settings.learning_rate)?;
        let parent = start.map(Package::fingerprint);
        let (luma, residual) = (Vec::new(), Vec::new());
        let rate = settings.learning_rate;
        Ok(Self {
            settings,
            parent,
            random,
            net,
            variables,
            average,
            optimiser,
            rate,
            steps: 0,
            luma,
            residual,
        })
    }

    /// One step of the optimiser on patches from the pool. Returns the loss.
    pub fn step(&mut self, pool: &PairPool) -> Result<f64, TrainError> {
        let (net, pairs) = (self.settings.config.scale, pool.scale());
        if net != pairs {
            return Err(TrainError::Scale { net, pairs });
        }
        let (luma, residual) = self.batch(pool)?;
        let output = self.net.forward(&luma)?.f_to_kind(Kind::Float)?;
        let loss = loss(self.settings.loss, &output, &residual)?;
        let value = loss.f_double_value(&[])?;
        if !value.is_finite() {
            return Err(TrainError::Diverged { step: self.steps });
        }
        self.optimiser.set_lr(self.rate * self.warmth());
        self.optimiser.zero_grad();
        loss.f_backward()?;
        self.optimiser.step();
        self.steps += 1;
        self.follow()?;
        Ok(value)
    }

    /// Changes the learning rate from now on.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Share of the learning rate that the next step takes.
    fn warmth(&self) -> f64 {
        ((self.steps + 1) as f64 / f64::from(self.settings.warm_up.max(1))).min(1.0)
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &TrainerSettings {
        &self.settings
    }

    /// What the net that would be handed out now gains on these pairs.
    pub fn evaluate(&self, pairs: &[Pair]) -> Result<Evaluation, TrainError> {
        let package = self.written(None)?;
        let mut upscaler = FEdsrUpscaler::build(&package, self.settings.device, Precision::Auto)?;
        evaluate(&mut upscaler, pairs)
    }

    /// The net as a package.
    pub fn package(&self, summary: TrainingSummary) -> Result<Package, TrainError> {
        self.written(Some(summary))
    }

    fn written(&self, training: Option<TrainingSummary>) -> Result<Package, TrainError> {
        let metadata = Metadata { config: self.settings.config, parent: self.parent, training };
        let values = |tensor: &Tensor| -> Result<Vec<f32>, TchError> {
            let flat = tensor.f_to_device(tch::Device::Cpu)?.f_contiguous()?.f_reshape([-1])?;
            let mut values = vec![0.0; flat.numel()];
            flat.f_copy_data(&mut values, flat.numel())?;
            Ok(values)
        };
        let weights = self.average.iter().map(values).collect::<Result<Vec<_>, _>>()?;
        Ok(Package::write(&metadata, &weights)?)
    }

    /// Luma `N,1,P,P` and residual `N,1,sP,sP`, both divided by 255.
    fn batch(&mut self, pool: &PairPool) -> Result<(Tensor, Tensor), TrainError> {
        let TrainerSettings { batch, patch, candidates, device, precision, .. } = self.settings;
        self.luma.clear();
        self.residual.clear();
        for _ in 0..batch {
            pool.draw(Draw { patch, candidates }, &mut self.random, &mut self.luma, &mut self.residual)?;
        }
        let tensor = |values: &[f32], side: usize| -> Result<Tensor, TchError> {
            let (batch, side) = (batch as i64, side as i64);
            Tensor::f_from_slice(values)?
                .f_to_device(device)?
                .f_div_scalar(255.0)?
                .f_reshape([batch, 1, side, side])
        };
        let luma = tensor(&self.luma, patch)?;
        let residual = tensor(&self.residual, patch * usize::from(self.settings.config.scale))?;
        let kind = match precision {
            Precision::Bf16 => Kind::BFloat16,
            Precision::Auto if has_bf16(device) => Kind::BFloat16,
            Precision::Auto | Precision::F32 => Kind::Float,
        };
        Ok((luma.f_to_kind(kind)?, residual))
    }

    /// Moves the average towards the weights; in the beginning it moves faster, to forget where it started.
    fn follow(&mut self) -> Result<(), TchError> {
        let steps = self.steps as f64;
        let kept = self.settings.average.min((1.0 + steps) / (10.0 + steps));
        tch::no_grad(|| {
            for (average, variable) in self.average.iter_mut().zip(&self.variables) {
                let _ = average.f_lerp_(variable, 1.0 - kept)?;
            }
            Ok(())
        })
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

/// Uniform weights that keep the size of signals (He et al., 2015), except that the second convolution of a block starts
/// small, so that depth does not amplify, and the last convolution at zero, so that the net starts at plain up-sampling.
fn initial(spec: &TensorSpec, random: &mut impl Rng) -> Vec<f32> {
    let [_, inputs, height, width] = spec.shape[..] else { return vec![0.0; spec.elements()] };
    let gain = match spec.name.as_str() {
        "last.weight" => return vec![0.0; spec.elements()],
        name if name.ends_with("conv1.weight") => 2.0_f32.sqrt(),
        name if name.ends_with("conv2.weight") => 0.2,
        _ => 1.0,
    };
    let bound = gain * (3.0 / (inputs * height * width) as f32).sqrt();
    (0..spec.elements()).map(|_| random.random_range(-bound..bound)).collect()
}
