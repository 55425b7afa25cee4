//! Why a package is not used. The net in use stays.

use media::ffmpeg::FfmpegError;
use models::{FEdsrConfig, ModelError};
use nets::NetError;

use crate::inference::prove::ProofFailure;

/// Why a package is not used; streamers are told.
#[derive(Debug, thiserror::Error)]
pub enum PackageRejection {
    /// The bytes are not a package, or not a patch of the package that it was announced for.
    #[error(transparent)]
    Package(#[from] ModelError),
    #[error("the stream does not have the package that the patch starts from; send the whole package")]
    OtherBase,
    #[error("this stream is configured for plain upsampling; set its profile to auto or a preset")]
    NoNets,
    #[error("the net scales by {sent}, this stream by {expected}; ask for the training order")]
    Scale { sent: u8, expected: u8 },
    /// More work than this machine does in time.
    #[error("{sent} is heavier than the {largest} that this server can run live; ask for the training order")]
    TooHeavy { sent: FEdsrConfig, largest: FEdsrConfig },
    #[error(
        "the package's own training summary says {gain:+.2} dB; upload it once it gains over plain upsampling"
    )]
    NoGain { gain: f64 },
    #[error("the package has no training summary; upload packages that the trainer wrote")]
    NoSummary,
    /// The net cannot be built, or fails on a picture.
    #[error("{0}")]
    Fails(String),
    /// The net makes pictures worse.
    #[error(transparent)]
    Proof(#[from] ProofFailure),
    #[error("the picture that the net is proven on cannot be scaled: {0}")]
    Scaler(#[from] FfmpegError),
    /// Says nothing about the package.
    #[error("the package could not be tried: {0}; try again")]
    Engine(#[from] NetError),
    #[error("too many packages wait to be proven; try again in a few seconds")]
    Busy,
}
