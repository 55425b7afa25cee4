//! The nets: who runs them, how a new one is proven and handed over, which one a stream gets.
//!
//! ```text
//! PUT --> library (loader thread): verify bytes -> build -> warm up -> prove --> live (latest net) --> lane
//!                                            \________ runs on the engine ________/        lane --> engine
//! ```
//!
//! - [`engine`]: one thread per accelerator; everything that builds or runs a net happens there.
//! - [`library`]: the loader thread; builds nets, proves them ([`prove`]), drops retired ones.
//! - [`model`]: the nets of one stream: which were [`accepted`], which is [`live`].
//! - [`profile`]: what presets cost on this machine; [`machine`]: which one every lane gets, so that the sum fits.
//! - [`second_stage`]: TCSR, which refines what there is time for.
//!
//! A net has one owner at a time: the loader while it is proven, the lane while it is in use, the engine while it
//! works on a picture. A live net is never written to.

pub mod accepted;
pub mod engine;
pub mod library;
pub mod live;
pub mod machine;
pub mod model;
pub mod profile;
pub mod prove;
pub mod second_stage;
#[cfg(test)]
mod tests;

pub use accepted::Identity;
pub use engine::{Engine, EngineHandle};
pub use library::{Library, LibraryHandle, PackageRejection, PackageUpload};
pub use live::{Demand, Net};
pub use machine::Machine;
pub use model::StreamModel;
pub use profile::Profile;
pub use second_stage::SecondStage;
#[cfg(test)]
pub use tests::fake;
