//! The nets, one architecture per file.
//!
//! | net | in | out |
//! |---|---|---|
//! | [`f_edsr`] | luma of one low-resolution picture | what to add to its plain upsampling |
//! | [`tcsr`] | luma of `2k+1` consecutive pictures out of F-EDSR | what to add to the middle one |
//!
//! An architecture is a small configuration that lists its tensors ([`Architecture`]), and a net that is built from tensors
//! of these names and shapes, whether they are variables in training or frozen copies in service.

pub mod f_edsr;
pub mod tcsr;

use std::fmt;

use crate::error::ModelError;

/// A tensor of a net: its name in the package and its shape (`O,I,H,W` for a kernel, `O` for a bias).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Path of the tensor, such as `body.0.conv1.weight`.
    pub name: String,
    /// Shape, never empty, no dimension zero.
    pub shape: Vec<usize>,
}

impl TensorSpec {
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Appends kernel and bias of a convolution.
    fn convolution(specs: &mut Vec<Self>, name: &str, inputs: usize, outputs: usize, kernel: usize) {
        specs.push(Self { name: format!("{name}.weight"), shape: vec![outputs, inputs, kernel, kernel] });
        specs.push(Self { name: format!("{name}.bias"), shape: vec![outputs] });
    }
}

/// The parameters that define a net, and what follows from them, which is its package format.
pub trait Architecture: Copy + PartialEq + fmt::Debug + fmt::Display + Send + Sync + 'static {
    const NAME: &'static str;
    /// What the net's residual is added to, as packages say it.
    const BASE: &'static str;

    /// These parameters, if they are within the limits.
    fn checked(self) -> Result<Self, ModelError>;

    /// What defines the net, by name, as packages hold it.
    fn fields(&self) -> Vec<(&'static str, u16)>;

    /// Reads what [`Architecture::fields`] lists; it is not checked yet.
    fn read<E>(number: impl FnMut(&'static str) -> Result<u16, E>) -> Result<Self, E>;

    /// Every tensor of the net, in the order of the forward pass, each kernel before its bias.
    fn tensors(&self) -> Vec<TensorSpec>;

    /// Number of parameters, weights and biases.
    fn parameters(&self) -> usize {
        self.tensors().iter().map(TensorSpec::elements).sum()
    }
}
