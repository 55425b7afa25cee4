//! From gradients to steps: Adam, and which tensors SOAP is for.

use tch::{TchError, Tensor};

use super::soap::Soap;
use crate::Error;

/// Adam's constants (Kingma and Ba, 2015), the usual ones.
const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimizer {
    /// Every weight for itself (Kingma and Ba, 2015).
    Adam,
    /// Adam along the axes in which a layer's gradients are independent (Vyas et al., 2024): gains in few steps what Adam
    /// needs many for, and these layers are so small that it costs next to nothing.
    Soap,
}

/// An optimiser's state for one tensor.
#[derive(Debug)]
pub(super) enum State {
    /// Running averages of gradient and squared gradient.
    Adam([Tensor; 2]),
    Soap(Soap),
}

impl State {
    /// Before the first step. What has one dimension, a bias, has no eigenvectors.
    pub(super) fn new(optimizer: Optimizer, variable: &Tensor) -> Result<Self, TchError> {
        match optimizer {
            Optimizer::Soap if variable.dim() > 1 => Ok(Self::Soap(Soap::new(variable)?)),
            _ => Ok(Self::Adam([variable.f_zeros_like()?, variable.f_zeros_like()?])),
        }
    }

    /// Its tensors, by their names in a checkpoint.
    pub(super) fn parts(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Self::Adam([first, second]) => vec![("moment1", first), ("moment2", second)],
            Self::Soap(soap) => soap.parts(),
        }
    }

    /// What is subtracted from the variable in this step (the first is 0), at a learning rate of 1; none while SOAP warms up.
    pub(super) fn update(&mut self, gradient: &Tensor, step: u64) -> Result<Option<Tensor>, Error> {
        match self {
            Self::Adam(moments) => Ok(Some(adam(moments, gradient, step)?)),
            Self::Soap(soap) => soap.update(gradient, step),
        }
    }
}

fn adam([first, second]: &mut [Tensor; 2], gradient: &Tensor, step: u64) -> Result<Tensor, TchError> {
    // Both averages began at zero.
    let bias = BETA.map(|beta| 1.0 - beta.powf(step as f64 + 1.0));
    let _ = first.f_lerp_(gradient, 1.0 - BETA[0])?;
    let _ = second.f_mul_scalar_(BETA[1])?.f_add_(&gradient.f_square()?.f_mul_scalar_(1.0 - BETA[1])?)?;
    let scale = second.f_div_scalar(bias[1])?.f_sqrt_()?.f_add_scalar_(EPSILON)?;
    first.f_div(&scale)?.f_div_scalar_(bias[0])
}
