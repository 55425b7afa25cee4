//! What the programs say to each other over HTTP.
//!
//! - [`names`]: public stream names and secret stream keys, parsed once at the border
//! - [`control`]: the types of the control API
//!
//! The crate never decides who may publish.

pub mod control;
pub mod names;
