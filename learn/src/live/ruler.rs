//! Measures networks on whole pictures.

use crate::{Pair, TrainError};
use media::ffmpeg::{Filter, Scaler};
use media::quality::psnr_luma;
use models::Package;
use nets::Device;

use crate::built::Nets;
use crate::monitor::NOTHING_TO_GAIN;

/// Built networks, and what they are compared with.
pub(crate) struct Ruler {
    pub(crate) nets: Nets,
    lanczos: Scaler,
}

impl Ruler {
    pub(crate) fn new(device: Device) -> Self {
        Self { nets: Nets::new(device), lanczos: Scaler::new(Filter::Lanczos) }
    }

    /// PSNR of luma in dB, of plain upsampling and of a network's picture; none: of plain upsampling too. There may be
    /// nothing to gain; then the network is not asked.
    pub(crate) fn look(&mut self, package: Option<&Package>, pair: &Pair) -> Result<[f64; 2], TrainError> {
        let picture = self.lanczos.scale(&pair.lr, pair.hr.size())?;
        let plain = psnr_luma(&picture, &pair.hr);
        match package.filter(|_| plain <= NOTHING_TO_GAIN) {
            Some(package) => {
                Ok([plain, psnr_luma(&self.nets.get(package)?.upscale(&pair.lr, picture)?, &pair.hr)])
            }
            None => Ok([plain, plain]),
        }
    }

    /// The mean over some pairs of the network's figure; 0 without any.
    pub(crate) fn mean(&mut self, package: Option<&Package>, pairs: &[Pair]) -> Result<f64, TrainError> {
        let mut total = 0.0;
        for pair in pairs {
            let [_, net] = self.look(package, pair)?;
            total += net;
        }
        Ok(total / pairs.len().max(1) as f64)
    }
}
