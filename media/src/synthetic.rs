//! Test pictures and test sound: made of nothing, the same on every run.
//!
//! The pictures move, have edges, gradients and fine texture, so that encoders, scalers and nets have something to do;
//! the sound is a soft tone, or silence.

mod pictures;
mod sound;

pub use pictures::TestPictures;
pub use sound::TestSound;
