//! Packages for tests that upload.

use models::package::{Metadata, TrainingSummary};
use models::{Package, Preset, stock};

/// The stock net with all weights scaled by almost nothing: another fingerprint, the same picture, and a summary that says
/// it gains.
pub fn variant(step: u8) -> Package {
    let stock = stock::package(Preset::Nano).expect("stock weights of nano");
    let factor = 1.0 - f32::from(step) * 0.002;
    let weights: Vec<Vec<f32>> =
        stock.weights().iter().map(|tensor| tensor.iter().map(|weight| weight * factor).collect()).collect();
    let training =
        TrainingSummary { pairs: 8, steps: 100, seconds: 1.0, psnr_before: 30.0, psnr_after: 30.5 };
    let metadata =
        Metadata { config: stock.config(), parent: Some(stock.fingerprint()), training: Some(training) };
    Package::write(&metadata, &weights).expect("finite weights in their own shapes")
}
