//! What kernels work on.

use crate::plane::VECTOR;
use crate::quantise::{Finish, GROUP, Quantised};

/// What a kernel works on: `vectors` times [`VECTOR`] pixels of a row. Slices begin with the first pixel's bytes where they say so.
pub(super) struct Row<'a> {
    pub(super) numbers: &'a Quantised,
    pub(super) distances: &'a [isize],
    pub(super) input: &'a [u8],
    /// Of the first pixel.
    pub(super) start: usize,
    pub(super) vectors: usize,
    /// What is added, from the first pixel of the first group on; as long as the output, or empty.
    pub(super) before: &'a [u8],
    /// From the first pixel of the first group on.
    pub(super) output: &'a mut [u8],
    pub(super) group_stride: usize,
}

impl Row<'_> {
    /// Panics unless all that a kernel reads and writes lies within the slices.
    pub(super) fn check(&self) {
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
