//! F-EDSR on libtorch: packs the luma, runs the frozen net, adds the residual in place.

use media::picture::{Picture, Size};
use models::{FEdsrConfig, Fingerprint, Package};
use tch::{Device, TchError};

use super::frozen::Frozen;
use crate::backend::Upscaler;
use crate::error::NetError;
use crate::precision::Precision;
use crate::residual;

#[cfg(test)]
mod tests;

#[derive(Debug)]
pub(super) struct FEdsrUpscaler {
    net: Frozen,
    config: FEdsrConfig,
    fingerprint: Fingerprint,
    /// Luma without the gaps between its rows.
    packed: Vec<u8>,
    /// The net's output, re-used from picture to picture.
    residual: Vec<f32>,
}

impl FEdsrUpscaler {
    pub(super) fn build(package: &Package, device: Device, precision: Precision) -> Result<Self, TchError> {
        Ok(Self {
            net: Frozen::new(package, device, precision)?,
            config: package.config(),
            fingerprint: package.fingerprint(),
            packed: Vec::new(),
            residual: Vec::new(),
        })
    }
}

impl Upscaler for FEdsrUpscaler {
    fn config(&self) -> FEdsrConfig {
        self.config
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn precision(&self) -> Precision {
        self.net.precision()
    }

    fn warm_up(&mut self, size: Size) -> Result<(), NetError> {
        self.packed.clear();
        // Grey is within every net's range, and all pictures of a size cost the same.
        self.packed.resize(size.width as usize * size.height as usize, 128);
        self.net.run(&self.packed, size, &mut self.residual)?;
        // The sums of a picture would find it, too, but on air.
        let finite = self.residual.iter().all(|value| value.is_finite());
        if finite { Ok(()) } else { Err(NetError::not_finite()) }
    }

    fn upscale(&mut self, lr: &Picture, mut lanczos: Picture) -> Result<Picture, NetError> {
        crate::backend::check_sizes(lr, &lanczos, self.config)?;
        let size = lr.size();
        self.packed.clear();
        // Rows may have gaps between them; a tensor is made from one piece.
        for row in lr.luma().rows() {
            self.packed.extend_from_slice(row);
        }
        self.net.run(&self.packed, size, &mut self.residual)?;
        residual::add(&mut lanczos.luma_mut(), &self.residual, usize::from(self.config.scale))?;
        Ok(lanczos)
    }
}
