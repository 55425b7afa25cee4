//! Why training cannot go on.

use std::error::Error as StdError;
use std::fmt;

use media::Size;
use media::ffmpeg::FfmpegError;
use models::ModelError;
use nets::NetError;
use tch::TchError;

/// What kind of error it is, what it is about, and what caused it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Pictures, nets or settings that do not belong together.
    Mismatch,
    /// There is nothing to train on or to judge by.
    Empty,
    /// A picture is smaller than a patch, or a sequence shorter than what the net sees at once.
    TooSmall,
    /// The loss is not finite, or the net is far worse than what it could go on from.
    Diverged,
    /// The checkpoint is damaged, or not one of this net.
    Checkpoint,
    /// The checkpoint belongs to another training.
    OtherTraining,
    /// libtorch, FFmpeg, a net or a package failed.
    Failed,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    pub(crate) fn empty() -> Self {
        Self::new(ErrorKind::Empty, "there are no pairs yet")
    }

    /// A package holds another net than the one to be trained.
    pub(crate) fn other_net(wanted: impl fmt::Display, found: impl fmt::Display) -> Self {
        let what = format!(
            "cannot start {wanted} from a package of {found}; start from a package of the same preset, or from nothing"
        );
        Self::new(ErrorKind::Mismatch, what)
    }

    pub(crate) fn too_small(lr: Size, patch: usize) -> Self {
        let what = format!(
            "a picture of {lr} is smaller than a training patch of {patch}x{patch}; use smaller patches or larger video"
        );
        Self::new(ErrorKind::TooSmall, what)
    }

    pub(crate) fn diverged(step: u64) -> Self {
        let what = format!(
            "training diverged at step {step}; start again from an earlier package with a lower learning rate"
        );
        Self::new(ErrorKind::Diverged, what)
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    // The direct cause is part of the text already.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().and_then(|source| source.source())
    }
}

macro_rules! failed {
    ($($source:ty => $what:literal),* $(,)?) => {$(
        impl From<$source> for Error {
            fn from(source: $source) -> Self {
                Self { kind: ErrorKind::Failed, what: $what.to_owned(), source: Some(Box::new(source)) }
            }
        }
    )*};
}

failed! {
    TchError => "libtorch failed",
    FfmpegError => "a picture could not be scaled",
    ModelError => "the package cannot be used",
    NetError => "a net could not be used",
}
