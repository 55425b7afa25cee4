//! The forward pass of F-EDSR as it is defined, for training and as the reference that serving is tested against.

use tch::{TchError, Tensor};

use super::{FEdsrConfig, TensorSpec};

/// A convolution with stride 1 that keeps the size of the picture (zeros around it).
#[derive(Debug)]
struct Convolution {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
}

impl Convolution {
    fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let kind = x.f_kind()?;
        // Contiguous as O,H,W,I and viewed as O,I,H,W makes libtorch compute with channels innermost, a quarter faster.
        let weight =
            self.weight.f_to_kind(kind)?.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?;
        let bias = self.bias.f_to_kind(kind)?;
        x.f_conv2d(&weight, Some(&bias), [1, 1], [self.padding; 2], [1, 1], 1)
    }
}

/// An F-EDSR over whatever tensors it was given: trainable variables or frozen copies.
#[derive(Debug)]
pub struct FEdsr {
    config: FEdsrConfig,
    head: Convolution,
    body: Vec<[Convolution; 2]>,
    close: Convolution,
    up: Convolution,
    last: Convolution,
}

impl FEdsr {
    /// Builds the net from its tensors, asked for in the order of [`FEdsrConfig::tensors`].
    pub fn new<E>(
        config: FEdsrConfig,
        mut tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
    ) -> Result<Self, E> {
        let specs = config.tensors();
        let mut convolutions = specs.chunks_exact(2).map(|pair| {
            let padding = (pair[0].shape[2] / 2) as i64;
            Ok(Convolution { weight: tensor(&pair[0])?, bias: tensor(&pair[1])?, padding })
        });
        let mut next = || convolutions.next().expect("tensors() lists every convolution below");
        Ok(Self {
            config,
            head: next()?,
            body: (0..config.blocks).map(|_| Ok([next()?, next()?])).collect::<Result<_, E>>()?,
            close: next()?,
            up: next()?,
            last: next()?,
        })
    }

    /// The parameters of the net.
    pub fn config(&self) -> FEdsrConfig {
        self.config
    }

    /// Luma `N,1,H,W` in 0..1 to the residual `N,1,sH,sW`, in the same unit. Computes in the kind of numbers of its input,
    /// whatever the kind of the weights.
    pub fn forward(&self, luma: &Tensor) -> Result<Tensor, TchError> {
        let head = self.head.forward(luma)?;
        let mut features = head.shallow_clone();
        for [first, second] in &self.body {
            let inner = second.forward(&first.forward(&features)?.f_relu()?)?;
            features = features.f_add(&inner)?;
        }
        let features = self.close.forward(&features)?.f_add(&head)?;
        self.last.forward(&self.up.forward(&features)?.f_pixel_shuffle(i64::from(self.config.scale))?)
    }
}
