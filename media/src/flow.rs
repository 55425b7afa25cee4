//! What lies between those who produce and those who consume: a bounded queue that drops to keyframes, a slot for the
//! latest value, a limit on a rate.
//!
//! Whoever pushes never waits, whoever pops may. Nothing here knows a clock: a time-out is how long to wait, not
//! until when.

mod queue;
mod slot;
pub mod token_bucket;

pub use queue::{KeyQueue, Overflow, Queued};
pub use slot::Slot;
pub use token_bucket::TokenBucket;
