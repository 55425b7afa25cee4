//! How much a training can be expected to gain, learnt from the trainings before it.

use models::arch::TensorSpec;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Reduction, TchError, Tensor};

use crate::learner::Learner;
use crate::{Error, Optimizer, cosine};

/// Neurons from input to output, three hidden layers of 20: 901 parameters.
const LAYERS: [usize; 5] = [1, 20, 20, 20, 1];
/// Fewer trainings say nothing about the next one.
pub const LEAST_SAMPLES: usize = 5;
/// Steps over all samples; a fraction of a second.
const STEPS: u32 = 800;
/// Learning rate of Adam at the start.
const LEARNING_RATE: f64 = 1e-2;
/// Weight of the squared weights in the loss (L2), which keeps a net that knows little close to the mean.
const WEIGHT_DECAY: f64 = 1e-3;
/// Share that the running average of the weights keeps in a step.
const AVERAGE: f64 = 0.99;
/// A spread below this, in dB, is none.
const LEAST_SPREAD: f64 = 0.05;

/// What one training came to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GainSample {
    /// Gain in dB over what training began from, when it was judged for the first time.
    pub first_db: f64,
    /// The largest gain in dB that it reached.
    pub gain_db: f64,
}

/// A shallow net of sigmoid neurons, from the gain that training begins with to the gain that it can reach.
///
/// Both are normalised to mean 0 and standard deviation 1. What lies beyond everything that was seen is taken for the
/// nearest that was: sigmoid neurons do not extrapolate.
#[derive(Debug)]
pub struct GainPredictor {
    layers: Vec<[Tensor; 2]>,
    first: Spread,
    gain: Spread,
}

/// Mean, spread and range of what was seen.
#[derive(Debug, Clone, Copy)]
struct Spread {
    mean: f64,
    deviation: f64,
    least: f64,
    most: f64,
}

impl GainPredictor {
    /// Learns from `samples`; equal samples make equal predictors. None from fewer than [`LEAST_SAMPLES`].
    pub fn fit(samples: &[GainSample]) -> Result<Option<Self>, Error> {
        if samples.len() < LEAST_SAMPLES {
            return Ok(None);
        }
        let first = Spread::of(samples.iter().map(|sample| sample.first_db));
        let gain = Spread::of(samples.iter().map(|sample| sample.gain_db));
        let column = |values: Vec<f32>| Tensor::f_from_slice(&values)?.f_reshape([-1, 1]);
        let inputs = column(samples.iter().map(|sample| first.normalise(sample.first_db)).collect())?;
        let outputs = column(samples.iter().map(|sample| gain.normalise(sample.gain_db)).collect())?;

        let specs = specs();
        let mut learner = Learner::new(&specs, None, initial, Optimizer::Adam, Device::Cpu, AVERAGE, 1)?;
        let variables =
            learner.net(|tensor| specs.iter().map(tensor).collect::<Result<Vec<_>, TchError>>())?;
        let layers = in_layers(variables);
        // All samples are one batch: there are at most some hundred.
        for step in 0..STEPS {
            let error = forward(&layers, &inputs)?.f_mse_loss(&outputs, Reduction::Mean)?;
            let loss = layers.iter().try_fold(error, |loss, [weight, _]| {
                loss.f_add(&weight.f_square()?.f_sum(Kind::Float)?.f_mul_scalar(WEIGHT_DECAY)?)
            })?;
            learner.descend(&loss, LEARNING_RATE * cosine(f64::from(step) / f64::from(STEPS)))?;
        }
        // The averages predict, as with every net of ours: they do not depend on where the last step ended.
        let weights = learner.weights()?.into_iter().zip(&specs).map(|(values, spec)| {
            let shape: Vec<i64> = spec.shape.iter().map(|&side| side as i64).collect();
            Tensor::f_from_slice(&values)?.f_reshape(shape)
        });
        let layers = in_layers(weights.collect::<Result<_, TchError>>()?);
        Ok(Some(Self { layers, first, gain }))
    }

    /// The largest gain in dB that a training can reach, from what it gained until its first judgement: at least that, at least
    /// 0, and otherwise within the gains that were seen.
    pub fn predict(&self, first_db: f64) -> Result<f64, Error> {
        let input = Tensor::f_from_slice(&[self.first.normalise(first_db)])?.f_reshape([1, 1])?;
        let output = tch::no_grad(|| forward(&self.layers, &input))?.f_double_value(&[0, 0])?;
        // No training ends below what it has gained already, however little those before it gained.
        let gain = self.gain.mean + output * self.gain.deviation;
        Ok(gain.clamp(self.gain.least.max(0.0), self.gain.most.max(0.0)).max(first_db))
    }
}

impl Spread {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.clone().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        Self { mean, deviation: variance.sqrt().max(LEAST_SPREAD), least, most }
    }

    fn normalise(&self, value: f64) -> f32 {
        ((value.clamp(self.least, self.most) - self.mean) / self.deviation) as f32
    }
}

fn specs() -> Vec<TensorSpec> {
    let spec = |name: String, shape: Vec<usize>| TensorSpec { name, shape };
    LAYERS
        .windows(2)
        .enumerate()
        .flat_map(|(index, sides)| {
            let weight = spec(format!("layer.{index}.weight"), vec![sides[1], sides[0]]);
            [weight, spec(format!("layer.{index}.bias"), vec![sides[1]])]
        })
        .collect()
}

/// Weights as Glorot and Bengio (2010) propose for sigmoid neurons, whose slope at 0 is a quarter.
fn initial(spec: &TensorSpec, random: &mut ChaCha8Rng) -> Vec<f32> {
    let [outputs, inputs] = spec.shape[..] else { return vec![0.0; spec.elements()] };
    let bound = 4.0 * (6.0 / (inputs + outputs) as f32).sqrt();
    (0..spec.elements()).map(|_| random.random_range(-bound..bound)).collect()
}

/// Weight and bias, layer by layer.
fn in_layers(tensors: Vec<Tensor>) -> Vec<[Tensor; 2]> {
    let mut tensors = tensors.into_iter();
    std::iter::from_fn(|| Some([tensors.next()?, tensors.next()?])).collect()
}

/// `N,1` to `N,1`; no sigmoid behind the last layer.
fn forward(layers: &[[Tensor; 2]], input: &Tensor) -> Result<Tensor, TchError> {
    let mut value = input.shallow_clone();
    for (index, [weight, bias]) in layers.iter().enumerate() {
        value = value.f_linear(weight, Some(bias))?;
        if index + 1 < layers.len() {
            value = value.f_sigmoid()?;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// Trainings as they might be: what gains quickly gains much, though not for ever, give or take.
    fn trainings(count: usize, seed: u64) -> Vec<GainSample> {
        nets::torch::configure_threads(1);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sample = |_| {
            let first_db = random.random_range(0.0..0.6);
            let gain_db = 0.1
                + first_db
                + 1.2 / (1.0 + f64::exp((0.3 - first_db) / 0.08))
                + random.random_range(-0.1..0.1);
            GainSample { first_db, gain_db }
        };
        (0..count).map(sample).collect()
    }

    #[test]
    fn has_as_many_parameters_as_published() {
        assert_eq!(specs().iter().map(TensorSpec::elements).sum::<usize>(), 901);
    }

    #[test]
    fn predicts_trainings_that_it_has_not_seen_better_than_the_mean() {
        let (seen, unseen) = (trainings(16, 1), trainings(40, 2));
        let predictor = GainPredictor::fit(&seen).unwrap().unwrap();
        let mean = seen.iter().map(|sample| sample.gain_db).sum::<f64>() / seen.len() as f64;
        let error = |predicted: &dyn Fn(f64) -> f64| {
            let squares = unseen.iter().map(|sample| (predicted(sample.first_db) - sample.gain_db).powi(2));
            (squares.sum::<f64>() / unseen.len() as f64).sqrt()
        };
        let (learnt, constant) = (error(&|first| predictor.predict(first).unwrap()), error(&|_| mean));
        assert!(learnt < 0.5 * constant, "{learnt:.3} dB against {constant:.3} dB");
    }

    #[test]
    fn knows_nothing_from_few() {
        assert!(GainPredictor::fit(&trainings(LEAST_SAMPLES - 1, 1)).unwrap().is_none());
    }

    #[test]
    fn stays_within_what_was_seen() {
        let samples = trainings(12, 3);
        let predictor = GainPredictor::fit(&samples).unwrap().unwrap();
        let most = samples.iter().map(|sample| sample.gain_db).fold(0.0, f64::max);
        for first in [-1e9, -1.0, 0.0, 0.2, 0.5, 5.0, 1e9] {
            let predicted = predictor.predict(first).unwrap();
            assert!(
                (first.max(0.0)..=most.max(first)).contains(&predicted),
                "{predicted} dB from {first} dB"
            );
        }
    }

    #[test]
    fn equal_trainings_make_a_constant() {
        nets::torch::configure_threads(1);
        let predictor =
            GainPredictor::fit(&[GainSample { first_db: 0.2, gain_db: 0.4 }; 6]).unwrap().unwrap();
        assert!((predictor.predict(0.2).unwrap() - 0.4).abs() < 1e-6);
    }

    #[test]
    fn equal_samples_make_equal_predictors() {
        let predict = || GainPredictor::fit(&trainings(8, 4)).unwrap().unwrap().predict(0.25).unwrap();
        assert!((predict() - predict()).abs() < f64::EPSILON);
    }
}
