//! What both programs know: how they speak over HTTP, and what they read alike.
//!
//! - [`names`]: public stream names and secret stream keys, parsed once at the border
//! - [`control`]: the types of the control API
//! - [`bitrate`], [`files`]: values and files that both configurations have
//! - [`shutdown`]: the request to end
//!
//! The crate never decides who may publish.

pub mod bitrate;
pub mod control;
pub mod files;
mod invalid;
pub mod names;
pub mod shutdown;

pub use bitrate::Bitrate;
pub use invalid::Invalid;
