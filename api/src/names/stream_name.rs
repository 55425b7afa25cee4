//! The public name of a stream.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Public name of a stream: 1 to 64 of `A-Z a-z 0-9 . _ -`, not starting with a dot.
///
/// Such a name is safe as a path component of a URL or a file system without any escaping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamName(String);

impl StreamName {
    /// Longest name; leaves room for suffixes within the 255 bytes of a file name.
    pub const MAX_LENGTH: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StreamName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if !(1..=Self::MAX_LENGTH).contains(&text.len()) {
            let length = text.chars().count();
            let most = Self::MAX_LENGTH;
            return Err(Invalid::new(format!("a stream name has 1 to {most} characters, not {length}")));
        }
        // Hidden files and parent directories start with a dot.
        if text.starts_with('.') {
            return Err(Invalid::new("a stream name does not start with '.'"));
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
            Some(foreign) => Err(Invalid::new(format!(
                "a stream name has only letters, digits, '.', '_' and '-', not {foreign:?}"
            ))),
            None => Ok(Self(text)),
        }
    }
}

impl FromStr for StreamName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
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
        let long = "x".repeat(65);
        let cases = [
            ("", "1 to 64 characters, not 0"),
            (long.as_str(), "1 to 64 characters, not 65"),
            (".", "does not start with '.'"),
            ("..", "does not start with '.'"),
            ("a/b", "not '/'"),
            ("a b", "not ' '"),
            ("a\0", "not '\\0'"),
            ("größe", "not 'ö'"),
        ];
        for (text, reason) in cases {
            let refused = text.parse::<StreamName>().unwrap_err().to_string();
            assert!(
                refused.starts_with("a stream name ") && refused.ends_with(reason),
                "{text:?}: {refused}"
            );
        }
    }

    #[test]
    fn deserialising_checks_as_well() {
        assert!(serde_json::from_str::<StreamName>("\"demo\"").is_ok());
        assert!(serde_json::from_str::<StreamName>("\"../demo\"").is_err());
    }
}
