//! How a picture gets better: F-EDSR and TCSR, their package format, serving, training and quality.
//!
//! | module | job | needs torch |
//! |---|---|---|
//! | [`arch`] | the nets: configuration, presets, tensor names and shapes, forward pass | yes |
//! | [`package`] | what travels: strict safetensors reader and writer, fingerprint | no |
//! | [`upscale`] | serving: low-resolution picture in, enhanced picture out | yes |
//! | [`refine`] | serving the second stage: consecutive enhanced pictures in, a better middle one out | yes |
//! | [`train`] | pairs, patches, optimiser, evaluation | yes |
//! | [`quality`] | PSNR and SSIM of luma | no |
//! | [`device`] | where nets run and on how many threads | yes |
//! | [`measure`] | how long a picture takes on this machine | yes |
//! | [`stock`] | the packages that come with the program | no |
//!
//! This crate alone depends on tch and safetensors. Every net estimates a *residual*: what to add to the luma of the
//! plain up-sampled picture ([`media::ffmpeg::Scaler`] with the Lanczos filter), which is the fallback, the base of
//! training and what gains are measured against. Chroma stays as plain up-sampling made it.

pub mod arch;
pub mod device;
pub mod measure;
pub mod package;
pub mod quality;
pub mod refine;
pub mod stock;
pub mod train;
pub mod upscale;

pub use arch::{
    Architecture,
    f_edsr::{FEdsrConfig, Preset},
    tcsr::TcsrConfig,
};
pub use package::{Fingerprint, Package, PackageError, TcsrPackage};
pub use refine::TcsrRefiner;
pub use upscale::{FEdsrUpscaler, Precision, Upscale, UpscaleError};
