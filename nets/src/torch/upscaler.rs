//! F-EDSR on libtorch: packs the luma, runs the frozen net, adds the residual in place.

use media::picture::{Picture, Size};
use models::{FEdsrConfig, Fingerprint, Package};

use super::frozen::Frozen;
use super::precision;
use crate::torch::Device;
use crate::{Precision, Upscale, UpscaleError, residual};

#[cfg(test)]
mod tests;

/// A frozen F-EDSR with its buffers.
#[derive(Debug)]
pub struct FEdsrUpscaler {
    net: Frozen,
    config: FEdsrConfig,
    fingerprint: Fingerprint,
    /// Luma without the gaps between its rows; used where the picture has gaps.
    packed: Vec<u8>,
    /// The net's output, re-used from picture to picture.
    residual: Vec<f32>,
}

impl FEdsrUpscaler {
    /// Builds a new net from a package. Takes milliseconds; with [`Precision::Auto`], the first net of its kind also
    /// takes the measurement of which precision is faster.
    pub fn build(package: &Package, device: Device, precision: Precision) -> Result<Self, UpscaleError> {
        let precision = precision::settle(package, device, precision)?;
        let net = Frozen::new(package, device, precision)?;
        let (config, fingerprint) = (package.config(), package.fingerprint());
        Ok(Self { net, config, fingerprint, packed: Vec::new(), residual: Vec::new() })
    }

    /// Enhances a grey picture of this (low-resolution) size: the first picture of a size is slower than the following
    /// ones, and a net that cannot run or makes no finite output is found here and not on air.
    pub fn warm_up(&mut self, size: Size) -> Result<(), UpscaleError> {
        self.packed.clear();
        self.packed.resize(size.width as usize * size.height as usize, 128);
        self.net.run(&self.packed, size, &mut self.residual)?;
        if self.residual.iter().all(|value| value.is_finite()) {
            Ok(())
        } else {
            Err(UpscaleError::NotFinite)
        }
    }

    /// Parameters of the net.
    pub fn config(&self) -> FEdsrConfig {
        self.config
    }

    /// Fingerprint of the package that the net was built from.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The precision that the net runs in; never [`Precision::Auto`].
    pub fn precision(&self) -> Precision {
        self.net.precision()
    }
}

impl Upscale for FEdsrUpscaler {
    fn upscale(&mut self, lr: &Picture, mut plain: Picture) -> Result<Picture, UpscaleError> {
        let expected = lr.size().scaled(u32::from(self.config.scale));
        if plain.size() != expected {
            return Err(UpscaleError::Size { lr: lr.size(), plain: plain.size(), expected });
        }
        let luma = lr.luma();
        self.packed.clear();
        for row in luma.rows() {
            self.packed.extend_from_slice(row);
        }
        self.net.run(&self.packed, lr.size(), &mut self.residual)?;
        match residual::add(&mut plain.luma_mut(), &self.residual, usize::from(self.config.scale)) {
            residual::Sum::Finite => Ok(plain),
            residual::Sum::NotFinite => Err(UpscaleError::NotFinite),
        }
    }
}
