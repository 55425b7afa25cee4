//! The enhanced lane of a stream: coded pictures in, decoded, upsampled, sharpened, coded again.
//!
//! One named OS thread per stream ([`thread`]) owns decoder, scaler and encoder, which it builds and drops itself;
//! the net works on the engine's thread while the lane decodes and encodes the neighbours (`worker`). Where time is left
//! over ([`budget`]), a second net refines selected pictures ([`select`]).
//!
//! The lane never holds the publisher up and never stalls the playlist: it has a bounded queue, and under overload it
//! degrades in a fixed order ([`pace`]): no second stage, plain upsampling for single pictures, for all, then on to the next keyframe
//! . Every picture that comes in is accounted for ([`stats`]).

pub mod budget;
pub mod cadence;
mod decode;
mod encode;
pub mod pace;
pub mod queue;
pub mod select;
pub mod stats;
pub mod thread;
mod worker;

pub use stats::LaneStats;
pub use thread::{Lane, LaneParts, Workshop};
