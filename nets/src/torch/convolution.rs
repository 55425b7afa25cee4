//! What all nets are made of.

use models::arch::TensorSpec;
use tch::{TchError, Tensor};

/// A convolution with stride 1 that keeps the size of the picture (zeros around it).
#[derive(Debug)]
pub(super) struct Convolution {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
}

impl Convolution {
    /// Computes in the kind of numbers of its input, whatever the kind of the weights.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let kind = x.f_kind()?;
        // Contiguous as O,H,W,I and viewed as O,I,H,W makes libtorch compute with channels innermost, a quarter faster.
        let weight =
            self.weight.f_to_kind(kind)?.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?;
        let bias = self.bias.f_to_kind(kind)?;
        x.f_conv2d(&weight, Some(&bias), [1, 1], [self.padding; 2], [1, 1], 1)
    }
}

/// Hands out a net's convolutions in the order of its list of tensors.
pub(super) struct Convolutions<'a, F> {
    specs: std::slice::ChunksExact<'a, TensorSpec>,
    tensor: F,
}

impl<'a, E, F: FnMut(&TensorSpec) -> Result<Tensor, E>> Convolutions<'a, F> {
    pub(super) fn new(specs: &'a [TensorSpec], tensor: F) -> Self {
        Self { specs: specs.chunks_exact(2), tensor }
    }

    /// The next one; the net asks for no more than it lists.
    pub(super) fn next(&mut self) -> Result<Convolution, E> {
        let [kernel, bias] = self.specs.next().expect("the net lists every convolution that it asks for")
        else {
            unreachable!("chunks of two")
        };
        let padding = (kernel.shape[2] / 2) as i64;
        Ok(Convolution { weight: (self.tensor)(kernel)?, bias: (self.tensor)(bias)?, padding })
    }

    /// Residual blocks, for [`through`].
    pub(super) fn blocks(&mut self, count: u16) -> Result<Vec<[Convolution; 2]>, E> {
        (0..count).map(|_| Ok([self.next()?, self.next()?])).collect()
    }
}

/// One residual block after the other: `x + second(relu(first(x)))`, without normalisation.
pub(super) fn through(blocks: &[[Convolution; 2]], x: Tensor) -> Result<Tensor, TchError> {
    blocks.iter().try_fold(x, |x, [first, second]| {
        // In place: fresh memory for every picture costs more than the sums.
        let mut inner = second.forward(&first.forward(&x)?.f_relu_()?)?;
        inner.f_add_(&x)
    })
}
