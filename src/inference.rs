//! The nets: who runs them, how a new one is proven and handed over, which one a stream gets.
//!
//! ```text
//! PUT --> library (loader thread): verify bytes -> build -> warm up -> prove --> slot (take-latest) --> lane
//!                                            \________ runs on the engine ________/        lane --> engine
//! ```
//!
//! - [`engine`]: one thread per accelerator; everything that touches torch happens there.
//! - [`library`]: the loader thread; builds nets, proves them ([`prove`]), drops retired ones.
//! - [`model`]: what one stream runs: the slot, versions, history.
//! - [`second_stage`]: TCSR, which refines what there is time for.
//! - [`profile`]: which preset keeps up on this machine.
//!
//! A net has one owner at a time: the loader while it is proven, the lane while it is in use, the engine while it
//! works on a picture. A live net is never written to.

pub mod engine;
#[cfg(test)]
pub mod fake;
pub mod history;
pub mod library;
pub mod model;
pub mod profile;
pub mod prove;
pub mod second_stage;
pub mod slot;

pub use engine::{Engine, EngineHandle};
pub use library::{Library, LibraryHandle, Offer, Rejection};
pub use model::{Identity, Net, StreamModel};
pub use profile::Profile;
pub use second_stage::SecondStage;
