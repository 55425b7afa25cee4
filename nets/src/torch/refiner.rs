//! Serving the second stage: consecutive pictures out of F-EDSR in, the middle one refined by TCSR out.

#[cfg(test)]
mod tests;

use media::picture::{Picture, Size};
use models::{Fingerprint, TcsrConfig, TcsrPackage};
use tch::{Device, Kind, TchError, Tensor};

use crate::backend::Refiner;
use crate::error::{NetError, NetErrorKind};
use crate::precision::Precision;
use crate::residual;
use crate::torch::precision;
use crate::torch::tcsr::Tcsr;

#[derive(Debug)]
pub(super) struct TcsrRefiner {
    net: Tcsr,
    device: Device,
    kind: Kind,
    fingerprint: Fingerprint,
    /// Lumas, one after the other; re-used from picture to picture.
    lumas: Vec<u8>,
    residual: Vec<f32>,
}

impl TcsrRefiner {
    /// [`Precision::Auto`] takes bfloat16 where the hardware computes in it.
    pub(super) fn build(
        package: &TcsrPackage,
        device: Device,
        precision: Precision,
    ) -> Result<Self, TchError> {
        let kind = precision::kind(precision, device);
        let mut weights = package.weights().iter();
        let net = Tcsr::new(package.config(), |spec| {
            let values = weights.next().expect("a package holds every tensor");
            let shape: Vec<i64> = spec.shape.iter().map(|&dimension| dimension as i64).collect();
            Tensor::f_from_slice(values)?.f_reshape(shape)?.f_to_kind(kind)?.f_to_device(device)
        })?;
        let fingerprint = package.fingerprint();
        Ok(Self { net, device, kind, fingerprint, lumas: Vec::new(), residual: Vec::new() })
    }

    fn run(&mut self, pictures: i64, size: Size) -> Result<(), TchError> {
        let height = i64::from(size.height);
        let width = i64::from(size.width);
        let count = size.area() as usize;
        self.residual.resize(count, 0.0);
        // A closure and no guard: grad mode belongs to the thread, and a guard could travel.
        tch::no_grad(|| {
            let lumas = Tensor::f_from_data_size(&self.lumas, &[1, pictures, height, width], Kind::Uint8)?
                .f_to_device(self.device)?
                .f_to_kind(Kind::Float)?
                .f_div_scalar(255.0)?;
            let residual = self.net.forward(&lumas, self.kind)?.residual.f_mul_scalar(255.0)?;
            residual.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data(&mut self.residual, count)
        })
    }
}

impl Refiner for TcsrRefiner {
    fn config(&self) -> TcsrConfig {
        self.net.config()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn refine(&mut self, pictures: &[Picture]) -> Result<Picture, NetError> {
        let expected = self.config().pictures();
        if pictures.len() != expected {
            let what = format!("the net sees {expected} pictures at once, not {}", pictures.len());
            return Err(NetError::new(NetErrorKind::Pictures, what));
        }
        // A copy: the picture is a neighbour of others that are still to be refined.
        let mut refined = pictures[expected / 2].clone();
        let target = refined.size();
        self.lumas.clear();
        for picture in pictures {
            let neighbour = picture.size();
            if neighbour != target {
                let what = format!(
                    "a neighbour of {neighbour} beside a picture of {target}; leave it as it is where the size changes"
                );
                return Err(NetError::new(NetErrorKind::Pictures, what));
            }
            picture.luma().rows().for_each(|row| self.lumas.extend_from_slice(row));
        }
        self.run(expected as i64, target)?;
        residual::add_plane(&mut refined.luma_mut(), &self.residual)?;
        Ok(refined)
    }
}
