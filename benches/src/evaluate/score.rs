//! Figures over the pictures of a clip.

use media::Picture;
use media::quality::{Mean, SquaredError, psnr_luma, squared_error_luma, ssim_luma};
use serde::{Deserialize, Serialize};

/// Figures of luma. Those in dB are PSNR with peak 255; higher is better everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean of the pictures' PSNR.
    pub psnr: f64,
    /// PSNR of all pictures' errors together.
    pub pooled: f64,
    /// PSNR that one in twenty pictures does not reach.
    pub worst: f64,
    /// Mean SSIM.
    pub ssim: f64,
    /// PSNR of the change from a picture to its neighbour against the original's change, over all neighbours in a run: what
    /// flickers is low.
    pub steadiness: f64,
}

/// Collects pictures.
#[derive(Debug, Default)]
pub struct Tally {
    psnr: Mean,
    ssim: Mean,
    all: SquaredError,
    change: SquaredError,
}

impl Tally {
    /// PSNR of all errors together, of pictures of which nothing else is wanted.
    pub fn pooled(shown: &[Picture], originals: &[Picture]) -> f64 {
        let errors =
            shown.iter().zip(originals).filter_map(|(shown, original)| squared_error_luma(shown, original));
        errors.fold(SquaredError::default(), sum).psnr()
    }

    /// Adds consecutive pictures: each by itself, and the change between neighbours.
    pub fn add_run(&mut self, shown: &[Picture], originals: &[Picture]) {
        for (shown, original) in shown.iter().zip(originals) {
            self.psnr.add(psnr_luma(shown, original));
            self.ssim.add(ssim_luma(shown, original));
            if let Some(error) = squared_error_luma(shown, original) {
                self.all = sum(self.all, error);
            }
        }
        for (shown, originals) in shown.windows(2).zip(originals.windows(2)) {
            let error = change_error([&shown[0], &shown[1]], [&originals[0], &originals[1]]);
            self.change = sum(self.change, error);
        }
    }

    /// The figures so far.
    pub fn score(&self) -> Score {
        Score {
            psnr: self.psnr.mean(),
            pooled: self.all.psnr(),
            worst: self.psnr.percentile(5.0),
            ssim: self.ssim.mean(),
            steadiness: self.change.psnr(),
        }
    }
}

fn sum(a: SquaredError, b: SquaredError) -> SquaredError {
    SquaredError { sum: a.sum + b.sum, count: a.count + b.count }
}

/// Squared error of the temporal difference, which lies in -510..=510.
fn change_error(shown: [&Picture; 2], originals: [&Picture; 2]) -> SquaredError {
    let [s0, s1, o0, o1] = [shown[0], shown[1], originals[0], originals[1]].map(Picture::luma);
    let mut error = SquaredError::default();
    for (((s0, s1), o0), o1) in s0.rows().zip(s1.rows()).zip(o0.rows()).zip(o1.rows()) {
        for (((s0, s1), o0), o1) in s0.iter().zip(s1).zip(o0).zip(o1) {
            let change = (i32::from(*s1) - i32::from(*s0)) - (i32::from(*o1) - i32::from(*o0));
            error.sum += u64::from(change.unsigned_abs().pow(2));
            error.count += 1;
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    fn flat(value: u8) -> Picture {
        let mut picture = Picture::new(Size { width: 32, height: 16 });
        picture.luma_mut().data.fill(value);
        picture
    }

    #[test]
    fn a_constant_error_does_not_flicker_and_a_changing_one_does() {
        let (original, brighter, darker) = (flat(100), flat(104), flat(96));
        let score = |shown: &[Picture]| {
            let mut tally = Tally::default();
            tally.add_run(shown, &[original.clone(), original.clone(), original.clone()]);
            tally.score()
        };
        let steady = score(&[brighter.clone(), brighter.clone(), brighter.clone()]);
        let flickering = score(&[brighter.clone(), darker, brighter]);
        assert!((steady.psnr - flickering.psnr).abs() < 1e-9 && (steady.pooled - steady.psnr).abs() < 1e-9);
        assert!(steady.steadiness > 99.0);
        // A change by 8 code values, twice, where there is none.
        assert!((flickering.steadiness - 20.0 * (255.0_f64 / 8.0).log10()).abs() < 1e-9);
    }

    #[test]
    fn between_two_runs_nothing_changes() {
        let mut tally = Tally::default();
        for value in [100, 200] {
            tally.add_run(&[flat(value), flat(value)], &[flat(value), flat(value)]);
        }
        assert!(tally.score().steadiness > 99.0);
    }
}
