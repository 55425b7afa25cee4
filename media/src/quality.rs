//! How close a picture is to the original: PSNR and SSIM of luma, and their means over pictures.
//!
//! Pictures of different sizes have nothing in common here: 0 dB, SSIM 0. Callers that may meet that check sizes first.

mod ssim;

use crate::picture::Picture;

pub use ssim::ssim_luma;

/// PSNR of equal planes, in dB. A finite bound, so that means over pictures stay finite.
pub const PSNR_OF_EQUALS: f64 = 100.0;

/// PSNR of luma in dB, peak 255.
pub fn psnr_luma(picture: &Picture, original: &Picture) -> f64 {
    squared_error_luma(picture, original).map_or(0.0, SquaredError::psnr)
}

/// The squared error between two luma planes; `None` if their sizes differ.
pub fn squared_error_luma(picture: &Picture, original: &Picture) -> Option<SquaredError> {
    if picture.size() != original.size() {
        return None;
    }
    let a = picture.luma();
    let b = original.luma();
    let sum = a.rows().zip(b.rows()).map(|(a, b)| row_error(a, b)).sum();
    Some(SquaredError { sum, count: a.width as u64 * a.height as u64 })
}

/// A row of 2^16 pixels has an error below 2^32.
fn row_error(a: &[u8], b: &[u8]) -> u64 {
    let chunk = |(a, b): (&[u8], &[u8])| -> u64 {
        a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum::<u32>().into()
    };
    a.chunks(1 << 15).zip(b.chunks(1 << 15)).map(chunk).sum()
}

/// PSNR of a mean squared error in dB, peak 255, at most [`PSNR_OF_EQUALS`].
pub fn psnr_of(mean: f64) -> f64 {
    if mean == 0.0 { PSNR_OF_EQUALS } else { (10.0 * (255.0 * 255.0 / mean).log10()).min(PSNR_OF_EQUALS) }
}

/// A sum of squared errors of code values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SquaredError {
    pub sum: u64,
    pub count: u64,
}

impl SquaredError {
    /// PSNR in dB, peak 255, at most [`PSNR_OF_EQUALS`]; 0 if nothing was compared.
    pub fn psnr(self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        psnr_of(self.sum as f64 / self.count as f64)
    }
}

/// Mean of per-picture values and the values' spread.
#[derive(Debug, Clone, Default)]
pub struct Mean {
    values: Vec<f64>,
}

impl Mean {
    pub fn add(&mut self, value: f64) {
        self.values.push(value);
    }

    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The mean; 0 of nothing.
    pub fn mean(&self) -> f64 {
        if self.values.is_empty() { 0.0 } else { self.values.iter().sum::<f64>() / self.values.len() as f64 }
    }

    /// The value that `percent` of the pictures are below (nearest rank); 0 of nothing.
    pub fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::picture::Size;

    fn flat(size: Size, value: u8) -> Picture {
        let mut picture = Picture::new(size);
        picture.luma_mut().data.fill(value);
        picture
    }

    const SIZE: Size = Size { width: 34, height: 18 };

    #[test]
    fn known_errors_have_known_psnr() {
        let black = flat(SIZE, 0);
        assert_eq!(psnr_luma(&black, &black), PSNR_OF_EQUALS);
        assert_eq!(psnr_luma(&black, &flat(SIZE, 255)), 0.0);
        assert!((psnr_luma(&black, &flat(SIZE, 1)) - 48.1308).abs() < 1e-4);
        assert_eq!(psnr_luma(&black, &flat(Size { width: 18, height: 34 }, 0)), 0.0);
    }

    #[test]
    fn equal_pictures_have_ssim_one_and_others_less() {
        let grey = flat(SIZE, 100);
        assert!((ssim_luma(&grey, &grey) - 1.0).abs() < 1e-12);
        let mut noisy = flat(SIZE, 100);
        noisy.luma_mut().data.iter_mut().step_by(3).for_each(|value| *value = 160);
        let ssim = ssim_luma(&noisy, &grey);
        assert!((0.0..0.5).contains(&ssim), "{ssim}");
        assert_eq!(ssim_luma(&grey, &flat(Size { width: 4, height: 4 }, 100)), 0.0);
    }

    #[test]
    fn means_and_percentiles() {
        let mean: Mean = (1..=20).map(f64::from).collect();
        assert_eq!(mean.mean(), 10.5);
        assert_eq!(mean.percentile(5.0), 1.0);
        assert_eq!(mean.percentile(100.0), 20.0);
        assert_eq!(Mean::default().percentile(5.0), 0.0);
    }
}
