//! The one error of everything that people write: arguments, values, files.

/// What was typed or lies in a file is not what it should be. `Display` says what would be, for the person who typed it;
/// a secret is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
