//! The arithmetic of F-EDSR on ordinary processors: direct convolutions in 8-bit integers, with AVX-512 VNNI three to four times as fast as
//! libtorch in bfloat16.
//!
//! | module | job |
//! |---|---|
//! | [`net`] | a net as numbers: convolutions in floating point |
//! | [`float`] | its forward pass in floating point: what the integers are measured against, and where their ranges come from |
//! | [`ranges`] | which values each channel takes, from pictures |
//! | [`quantise`] | weights and sums in 8 bits |
//! | [`plane`] | how values lie in memory |
//! | [`convolve`] | a row of a convolution, on whatever instructions the machine has |
//! | [`change`] | which pixels have to be computed again |
//! | [`program`] | a net that runs: packed, with its buffers |
//! | [`residual`] | what comes out is added to the picture |
//!
//! **Numbers.** An activation is a byte `q` that stands for `scale · (q - zero)`, with scale and zero of its channel: what varies between
//! channels goes into the weights of the convolution that reads them, and costs nothing. Weights are bytes with a scale for each
//! output. Products are summed in 32 bits, exactly; the sum goes through one fused multiplication and addition in single precision to the
//! byte of the next layer, rounded to nearest, ties to even. So every kernel gives the same bits, and the definition is in
//! `tests/reference.rs`.
//!
//! **Skips.** In `x + f(x)` every tensor has its own scales: the trunk's values grow from block to block, and one scale for all of them
//! would leave the first too few steps. The byte of `x` goes through a multiplication of its own.
//!
//! **Borders.** Zeros lie around a picture; a zero of channel `c` is the byte `zero[c]`.

pub mod change;
pub mod convolve;
pub mod float;
pub mod net;
pub mod plane;
pub mod program;
pub mod quantise;
pub mod ranges;
pub mod residual;

pub use net::{Convolution, Net};
pub use program::Program;
pub use ranges::Ranges;
