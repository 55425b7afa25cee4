//! The weights while they are learnt: variables, their running average, and the optimiser's state.

mod optimizer;
mod soap;

use std::fmt::Debug;

use models::arch::TensorSpec;
use models::package::{Metadata, NetPackage, TrainingSummary};
use models::{Architecture, Fingerprint};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, TchError, Tensor};

use crate::Error;
use crate::checkpoint::Checkpoint;
use optimizer::State;

pub use optimizer::Optimizer;

/// Facts of a checkpoint: steps done, and random numbers drawn, in words. The seed is among the settings.
const STEPS: &str = "steps";
const POSITION: &str = "position";

/// A tensor that is learnt.
#[derive(Debug)]
struct Learnt {
    /// The tensor's name in packages and checkpoints.
    name: String,
    variable: Tensor,
    /// Running average of the variable: nearly always better than the weights of a moment, and never jumps.
    average: Tensor,
    state: State,
}

/// The weights of one net and what learning them needs.
#[derive(Debug)]
pub(super) struct Learner {
    learnt: Vec<Learnt>,
    /// Share that the average keeps in a step.
    average: f64,
    steps: u64,
    /// The package that it started from.
    parent: Option<Fingerprint>,
    pub(super) random: ChaCha8Rng,
}

impl Learner {
    /// The given weights, or initial ones.
    pub(super) fn new(
        specs: &[TensorSpec],
        start: Option<&[Vec<f32>]>,
        initial: fn(&TensorSpec, &mut ChaCha8Rng) -> Vec<f32>,
        optimizer: Optimizer,
        device: Device,
        average: f64,
        seed: u64,
    ) -> Result<Self, TchError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let learnt = specs.iter().enumerate().map(|(index, spec)| {
            let values = match start.and_then(|weights| weights.get(index)) {
                Some(values) => values.clone(),
                None => initial(spec, &mut random),
            };
            Learnt::new(&values, spec, optimizer, device)
        });
        let learnt = learnt.collect::<Result<_, _>>()?;
        Ok(Self { learnt, average, steps: 0, parent: None, random })
    }

    /// The weights of a package of the same net, or initial ones.
    pub(super) fn of_net<A: Architecture>(
        config: A,
        start: Option<&NetPackage<A>>,
        initial: fn(&TensorSpec, &mut ChaCha8Rng) -> Vec<f32>,
        optimizer: Optimizer,
        device: Device,
        average: f64,
        seed: u64,
    ) -> Result<Self, Error> {
        let config = config.checked()?;
        if let Some(found) = start.map(NetPackage::config).filter(|found| *found != config) {
            return Err(Error::other_net(config, found));
        }
        let weights = start.map(NetPackage::weights);
        let learner = Self::new(&config.tensors(), weights, initial, optimizer, device, average, seed)?;
        Ok(Self { parent: start.map(NetPackage::fingerprint), ..learner })
    }

    /// The averages as a package.
    pub(super) fn package<A: Architecture>(
        &self,
        config: A,
        training: Option<TrainingSummary>,
    ) -> Result<NetPackage<A>, Error> {
        let metadata = Metadata { config, parent: self.parent, training };
        Ok(NetPackage::write(&metadata, &self.weights()?)?)
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

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// One step down the loss. Returns the loss.
    pub(super) fn descend(&mut self, loss: &Tensor, rate: f64) -> Result<f64, Error> {
        // Asked before any weight moves: a step of NaN could not be taken back.
        let value = loss.f_double_value(&[])?;
        if !value.is_finite() {
            return Err(Error::diverged(self.steps));
        }
        loss.f_backward()?;
        let step = self.steps;
        self.steps += 1;
        let steps = self.steps as f64;
        // In the beginning the average moves faster, to forget where it started.
        let keep = self.average.min((1.0 + steps) / (10.0 + steps));
        tch::no_grad(|| {
            self.learnt.iter_mut().try_for_each(|learnt| learnt.descend(step, rate, 1.0 - keep))
        })?;
        Ok(value)
    }

    /// What a checkpoint has to agree with. It is only compared, so any text that tells all settings apart will do.
    fn belongings(&self, settings: &impl Debug) -> String {
        format!("{settings:?}, parent {:?}", self.parent)
    }

    /// Everything that going on takes, in a checkpoint that tells its training by `settings` and `run`.
    pub(super) fn save(&self, settings: &impl Debug, run: &str) -> Result<Checkpoint, Error> {
        let mut checkpoint = Checkpoint::new(&self.belongings(settings), run);
        for (name, tensor) in self.parts() {
            checkpoint.set_tensor(name, shape(tensor), values(tensor)?);
        }
        checkpoint.set(STEPS, self.steps);
        checkpoint.set(POSITION, self.random.get_word_pos());
        Ok(checkpoint)
    }

    /// Sees that a checkpoint is of a learner that was made alike, in the same run.
    pub(super) fn expect(
        &self,
        checkpoint: &Checkpoint,
        settings: &impl Debug,
        run: &str,
    ) -> Result<(), Error> {
        checkpoint.expect(&self.belongings(settings), run)
    }

    /// Goes back to what was noted by a learner of the same seed. An error changes nothing.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let steps = checkpoint.get(STEPS)?;
        let position = checkpoint.get(POSITION)?;
        let noted =
            self.parts().map(|(name, tensor)| Ok((tensor, checkpoint.tensor(&name, &shape(tensor))?)));
        // All of them are found before the first is written, so that an error changes nothing.
        let noted = noted.collect::<Result<Vec<_>, Error>>()?;
        tch::no_grad(|| noted.into_iter().try_for_each(|(tensor, values)| set(tensor, values)))?;
        self.random.set_word_pos(position);
        self.steps = steps;
        Ok(())
    }

    /// Every tensor that going on takes, by its name in a checkpoint.
    fn parts(&self) -> impl Iterator<Item = (String, &Tensor)> {
        self.learnt.iter().flat_map(|Learnt { name, variable, average, state }| {
            let weights = [("variable", variable), ("average", average)];
            let parts = weights.into_iter().chain(state.parts());
            parts.map(move |(part, tensor)| (format!("{name}.{part}"), tensor))
        })
    }

    /// The averages, in the order of the net's tensors.
    pub(super) fn weights(&self) -> Result<Vec<Vec<f32>>, TchError> {
        self.learnt.iter().map(|learnt| values(&learnt.average)).collect()
    }
}

impl Learnt {
    fn new(
        values: &[f32],
        spec: &TensorSpec,
        optimizer: Optimizer,
        device: Device,
    ) -> Result<Self, TchError> {
        let start = tensor(values, spec)?.f_to_device(device)?;
        let state = State::new(optimizer, &start)?;
        let name = spec.name.clone();
        // The copy comes first: the average must not be part of the graph.
        Ok(Self { name, average: start.copy(), variable: start.f_set_requires_grad(true)?, state })
    }

    fn descend(&mut self, step: u64, rate: f64, towards: f64) -> Result<(), Error> {
        let mut gradient = self.variable.grad();
        if gradient.defined() {
            if let Some(update) = self.state.update(&gradient, step)? {
                let _ = self.variable.f_sub_(&update.f_mul_scalar(rate)?)?;
            }
            // The next backward pass adds to it.
            let _ = gradient.f_zero_()?;
        }
        let _ = self.average.f_lerp_(&self.variable, towards)?;
        Ok(())
    }
}

/// Patches of code values as a tensor `N,C,H,W`, divided by 255.
pub(super) fn patches(values: &[f32], shape: [usize; 4], device: Device) -> Result<Tensor, TchError> {
    let shape = shape.map(|side| side as i64);
    Tensor::f_from_slice(values)?.f_to_device(device)?.f_div_scalar(255.0)?.f_reshape(shape)
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().into_iter().map(|side| side as usize).collect()
}

/// Writes values into a tensor of as many elements.
fn set(tensor: &Tensor, values: &[f32]) -> Result<(), TchError> {
    tensor.shallow_clone().f_copy_(&Tensor::f_from_slice(values)?.f_reshape(tensor.size())?)
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
