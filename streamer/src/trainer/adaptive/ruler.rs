//! Measures networks on whole pictures.

use media::ffmpeg::{Filter, Scaler};
use models::{
    Package,
    device::Device,
    quality::psnr_luma,
    train::{Pair, TrainError},
};

use crate::trainer::nets::Nets;

/// Built networks, and what they are compared with.
pub(super) struct Ruler {
    pub(super) nets: Nets,
    lanczos: Scaler,
}

impl Ruler {
    pub(super) fn new(device: Device) -> Self {
        Self { nets: Nets::new(device), lanczos: Scaler::new(Filter::Lanczos) }
    }

    /// PSNR of luma of a network's picture, in dB; none: of plain up-sampling.
    pub(super) fn psnr(&mut self, package: Option<&Package>, pair: &Pair) -> Result<f64, TrainError> {
        let plain = self.lanczos.scale(&pair.lr, pair.hr.size())?;
        let picture = match package {
            Some(package) => self.nets.get(package)?.upscale(&pair.lr, plain)?,
            None => plain,
        };
        Ok(psnr_luma(&picture, &pair.hr))
    }

    /// The mean of that over some pairs; 0 without any.
    pub(super) fn mean(&mut self, package: Option<&Package>, pairs: &[Pair]) -> Result<f64, TrainError> {
        let mut total = 0.0;
        for pair in pairs {
            total += self.psnr(package, pair)?;
        }
        Ok(total / pairs.len().max(1) as f64)
    }
}
