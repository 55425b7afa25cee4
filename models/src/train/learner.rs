//! The weights while they are learnt: variables, their running average, and Adam.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, TchError, Tensor};

use super::{
    TrainError,
    checkpoint::{Checkpoint, CheckpointError, Values},
};
use crate::arch::TensorSpec;

/// Adam's constants (Kingma and Ba, 2015), the usual ones.
const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// What a checkpoint calls the parts of a tensor, behind its own name.
const PARTS: [&str; 4] = ["variable", "average", "moment1", "moment2"];
/// Facts of a checkpoint: steps done, and random numbers drawn, in words. The seed is among the settings.
const STEPS: &str = "steps";
const POSITION: &str = "position";

/// A tensor that is learnt.
#[derive(Debug)]
struct Learnt {
    variable: Tensor,
    /// Running average of the variable: nearly always better than the weights of a moment, and never jumps.
    average: Tensor,
    /// Running averages of gradient and squared gradient.
    moments: [Tensor; 2],
}

/// The weights of one net and what learning them needs.
#[derive(Debug)]
pub(super) struct Learner {
    learnt: Vec<Learnt>,
    /// Share that the average keeps in a step.
    keep: f64,
    steps: u64,
    pub(super) random: ChaCha8Rng,
}

/// How the weights of a tensor begin.
pub(super) type Initial = fn(&TensorSpec, &mut ChaCha8Rng) -> Vec<f32>;

impl Learner {
    /// The given weights, or initial ones.
    pub(super) fn new(
        specs: &[TensorSpec],
        start: Option<&[Vec<f32>]>,
        initial: Initial,
        device: Device,
        keep: f64,
        seed: u64,
    ) -> Result<Self, TchError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let learnt = specs.iter().enumerate().map(|(index, spec)| {
            let values = match start.and_then(|weights| weights.get(index)) {
                Some(values) => values.clone(),
                None => initial(spec, &mut random),
            };
            Learnt::new(&values, spec, device)
        });
        let learnt = learnt.collect::<Result<_, _>>()?;
        Ok(Self { learnt, keep, steps: 0, random })
    }

    /// Builds the net over the variables; it asks for them in the order of its tensors.
    pub(super) fn net<N>(
        &self,
        build: impl FnOnce(&mut dyn FnMut(&TensorSpec) -> Result<Tensor, TchError>) -> Result<N, TchError>,
    ) -> Result<N, TchError> {
        let mut learnt = self.learnt.iter();
        build(&mut |_| {
            let next = learnt.next().expect("there is a variable for every tensor of the net");
            Ok(next.variable.shallow_clone())
        })
    }

    /// Steps done.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// One step down the loss. Returns the loss.
    pub(super) fn descend(&mut self, loss: &Tensor, rate: f64) -> Result<f64, TrainError> {
        let value = loss.f_double_value(&[])?;
        if !value.is_finite() {
            return Err(TrainError::Diverged { step: self.steps });
        }
        loss.f_backward()?;
        self.steps += 1;
        let steps = self.steps as f64;
        // In the beginning the average moves faster, to forget where it started.
        let keep = self.keep.min((1.0 + steps) / (10.0 + steps));
        let bias = BETA.map(|beta| 1.0 - beta.powf(steps));
        tch::no_grad(|| {
            self.learnt.iter_mut().try_for_each(|learnt| learnt.descend(rate / bias[0], bias[1], 1.0 - keep))
        })?;
        Ok(value)
    }

    /// Notes everything that going on takes. The specifications are those that the learner was made with.
    pub(super) fn save(&self, specs: &[TensorSpec], checkpoint: &mut Checkpoint) -> Result<(), TchError> {
        for (learnt, spec) in self.learnt.iter().zip(specs) {
            for (tensor, part) in learnt.parts().into_iter().zip(PARTS) {
                let tensor = Values { shape: spec.shape.clone(), values: values(tensor)? };
                checkpoint.set_tensor(format!("{}.{part}", spec.name), tensor);
            }
        }
        checkpoint.set(STEPS, self.steps);
        checkpoint.set(POSITION, self.random.get_word_pos());
        Ok(())
    }

    /// Goes back to what was noted by a learner of the same seed. An error changes nothing.
    pub(super) fn restore(
        &mut self,
        specs: &[TensorSpec],
        checkpoint: &Checkpoint,
    ) -> Result<(), TrainError> {
        let (steps, position) = (checkpoint.get(STEPS)?, checkpoint.get(POSITION)?);
        let noted = specs.iter().map(|spec| Ok((spec, noted(spec, checkpoint)?)));
        let noted = noted.collect::<Result<Vec<_>, CheckpointError>>()?;
        tch::no_grad(|| {
            self.learnt
                .iter_mut()
                .zip(noted)
                .try_for_each(|(learnt, (spec, values))| learnt.set(spec, values))
        })?;
        self.random.set_word_pos(position);
        self.steps = steps;
        Ok(())
    }

    /// The averages, in the order of the net's tensors.
    pub(super) fn weights(&self) -> Result<Vec<Vec<f32>>, TchError> {
        self.learnt.iter().map(|learnt| values(&learnt.average)).collect()
    }
}

impl Learnt {
    fn new(values: &[f32], spec: &TensorSpec, device: Device) -> Result<Self, TchError> {
        let start = tensor(values, spec)?.f_to_device(device)?;
        let zero = || start.f_zeros_like();
        let moments = [zero()?, zero()?];
        Ok(Self { average: start.copy(), variable: start.f_set_requires_grad(true)?, moments })
    }

    /// In the order of [`PARTS`].
    fn parts(&self) -> [&Tensor; 4] {
        let [first, second] = &self.moments;
        [&self.variable, &self.average, first, second]
    }

    fn set(&mut self, spec: &TensorSpec, values: [&[f32]; 4]) -> Result<(), TchError> {
        let [first, second] = &mut self.moments;
        let parts = [&mut self.variable, &mut self.average, first, second];
        parts.into_iter().zip(values).try_for_each(|(part, values)| part.f_copy_(&tensor(values, spec)?))
    }

    fn descend(&mut self, rate: f64, bias: f64, towards: f64) -> Result<(), TchError> {
        let mut gradient = self.variable.grad();
        if gradient.defined() {
            let [first, second] = &mut self.moments;
            let _ = first.f_lerp_(&gradient, 1.0 - BETA[0])?;
            let _ =
                second.f_mul_scalar_(BETA[1])?.f_add_(&gradient.f_square()?.f_mul_scalar_(1.0 - BETA[1])?)?;
            let scale = second.f_div_scalar(bias)?.f_sqrt_()?.f_add_scalar_(EPSILON)?;
            let _ = self.variable.f_sub_(&first.f_div(&scale)?.f_mul_scalar_(rate)?)?;
            let _ = gradient.f_zero_()?;
        }
        let _ = self.average.f_lerp_(&self.variable, towards)?;
        Ok(())
    }
}

fn noted<'a>(spec: &TensorSpec, checkpoint: &'a Checkpoint) -> Result<[&'a [f32]; 4], CheckpointError> {
    let mut parts = [[].as_slice(); 4];
    for (slot, part) in parts.iter_mut().zip(PARTS) {
        *slot = checkpoint.tensor(&format!("{}.{part}", spec.name), &spec.shape)?;
    }
    Ok(parts)
}

fn tensor(values: &[f32], spec: &TensorSpec) -> Result<Tensor, TchError> {
    let shape: Vec<i64> = spec.shape.iter().map(|&dimension| dimension as i64).collect();
    Tensor::f_from_slice(values)?.f_reshape(shape)
}

fn values(tensor: &Tensor) -> Result<Vec<f32>, TchError> {
    let flat = tensor.f_to_device(Device::Cpu)?.f_contiguous()?.f_reshape([-1])?;
    let mut values = vec![0.0; flat.numel()];
    flat.f_copy_data(&mut values, flat.numel())?;
    Ok(values)
}

/// Uniform weights that keep the size of signals (He et al., 2015), times a gain. Biases are zero.
pub(super) fn uniform(spec: &TensorSpec, gain: f32, random: &mut impl Rng) -> Vec<f32> {
    let [_, inputs, height, width] = spec.shape[..] else { return vec![0.0; spec.elements()] };
    let bound = gain * (3.0 / (inputs * height * width) as f32).sqrt();
    if bound == 0.0 {
        return vec![0.0; spec.elements()];
    }
    (0..spec.elements()).map(|_| random.random_range(-bound..bound)).collect()
}
