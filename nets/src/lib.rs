//! How a net runs: the seam for inference engines, and the engines behind it.
//!
//! | module | job |
//! |---|---|
//! | [`backend`] | the seam: [`Backend`], [`Upscaler`], [`Refiner`]; [`open()`] picks a backend |
//! | [`device`] | where nets run, as users write it |
//! | [`precision`] | in which numbers they compute |
//! | [`native`] | the backend on ordinary processors, in 8 bits |
//! | [`torch`] | the backend on libtorch, and the forward passes that training uses (feature `torch`) |
//!
//! Another backend is a folder beside these, a feature, and an arm in [`open()`]. No engine's type appears in the seam.

pub mod backend;
pub mod device;
mod error;
mod fold;
pub mod native;
mod open;
pub mod precision;
#[cfg(feature = "torch")]
mod residual;
#[cfg(feature = "torch")]
pub mod torch;

pub use backend::{Backend, Refiner, Upscaler};
pub use device::{Device, DeviceChoice};
pub use error::{NetError, NetErrorKind};
pub use open::open;
pub use precision::Precision;
