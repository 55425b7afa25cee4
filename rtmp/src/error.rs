//! Why a session ended with an error.

use thiserror::Error;

use super::amf0::Amf0Error;
use super::chunk::ChunkError;

/// What the peer did that no session survives. Everything merely unknown is ignored instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RtmpError {
    /// The chunk layer lost its way or met a limit.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// A command that cannot be read.
    #[error("unreadable command: {0}")]
    Amf0(#[from] Amf0Error),
    /// A command that makes no sense now.
    #[error("{command} is not possible now: {reason}")]
    Unexpected {
        /// The command's name, one that we know.
        command: &'static str,
        /// What is missing.
        reason: &'static str,
    },
    /// A limit of [`Limits`](super::Limits).
    #[error("the peer went over the limit of {limit} {what}")]
    Limit {
        /// What there was too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// The session ended before; nothing more is read.
    #[error("the session has ended")]
    Ended,
}
