//! How much a net gains, on the same path that serves: pictures in, rounded code values out.

use media::ffmpeg::{Filter, Scaler};
use media::quality::{Mean, psnr_luma};
use nets::Upscaler;

use crate::{Error, Pair};

/// Mean PSNR of luma over pictures, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Before the net: of Lanczos upsampling, or of what the first stage makes.
    pub psnr_before: f64,
    /// Of what the net makes.
    pub psnr_after: f64,
    /// What the net adds.
    pub gain: f64,
}

impl Evaluation {
    pub(crate) fn of(before: &Mean, after: &Mean) -> Self {
        let psnr_before = before.mean();
        let psnr_after = after.mean();
        Self { psnr_before, psnr_after, gain: psnr_after - psnr_before }
    }
}

/// Upscales the low-resolution picture of every pair and compares it with the original.
pub fn evaluate(upscaler: &mut dyn Upscaler, pairs: &[Pair]) -> Result<Evaluation, Error> {
    if pairs.is_empty() {
        return Err(Error::empty());
    }
    let mut lanczos = Scaler::new(Filter::Lanczos);
    let mut before = Mean::default();
    let mut after = Mean::default();
    for Pair { lr, hr } in pairs {
        let upsampled = lanczos.scale(lr, hr.size())?;
        before.add(psnr_luma(&upsampled, hr));
        after.add(psnr_luma(&upscaler.upscale(lr, upsampled)?, hr));
    }
    Ok(Evaluation::of(&before, &after))
}
