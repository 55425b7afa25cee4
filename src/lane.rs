//! The enhanced lane of a stream: coded pictures in, decoded, upsampled, sharpened, coded again.
//!
//! ```text
//! queue -> front (decode) -> stages: spatial (F-EDSR) -> temporal (TCSR) -> back (encode) -> output
//! ```
//!
//! One named OS thread per stream ([`thread`]) owns the whole chain, which it builds and drops itself. The spatial net
//! works on the engine's thread while the lane decodes and encodes the neighbours. Where time is left over ([`budget`]),
//! the temporal stage refines selected pictures ([`select`]).
//!
//! The lane never holds the publisher up and never stalls the playlist: it has a bounded queue, and under overload it
//! degrades in a fixed order ([`pace`]): no temporal stage, Lanczos upsampling for single pictures, for all, then on to
//! the next keyframe. Every picture that comes in is accounted for ([`stats`]).
//!
//! What its encoder takes away is measured, and the encoder corrected ([`way_out`]).
//!
//! It knows nets and an [`Output`](crate::out::Output), but neither streams nor HLS nor which rendition it makes.

mod back;
pub mod budget;
pub mod cadence;
mod chain;
mod decode;
mod frame;
mod front;
pub mod pace;
mod parts;
pub mod queue;
pub mod select;
mod stage;
pub mod stats;
#[cfg(test)]
mod tests;
pub mod thread;
mod way_out;

#[cfg(test)]
use tests::fake;

pub use parts::{LaneParts, Shared};
pub use stats::LaneStats;
pub use thread::Lane;
