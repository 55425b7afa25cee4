//! The one error of coded media: what about them was refused, and why.

use std::borrow::Cow;

/// Why a configuration record, a parameter set or a packet was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct CodecError {
    pub kind: CodecErrorKind,
    what: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecErrorKind {
    /// It ends in the middle of a field.
    Truncated,
    /// It is larger than any real one.
    TooLong,
    /// A field is out of its range, or something that belongs there is missing.
    Damaged,
    /// It is valid, and we cannot describe it.
    Unsupported,
}

impl CodecError {
    pub(crate) fn new(kind: CodecErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, what: what.into() }
    }

    /// The same, said of what it was found in.
    pub(super) fn within(self, what: &str) -> Self {
        Self { kind: self.kind, what: format!("{what} {}", self.what).into() }
    }
}
