//! A row of a convolution, on whatever instructions the machine has.

#[cfg(target_arch = "x86_64")]
mod avx2;
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
    /// AVX2 with FMA: 16 products in one instruction.
    Avx2,
    /// AVX-512 with VNNI: 64 products in one instruction.
    Avx512Vnni,
}

impl Instructions {
    /// All that this machine has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Self::Avx2);
        }
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
            Self::Avx2 => "AVX2",
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
    /// What is added, from the first pixel of the first group on; as long as the output, or empty.
    before: &'a [u8],
    /// From the first pixel of the first group on.
    output: &'a mut [u8],
    group_stride: usize,
}

impl Layer {
    pub(crate) fn new(numbers: Quantised, input: &Plane) -> Self {
        let distances = numbers.steps.iter().map(|step| input.distance(step)).collect();
        Self { numbers, distances }
    }

    /// Computes one row, and adds that of `before` where the layer sums.
    pub(crate) fn row(
        &self,
        instructions: Instructions,
        input: &Plane,
        before: Option<&Plane>,
        output: &mut Plane,
        y: usize,
    ) {
        assert_eq!(before.is_some(), self.numbers.finish == Finish::Sum, "what sums has something to add");
        assert!(before.is_none_or(|before| before.has_shape_of(output)), "sums are of tensors of one shape");
        assert!(
            output.groups == self.numbers.groups && output.width == input.width,
            "a plane for the outputs"
        );
        assert!(y < input.height.min(output.height), "a row of the picture");
        let group_stride = output.group_stride();
        let start = output.start(y);
        let row = Row {
            numbers: &self.numbers,
            distances: &self.distances,
            input: input.data(),
            start: input.start(y),
            vectors: input.vectors(),
            before: before.map_or(&[], |before| &before.data()[before.start(y)..]),
            output: &mut output.data_mut()[start..],
            group_stride,
        };
        match instructions {
            Instructions::Portable => portable::row(row),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => avx2::row(row),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => avx512::row(row),
            #[cfg(not(target_arch = "x86_64"))]
            Instructions::Avx2 | Instructions::Avx512Vnni => portable::row(row),
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
        let end = groups.saturating_sub(1) * self.group_stride + length;
        assert!(groups > 0 && end <= self.output.len(), "outputs lie in theirs");
        assert!(self.numbers.finish != Finish::Sum || end <= self.before.len(), "and so does what is added");
        let steps = self.distances.len();
        assert!(self.numbers.weights.len() == groups * steps, "each step has weights");
        // Each adds less than 2^17.
        assert!(steps < 1 << 14, "sums fit into 32 bits");
        let Quantised { factor, skip, offset, .. } = self.numbers;
        assert!([factor, skip, offset].iter().all(|all| all.len() == groups), "each group has factors");
    }
}
