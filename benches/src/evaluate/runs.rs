//! Which pictures of a clip are measured: runs of neighbours, spread over the clip.

use std::ops::Range;

use anyhow::{Result, ensure};

/// Runs of consecutive pictures, one starting every `stride` pictures from the first on.
///
/// Choose a stride that shares few factors with the distance of keyframes (2 s), or every run begins equally far from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    length: usize,
    stride: usize,
}

impl Runs {
    /// Runs of `length` pictures every `stride` pictures. Fails if a run has no neighbours, or runs overlap.
    pub fn new(length: usize, stride: usize) -> Result<Self> {
        ensure!(length >= 2, "a run of {length} has no neighbouring pictures; give 2 or more");
        ensure!(stride >= length, "runs of {length} every {stride} pictures overlap; give a longer stride");
        Ok(Self { length, stride })
    }

    /// Pictures in a run.
    pub fn length(self) -> usize {
        self.length
    }

    /// Pictures from the start of a run to the start of the next.
    pub fn stride(self) -> usize {
        self.stride
    }

    /// The runs of a clip of so many pictures; the last may be shorter, but has two pictures.
    pub fn of(self, pictures: usize) -> impl Iterator<Item = Range<usize>> {
        let starts = (0..pictures.saturating_sub(1)).step_by(self.stride);
        starts.map(move |start| start..pictures.min(start + self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::Runs;

    #[test]
    fn runs_stay_inside_the_clip() {
        let runs = |length, stride, pictures| -> Vec<_> {
            Runs::new(length, stride).unwrap().of(pictures).collect()
        };
        assert_eq!(runs(8, 42, 92), [0..8, 42..50, 84..92]);
        assert_eq!(runs(8, 42, 86), [0..8, 42..50, 84..86]);
        assert_eq!(runs(8, 42, 85), [0..8, 42..50]);
        assert_eq!(runs(3, 3, 6), [0..3, 3..6]);
        assert!(runs(8, 42, 1).is_empty() && runs(8, 42, 0).is_empty());
    }

    #[test]
    fn runs_that_cannot_be_are_refused() {
        assert!(Runs::new(1, 10).is_err());
        assert!(Runs::new(8, 7).is_err());
        assert!(Runs::new(0, 0).is_err());
    }
}
