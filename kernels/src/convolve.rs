//! A row of a convolution, on whatever instructions the machine has.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::fmt;

use crate::plane::{Plane, VECTOR};
use crate::quantise::{Finish, GROUP, Quantised};

/// Which instructions are used. All give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    Portable,
    /// AVX-512 with VNNI: 64 products in one instruction.
    Avx512Vnni,
}

impl Instructions {
    /// All that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            all.push(Self::Avx512Vnni);
        }
        all
    }

    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx512Vnni => "AVX-512 VNNI",
        })
    }
}

/// A convolution between planes of one size.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) numbers: Quantised,
    /// For each step, how far its inputs lie from a pixel.
    distances: Vec<isize>,
}

/// What a kernel works on: `vectors` times [`VECTOR`] pixels of a row. Slices begin with the first pixel's bytes where they say so.
struct Row<'a> {
    numbers: &'a Quantised,
    distances: &'a [isize],
    input: &'a [u8],
    /// Of the first pixel.
    start: usize,
    vectors: usize,
    /// From the first pixel of the first group on.
    output: &'a mut [u8],
    group_stride: usize,
}

impl Layer {
    pub(crate) fn new(numbers: Quantised, input: &Plane) -> Self {
        let distances = numbers.steps.iter().map(|step| input.distance(step)).collect();
        Self { numbers, distances }
    }

    /// Computes one row. What a plane of the trunk has there already is added to, if the layer's finish says so.
    pub(crate) fn row(&self, instructions: Instructions, input: &Plane, output: &mut Plane, y: usize) {
        assert!(
            output.groups == self.numbers.groups
                && output.width == input.width
                && y < input.height.min(output.height)
        );
        let group_stride = output.group_stride();
        let start = output.start(y);
        let row = Row {
            numbers: &self.numbers,
            distances: &self.distances,
            input: input.data(),
            start: input.start(y),
            vectors: input.vectors(),
            output: &mut output.data_mut()[start..],
            group_stride,
        };
        match instructions {
            Instructions::Portable => portable::row(row),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => avx512::row(row),
            #[cfg(not(target_arch = "x86_64"))]
            Instructions::Avx512Vnni => portable::row(row),
        }
        output.close_row(y);
    }
}

impl Row<'_> {
    /// Panics unless all that a kernel reads and writes lies within the slices.
    fn check(&self) {
        let length = self.vectors * VECTOR * GROUP;
        let least = self.distances.iter().copied().min().unwrap_or(0);
        let most = self.distances.iter().copied().max().unwrap_or(0);
        let first = self.start.checked_add_signed(least);
        let last = self.start.checked_add_signed(most).map(|start| start + length);
        assert!(
            first.is_some() && last.is_some_and(|last| last <= self.input.len()),
            "inputs lie in the plane"
        );
        let groups = self.numbers.groups;
        assert!(groups > 0 && (groups - 1) * self.group_stride + length <= self.output.len(), "outputs do");
        let steps = self.distances.len();
        assert!(self.numbers.weights.len() == groups * steps, "each step has weights");
        assert!(
            self.numbers.factor.len() == groups && self.numbers.offset.len() == groups,
            "each group has factors"
        );
    }
}

/// A sum as the byte that it becomes, before saturation.
#[inline(always)]
fn finished(sum: i32, factor: f32, offset: f32) -> i32 {
    // A multiplication and an addition with a rounding each, as all instruction sets have them.
    (sum as f32 * factor + offset).round_ties_even() as i32
}

/// The byte in the place of `before`.
#[inline(always)]
fn saturated(finish: Finish, value: i32, before: u8) -> u8 {
    let signed = value.clamp(-128, 127) as i8;
    match finish {
        Finish::Byte => value.clamp(0, 255) as u8,
        Finish::Add => before.saturating_add_signed(signed),
        Finish::Signed => signed as u8,
    }
}
