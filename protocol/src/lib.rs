//! What is said between the machines of a sharpcast installation.
//!
//! - [`names`]: public stream names and secret stream keys, parsed once at the border
//! - [`rtmp`]: both ends of RTMP; a core without sockets or clock, and a thin tokio driver around it
//! - [`control`]: the types of the HTTP control API
//!
//! The crate never decides who may publish and never looks inside coded media.

pub mod control;
pub mod names;
pub mod rtmp;
