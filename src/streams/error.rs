//! What publishers and operators are refused with.

use api::names::StreamName;

/// Why the registry or a stream does not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there are {most} streams already; remove one first")]
    Full { most: usize },
    #[error("there is a stream named {0} already")]
    NameTaken(StreamName),
    #[error("another stream has the key of {0} already")]
    KeyTaken(StreamName),
    #[error("there is no stream named {0}")]
    NoStream(StreamName),
    #[error("somebody publishes to this stream already")]
    InUse,
    #[error("nobody publishes to this stream, and nobody is waited for")]
    NotPublished,
    #[error("another publisher with the same key has taken over")]
    Replaced,
    #[error("the stream or the server has ended")]
    Ended,
}
