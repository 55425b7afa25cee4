//! How a net runs.
//!
//! | module | job | needs torch |
//! |---|---|---|
//! | [`upscale`] | serving: low-resolution picture in, upscaled picture out | no |
//! | [`device`] | where nets run, as users write it | no |
//! | [`torch`] | the backend on libtorch: forward passes, frozen nets, refiner | yes |
//! | [`measure`] | how long a picture takes on this machine | yes |

pub mod device;
pub mod measure;
mod residual;
pub mod torch;
pub mod upscale;

pub use torch::precision::Precision;
pub use upscale::{Upscale, UpscaleError};
