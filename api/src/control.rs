//! The HTTP control API as types: what the server says of its streams, which net a streamer should train,
//! and what became of an uploaded model package. Server and streamer compile against the same words;
//! `docs/reference/control-api.md` shows them as JSON.
//!
//! Fields are only ever added. Times are seconds, rates are bit/s (over the last seconds), sizes are pixels, qualities are dB,
//! fingerprints are the SHA-256 of a package in hex.

pub mod admin;
pub mod model;
pub mod problem;
pub mod routes;
pub mod status;
pub mod training;

#[cfg(test)]
mod tests;

pub use model::{ModelReport, Outcome, TrainingOrder};
pub use problem::Problem;
pub use status::{
    AudioStatus, EnhanceStatus, ModelInUse, ModelOrigin, RefinedPicture, RefinedReason, StreamProblem,
    StreamState, StreamStatus, StreamSummary, SwapRecord, TemporalStatus, VideoStatus, WayOutStatus,
};
pub use training::{QualityLook, TrainingEnd, TrainingReason, TrainingRecord, TrainingReport, TrainingState};
