//! The one error of this crate.

use std::borrow::Cow;
use std::io;

/// Why bytes cannot be read, or why a connection came to its end. Everything merely unknown is ignored instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bytes or text that cannot be what they should be; says what and where. No session goes on behind them.
    #[error("{0}")]
    Malformed(Cow<'static, str>),
    /// A value whose length is unknown, such as AMF3 inside AMF0: nothing behind it can be read.
    #[error("AMF0 type {marker:#04x} at byte {offset} is unknown")]
    UnknownType { marker: u8, offset: usize },
    /// More than one of [`Limits`](crate::Limits) allows.
    #[error("the peer went over the limit of {limit} {what}")]
    Limit { what: Cow<'static, str>, limit: usize },
    /// A command that we know, and that makes no sense now.
    #[error("{command} is not possible now: {reason}")]
    Unexpected { command: &'static str, reason: &'static str },
    /// The session ended before; nothing more is read.
    #[error("the session has ended")]
    Ended,
    /// The server does not take the stream, or no longer. Both texts may be empty; the code is such as
    /// `NetStream.Publish.BadName`.
    #[error("the server refused the stream: {description} ({code})")]
    Refused { code: String, description: String },
    /// The server closed the connection without a word.
    #[error("the server closed the connection")]
    Closed,
    /// One of the times of [`Limits`](crate::Limits) has passed.
    #[error("timed out {0}")]
    Timeout(&'static str),
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

impl Error {
    pub(crate) fn malformed(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Malformed(what.into())
    }

    pub(crate) fn limit(what: impl Into<Cow<'static, str>>, limit: usize) -> Self {
        Self::Limit { what: what.into(), limit }
    }
}

/// Equal errors say the same. Those of the network are told apart by their kind alone.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Io(one), Self::Io(other)) => one.kind() == other.kind(),
            _ => self.to_string() == other.to_string(),
        }
    }
}
