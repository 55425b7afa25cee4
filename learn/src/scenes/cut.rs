//! Finds cuts: pictures that have little in common with the one before.

use media::Picture;

/// Every so many samples in both directions are looked at: about 2,000 of a 480x270 picture, some microseconds.
const STEP: usize = 8;
/// Mean difference of code values from which on a picture may be a cut; fast motion stays below about 20.
const LEAST_DIFFERENCE: f64 = 24.0;
/// A cut differs so many times more than the pictures before it did.
const LEAST_RATIO: f64 = 4.0;
/// Weight of the newest picture in the running mean of differences.
const NEWEST: f64 = 0.1;

/// Compares every picture with the one before.
#[derive(Debug, Default)]
pub struct CutDetector {
    before: Vec<u8>,
    usual: f64,
}

impl CutDetector {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `picture` begins a new scene. The first picture does not.
    pub fn is_cut(&mut self, picture: &Picture) -> bool {
        let samples: Vec<u8> =
            picture.luma().rows().step_by(STEP).flat_map(|row| row.iter().step_by(STEP).copied()).collect();
        let before = std::mem::replace(&mut self.before, samples);
        if before.len() != self.before.len() || before.is_empty() {
            return false;
        }
        let total: u64 = before.iter().zip(&self.before).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let difference = total as f64 / before.len() as f64;
        let cut = difference > LEAST_DIFFERENCE && difference > LEAST_RATIO * self.usual;
        // Cuts count as well: what looks like one right after another is motion or a fade.
        self.usual += NEWEST * (difference - self.usual);
        cut
    }
}

#[cfg(test)]
mod tests {
    use media::picture::Size;

    use super::*;

    fn flat(value: u8) -> Picture {
        let mut picture = Picture::new(Size { width: 64, height: 64 });
        picture.luma_mut().fill(value);
        picture
    }

    #[test]
    fn a_jump_is_a_cut_and_steady_change_is_none() {
        let mut cuts = CutDetector::new();
        let values = [10, 12, 14, 120, 122, 10, 40, 70, 100];
        let found: Vec<_> = values.map(|value| cuts.is_cut(&flat(value))).to_vec();
        assert_eq!(found[..6], [false, false, false, true, false, true]);
        assert!(!found[8], "a fade is one cut at most: {found:?}");
    }
}
