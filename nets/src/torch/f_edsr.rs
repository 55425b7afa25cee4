//! The forward pass of F-EDSR as it is defined, for training and as the reference that serving is tested against.

use models::arch::TensorSpec;
use models::{Architecture as _, FEdsrConfig};
use tch::{TchError, Tensor};

use crate::torch::convolution::{Convolution, blocks, convolutions, through};

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
        tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
    ) -> Result<Self, E> {
        let mut next = convolutions(config.tensors(), tensor);
        Ok(Self {
            config,
            head: next()?,
            body: blocks(config.blocks, &mut next)?,
            close: next()?,
            up: next()?,
            last: next()?,
        })
    }

    pub fn config(&self) -> FEdsrConfig {
        self.config
    }

    /// Luma `N,1,H,W` in 0..1 to the residual `N,1,sH,sW`, in the same unit. Computes in the kind of numbers of its input,
    /// whatever the kind of the weights.
    pub fn forward(&self, luma: &Tensor) -> Result<Tensor, TchError> {
        let head = self.head.forward(luma)?;
        let features = through(&self.body, head.shallow_clone())?;
        let features = self.close.forward(&features)?.f_add(&head)?;
        self.last.forward(&self.up.forward(&features)?.f_pixel_shuffle(i64::from(self.config.scale))?)
    }
}
