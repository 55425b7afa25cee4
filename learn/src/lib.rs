//! Training: pairs of pictures (for F-EDSR) or sequences (for TCSR) in, packages out. Synchronous, without clock or threads; whoever owns a
//! [`Trainer`] decides when to step, to evaluate and to stop.
//!
//! The low-resolution picture of a pair must be what the server will decode, artefacts included: nets trained on clean
//! pictures fall below plain upsampling on compressed ones.

mod built;
mod checkpoint;
mod evaluation;
mod holdout;
mod learner;
pub mod live;
pub mod material;
pub mod monitor;
mod patch;
mod pool;
mod predictor;
mod record;
mod scenes;
mod sequences;
mod settings;
mod tcsr;
pub mod threshold;
mod trainer;

#[cfg(test)]
mod tests;

use media::ffmpeg::FfmpegError;
use media::picture::Size;
use models::PackageError;
use nets::NetError;
use thiserror::Error;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use evaluation::{Evaluation, evaluate};
pub use learner::Optimizer;
pub use pool::{Pair, PairPool};
pub use predictor::{GainPredictor, GainSample, LEAST_SAMPLES};
pub use record::{End, Reason, Record, State};
pub use scenes::Sight;
pub use scenes::cut::CutDetector;
pub use sequences::{Sequence, SequencePool};
pub use settings::{Loss, Selection, TrainerSettings, cosine};
pub use tcsr::{TcsrSettings, TcsrTrainer};
pub use trainer::Trainer;

/// Why training cannot go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The two pictures of a pair do not belong together.
    #[error("a pair has {lr} and {hr}; the second must be {scale} times the first")]
    PairSize {
        /// Size of the low-resolution picture.
        lr: Size,
        /// Size of the high-resolution picture.
        hr: Size,
        /// The pool's factor.
        scale: u8,
    },
    /// The low-resolution picture is smaller than a training patch.
    #[error(
        "a picture of {lr} is smaller than a training patch of {patch}x{patch}; use smaller patches or larger video"
    )]
    TooSmall {
        /// Size of the low-resolution picture.
        lr: Size,
        /// Side of a patch.
        patch: usize,
    },
    /// There is nothing to train on or to judge by.
    #[error("there are no pairs yet")]
    NoPairs,
    /// Fewer consecutive pictures than the net sees at once.
    #[error("a sequence of {found} pictures; the net sees {needed} at once")]
    TooShort {
        /// Pictures in the sequence.
        found: usize,
        /// Pictures that the net sees.
        needed: usize,
    },
    /// Pictures of different sizes in one sequence.
    #[error("a sequence has pictures of {first} and of {other}; begin another where the size changes")]
    Mixed {
        /// Size of the first picture.
        first: Size,
        /// Size of another one.
        other: Size,
    },
    /// The net sees another number of neighbours than the pool's sequences were taken for.
    #[error("the net sees {net} neighbours on either side, the pool's patches have {pool}")]
    Radius {
        /// The net's radius.
        net: usize,
        /// The pool's radius.
        pool: usize,
    },
    /// A net that stacks pixels cannot learn from patches of this size.
    #[error("patches of {patch}x{patch}; a TCSR learns from patches whose sides are multiples of {multiple}")]
    Patch {
        /// Side of a patch.
        patch: usize,
        /// What it has to be a multiple of.
        multiple: usize,
    },
    /// The net scales by another factor than the pool's pairs.
    #[error("the net scales by {net}, the pairs by {pairs}")]
    Scale {
        /// The net's factor.
        net: u8,
        /// The pool's factor.
        pairs: u8,
    },
    /// The package to start from holds another net.
    #[error(
        "cannot start {wanted} from a package of {found}; start from a package of the same preset, or from nothing"
    )]
    OtherNet {
        /// The net to be trained.
        wanted: String,
        /// The net in the package.
        found: String,
    },
    /// The loss is not finite.
    #[error(
        "training diverged at step {step}; start again from an earlier package with a lower learning rate"
    )]
    Diverged {
        /// Steps done.
        step: u64,
    },
    /// There is no going on from a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A package could not be written.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A net could not be built, or failed on a picture.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A picture could not be scaled.
    #[error(transparent)]
    Scaler(#[from] FfmpegError),
    /// libtorch failed.
    #[error("libtorch failed: {0}")]
    Torch(#[from] tch::TchError),
}
