//! How much a net gains, on the same path that serves: pictures in, rounded code values out.

use media::ffmpeg::{Filter, Scaler};
use media::quality::{Mean, psnr_luma};
use nets::Upscaler;

use crate::{Error, Pair};

/// Mean PSNR of luma over pictures, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Of plain upsampling.
    pub psnr_plain: f64,
    /// Of the net.
    pub psnr_net: f64,
    /// What the net adds.
    pub gain: f64,
}

/// Enhances the low-resolution picture of every pair and compares it with the original.
pub fn evaluate(upscaler: &mut dyn Upscaler, pairs: &[Pair]) -> Result<Evaluation, Error> {
    if pairs.is_empty() {
        return Err(Error::empty());
    }
    let mut lanczos = Scaler::new(Filter::Lanczos);
    let (mut before, mut after) = (Mean::default(), Mean::default());
    for Pair { lr, hr } in pairs {
        let upsampled = lanczos.scale(lr, hr.size())?;
        before.add(psnr_luma(&upsampled, hr));
        after.add(psnr_luma(&upscaler.upscale(lr, upsampled)?, hr));
    }
    let (psnr_plain, psnr_net) = (before.mean(), after.mean());
    Ok(Evaluation { psnr_plain, psnr_net, gain: psnr_net - psnr_plain })
}
