//! What a net is: architectures by their parameters, the package that travels, differences between packages, the stock weights.
//!
//! | module | job |
//! |---|---|
//! | [`arch`] | the nets: parameters, presets, tensor names and shapes |
//! | [`package`] | what travels: strict safetensors reader and writer, fingerprint, patches |
//! | [`stock`] | the packages that come with the program |
//!
//! Nothing here runs a net: that is the `nets` crate's job, and training the `learn` crate's. So this crate compiles without any
//! inference engine, in seconds.

pub mod arch;
mod error;
pub mod package;
pub mod stock;

pub use arch::Architecture;
pub use arch::f_edsr::{FEdsrConfig, Preset};
pub use arch::tcsr::TcsrConfig;
pub use error::{ModelError, ModelErrorKind};
pub use package::{Fingerprint, Package, TcsrPackage};
