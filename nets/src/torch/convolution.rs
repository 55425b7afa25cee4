//! What all nets are made of.

use models::arch::TensorSpec;
use tch::{Device, Kind, TchError, Tensor};

/// A convolution with stride 1 that keeps the size of the picture (zeros around it).
#[derive(Debug)]
pub(super) struct Convolution {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
}

impl Convolution {
    /// One whose weights do not change any more: `weight` is of this shape (O,I,H,W), both are moved to the device and
    /// into the order that convolutions compute in.
    pub(super) fn frozen(
        weight: &[f32],
        shape: &[usize],
        bias: &[f32],
        kind: Kind,
        device: Device,
    ) -> Result<Self, TchError> {
        let padding = (shape[2] / 2) as i64;
        let shape: Vec<i64> = shape.iter().map(|&dimension| dimension as i64).collect();
        let weight = Tensor::f_from_slice(weight)?.f_reshape(&shape)?.f_to_kind(kind)?.f_to_device(device)?;
        let weight = channels_innermost(&weight)?;
        let bias = Tensor::f_from_slice(bias)?.f_to_kind(kind)?.f_to_device(device)?;
        Ok(Self { weight, bias, padding })
    }

    /// Computes in the kind of numbers of its input, whatever the kind of the weights.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let kind = x.f_kind()?;
        // Neither moves anything where the weights are frozen in that kind and order.
        let weight = channels_innermost(&self.weight.f_to_kind(kind)?)?;
        let bias = self.bias.f_to_kind(kind)?;
        x.f_conv2d(&weight, Some(&bias), [1, 1], [self.padding; 2], [1, 1], 1)
    }
}

/// Contiguous as O,H,W,I and viewed as O,I,H,W: libtorch computes with channels innermost, a quarter faster.
fn channels_innermost(weight: &Tensor) -> Result<Tensor, TchError> {
    weight.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// Hands out a net's convolutions one by one, in the order of its list of tensors. The net asks for no more than it lists.
pub(super) fn convolutions<E>(
    specs: Vec<TensorSpec>,
    mut tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
) -> impl FnMut() -> Result<Convolution, E> {
    let mut specs = specs.into_iter();
    move || {
        let mut listed = || specs.next().expect("the net lists every convolution that it asks for");
        let kernel = listed();
        let bias = listed();
        let padding = (kernel.shape[2] / 2) as i64;
        Ok(Convolution { weight: tensor(&kernel)?, bias: tensor(&bias)?, padding })
    }
}

/// Residual blocks, for [`through`].
pub(super) fn blocks<E>(
    count: u16,
    mut next: impl FnMut() -> Result<Convolution, E>,
) -> Result<Vec<[Convolution; 2]>, E> {
    (0..count).map(|_| Ok([next()?, next()?])).collect()
}

/// One residual block after the other: `x + second(relu(first(x)))`, without normalisation.
pub(super) fn through(blocks: &[[Convolution; 2]], x: Tensor) -> Result<Tensor, TchError> {
    blocks.iter().try_fold(x, |x, [first, second]| {
        // In place: fresh memory for every picture costs more than the sums.
        let mut inner = second.forward(&first.forward(&x)?.f_relu_()?)?;
        inner.f_add_(&x)
    })
}
