//! Training orders and the fate of uploaded packages.

use serde::{Deserialize, Serialize};

/// Media type of what changed between two packages, `PATCH /api/v1/streams/NAME/model`.
pub const PATCH_CONTENT_TYPE: &str = "application/vnd.sharpcast.patch";

/// `GET /api/v1/streams/NAME/training`: the net that this server can run on every picture of the stream, live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingOrder {
    /// Architecture family; `f-edsr` today.
    pub architecture: String,
    /// Preset name within the family, for people (`small`).
    pub preset: String,
    pub channels: u16,
    pub blocks: u16,
    pub scale: u8,
    /// Largest package that the server accepts, in bytes.
    pub max_bytes: u64,
    /// Fingerprint (SHA-256, hex) of the package that was accepted last; training may start from it.
    pub in_use: Option<String>,
}

/// `PUT` or `PATCH /api/v1/streams/NAME/model`: what became of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReport {
    /// Version that the server gave to this package; counts up for the life of a stream. 0 for stock weights.
    pub version: u64,
    pub fingerprint: String,
    pub outcome: Outcome,
}

/// What happened to an accepted package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Proven and handed to the lane; the next picture uses it.
    Live,
    /// Proven and kept; it will be used when the stream's pictures come.
    Ready,
    /// The very same package is in use already; nothing was done.
    Unchanged,
}
