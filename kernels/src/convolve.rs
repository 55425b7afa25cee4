//! A row of a convolution, on whatever instructions the machine has.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod row;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::plane::{Plane, VECTOR};
use crate::quantise::{Finish, GROUP, Quantised};
use row::Row;

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
    numbers: Arc<Quantised>,
    /// For each step, how far its inputs lie from a pixel.
    distances: Vec<isize>,
}

impl Layer {
    pub(crate) fn new(numbers: &Arc<Quantised>, input: &Plane) -> Self {
        let distances = numbers.steps.iter().map(|step| input.distance(step)).collect();
        Self { numbers: Arc::clone(numbers), distances }
    }

    /// Rows and columns that it sees on either side of a pixel.
    pub(crate) fn half(&self) -> usize {
        self.numbers.steps.iter().map(|step| step.row.unsigned_abs()).max().unwrap_or(0)
    }

    /// Computes some vectors of a row, and adds those of `before` where the layer sums.
    pub(crate) fn row(
        &self,
        instructions: Instructions,
        input: &Plane,
        before: Option<&Plane>,
        output: &mut Plane,
        y: usize,
        vectors: Range<usize>,
    ) {
        assert_eq!(before.is_some(), self.numbers.finish == Finish::Sum, "what sums has something to add");
        assert!(before.is_none_or(|before| before.has_shape_of(output)), "sums are of tensors of one shape");
        assert!(
            output.groups == self.numbers.groups && output.width == input.width,
            "a plane for the outputs"
        );
        assert!(y < input.height.min(output.height), "a row of the picture");
        assert!(vectors.end <= input.vectors(), "vectors of the row");
        let ahead = vectors.start * VECTOR * GROUP;
        let group_stride = output.group_stride();
        let start = output.start(y) + ahead;
        let row = Row {
            numbers: &self.numbers,
            distances: &self.distances,
            input: input.data(),
            start: input.start(y) + ahead,
            vectors: vectors.len(),
            before: before.map_or(&[], |before| &before.data()[before.start(y) + ahead..]),
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
