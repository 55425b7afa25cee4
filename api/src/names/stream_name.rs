//! The public name of a stream.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Public name of a stream: 1 to 64 of `A-Z a-z 0-9 . _ -`, not starting with a dot.
///
/// Such a name is safe as a path component of a URL or a file system without any escaping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamName(String);

impl StreamName {
    /// Longest name; leaves room for suffixes within the 255 bytes of a file name.
    pub const MAX_LENGTH: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a stream name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidStreamName {
    /// Empty or too long.
    #[error("a stream name has 1 to {max} characters, not {0}", max = StreamName::MAX_LENGTH)]
    Length(usize),
    /// A character outside the allowed set.
    #[error("a stream name has only letters, digits, '.', '_' and '-', not {0:?}")]
    Character(char),
    /// Hidden files and parent directories start with a dot.
    #[error("a stream name does not start with '.'")]
    LeadingDot,
}

impl TryFrom<String> for StreamName {
    type Error = InvalidStreamName;

    fn try_from(text: String) -> Result<Self, InvalidStreamName> {
        if !(1..=Self::MAX_LENGTH).contains(&text.len()) {
            return Err(InvalidStreamName::Length(text.chars().count()));
        }
        if text.starts_with('.') {
            return Err(InvalidStreamName::LeadingDot);
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
            Some(foreign) => Err(InvalidStreamName::Character(foreign)),
            None => Ok(Self(text)),
        }
    }
}

impl FromStr for StreamName {
    type Err = InvalidStreamName;

    fn from_str(text: &str) -> Result<Self, InvalidStreamName> {
        Self::try_from(text.to_owned())
    }
}

impl From<StreamName> for String {
    fn from(name: StreamName) -> Self {
        name.0
    }
}

impl AsRef<str> for StreamName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_safe_in_paths_are_accepted() {
        for name in ["a", "demo", "Cam_2.main-low", "0", &"x".repeat(64)] {
            assert_eq!(name.parse::<StreamName>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let cases = [
            ("", InvalidStreamName::Length(0)),
            (&"x".repeat(65), InvalidStreamName::Length(65)),
            (".", InvalidStreamName::LeadingDot),
            ("..", InvalidStreamName::LeadingDot),
            ("a/b", InvalidStreamName::Character('/')),
            ("a b", InvalidStreamName::Character(' ')),
            ("a\0", InvalidStreamName::Character('\0')),
            ("größe", InvalidStreamName::Character('ö')),
        ];
        for (text, reason) in cases {
            assert_eq!(text.parse::<StreamName>(), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn deserialising_checks_as_well() {
        assert!(serde_json::from_str::<StreamName>("\"demo\"").is_ok());
        assert!(serde_json::from_str::<StreamName>("\"../demo\"").is_err());
    }
}
