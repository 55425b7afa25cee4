//! Weights and sums in 8 bits.

use crate::net::Convolution;
use crate::ranges::Range;

/// Bytes in a group: inputs that one instruction multiplies and adds.
pub const GROUP: usize = 4;

/// How the bytes of a tensor are read, channel by channel: `scale · (byte - zero)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Coding {
    pub scale: Vec<f32>,
    pub zero: Vec<u8>,
}

/// What becomes of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// A byte of the next tensor, saturated; where its zero is 0, that is the ReLU as well.
    Byte,
    /// The same, after what another tensor has at the place was added.
    Sum,
    /// A signed byte: the residual in code values.
    Signed,
}

/// A convolution in integers, arranged for kernels: `byte = round(sum · factor + before · skip + offset)`, where `before` is the byte of
/// another tensor at the same place, if there is one.
///
/// Weights lie as `output / 4, step, output % 4` in words of four bytes, one for each input that a step multiplies.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantised {
    pub finish: Finish,
    /// Groups of four outputs.
    pub groups: usize,
    /// What is multiplied for one output, in the order of [`Step`].
    pub steps: Vec<Step>,
    pub weights: Vec<[i32; GROUP]>,
    /// By output, four to a group.
    pub factor: Vec<[f32; GROUP]>,
    pub skip: Vec<[f32; GROUP]>,
    pub offset: Vec<[f32; GROUP]>,
}

/// Where four inputs lie, seen from the output's pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub row: isize,
    /// In pixels.
    pub column: isize,
    /// Which group of input channels.
    pub group: usize,
}

impl Coding {
    /// The finest that holds these ranges.
    pub fn of(ranges: &[Range]) -> Self {
        let mut coding = Self { scale: Vec::new(), zero: Vec::new() };
        let span = |range: &Range| range.most - range.least;
        let widest = ranges.iter().map(span).fold(0.0, f32::max);
        for range in ranges {
            // A channel that was always zero takes the steps of the widest: with larger ones, its weights would leave those of the other
            // channels no resolution.
            let span = if span(range) > 0.0 { span(range) } else { widest };
            let scale = if span > 0.0 { span / 255.0 } else { 1.0 };
            coding.scale.push(scale);
            coding.zero.push((-range.least / scale).round_ties_even().clamp(0.0, 255.0) as u8);
        }
        coding
    }

    /// Signed bytes, in code values.
    pub fn residuals(channels: usize) -> Self {
        Self { scale: vec![1.0; channels], zero: vec![0; channels] }
    }

    /// Code values of a picture.
    pub fn codes() -> Self {
        Self { scale: vec![1.0], zero: vec![0] }
    }

    /// The bytes of zeros of a group; channels that do not exist have 0.
    pub fn zeros(&self, group: usize) -> [u8; GROUP] {
        std::array::from_fn(|channel| self.zero.get(group * GROUP + channel).copied().unwrap_or(0))
    }
}

impl Quantised {
    /// A convolution from one tensor to another.
    pub fn new(layer: &Convolution, input: &Coding, output: &Coding) -> Self {
        Self::between(layer, input, output, Finish::Byte)
    }

    /// One whose output is a residual in code values.
    pub fn last(layer: &Convolution, input: &Coding) -> Self {
        Self::between(layer, input, &Coding::residuals(layer.outputs), Finish::Signed)
    }

    /// One that another tensor is added to.
    pub fn sum(layer: &Convolution, input: &Coding, before: &Coding, output: &Coding) -> Self {
        let mut sum = Self::between(layer, input, output, Finish::Sum);
        for channel in 0..layer.outputs {
            let skip = before.scale[channel] / output.scale[channel];
            sum.skip[channel / GROUP][channel % GROUP] = skip;
            sum.offset[channel / GROUP][channel % GROUP] -= skip * f32::from(before.zero[channel]);
        }
        sum
    }

    fn between(layer: &Convolution, input: &Coding, output: &Coding, finish: Finish) -> Self {
        let groups = layer.inputs.div_ceil(GROUP);
        let half = (layer.kernel / 2) as isize;
        let mut steps = Vec::with_capacity(layer.kernel * layer.kernel * groups);
        for row in -half..=half {
            for group in 0..groups {
                steps.extend((-half..=half).map(|column| Step { row, column, group }));
            }
        }
        let side = layer.kernel as isize;
        let weight = |output: usize, step: &Step, byte: usize| {
            let channel = step.group * GROUP + byte;
            let tap = ((step.row + half) * side + step.column + half) as usize;
            (channel < layer.inputs).then(|| Weight {
                value: layer.taps(output, channel)[tap] * input.scale[channel],
                zero: input.zero[channel],
            })
        };
        Self::arrange(layer, steps, &weight, output, finish)
    }

    /// The head: one channel, whose pixels lie four and four beside each other ([`crate::plane::Plane::spread`]).
    pub fn head(layer: &Convolution, output: &Coding) -> Self {
        let half = (layer.kernel / 2) as isize;
        let side = layer.kernel;
        let mut steps = Vec::new();
        for row in -half..=half {
            steps.extend((0..side).step_by(GROUP).map(|first| Step {
                row,
                column: first as isize - half,
                group: 0,
            }));
        }
        let weight = |output: usize, step: &Step, byte: usize| {
            let column = (step.column + half) as usize + byte;
            let row = (step.row + half) as usize;
            (column < side).then(|| Weight { value: layer.taps(output, 0)[row * side + column], zero: 0 })
        };
        Self::arrange(layer, steps, &weight, output, Finish::Byte)
    }

    fn arrange(
        layer: &Convolution,
        steps: Vec<Step>,
        weight: &dyn Fn(usize, &Step, usize) -> Option<Weight>,
        output: &Coding,
        finish: Finish,
    ) -> Self {
        let groups = layer.outputs.div_ceil(GROUP);
        let mut weights = vec![[0; GROUP]; groups * steps.len()];
        let mut factor = vec![[0.0; GROUP]; groups];
        let mut offset = vec![[0.0; GROUP]; groups];
        for channel in 0..layer.outputs {
            let place = channel / GROUP;
            let byte = channel % GROUP;
            let all = || {
                steps.iter().flat_map(|step| (0..GROUP).filter_map(move |byte| weight(channel, step, byte)))
            };
            let largest = all().fold(0.0_f32, |largest, weight| largest.max(weight.value.abs()));
            let unit = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            let mut zeros = 0_i64;
            for (number, step) in steps.iter().enumerate() {
                let bytes = std::array::from_fn(|input| {
                    let Some(weight) = weight(channel, step, input) else { return 0 };
                    let value = (weight.value / unit).round_ties_even().clamp(-127.0, 127.0) as i8;
                    zeros += i64::from(value) * i64::from(weight.zero);
                    value as u8
                });
                weights[place * steps.len() + number][byte] = i32::from_le_bytes(bytes);
            }
            let bias = layer.bias[channel] - unit * zeros as f32;
            let scale = output.scale[channel];
            factor[place][byte] = unit / scale;
            offset[place][byte] = bias / scale + f32::from(output.zero[channel]);
        }
        Self { finish, groups, steps, weights, factor, skip: vec![[0.0; GROUP]; groups], offset }
    }
}

struct Weight {
    value: f32,
    /// The byte of a zero of its input.
    zero: u8,
}
