//! What lies between those who produce and those who consume: limits, queues, latest values. Synchronous, without a clock
//! of its own.

pub mod token_bucket;

pub use token_bucket::TokenBucket;
