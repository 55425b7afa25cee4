//! The secret that lets somebody publish to a stream.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Secret key of a stream: 1 to 256 printable ASCII characters without spaces.
///
/// It has no `Display` and no `Serialize`, its `Debug` redacts it, and comparing two keys takes the same time
/// wherever they differ (their lengths are not hidden). [`StreamKey::expose`] is the only way to the text.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct StreamKey(SecretString);

impl StreamKey {
    /// Longest key; long enough for signed tokens, short enough for one log-free header line.
    pub const MAX_LENGTH: usize = 256;

    /// The secret itself, for the wire.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The secret, for those who pass it on unseen.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// Why a text is not a stream key. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidStreamKey {
    /// Empty or too long.
    #[error("a stream key has 1 to {max} characters, not {0}", max = StreamKey::MAX_LENGTH)]
    Length(usize),
    /// A character that is not printable ASCII.
    #[error("a stream key has only printable ASCII characters and no spaces")]
    Character,
}

impl TryFrom<String> for StreamKey {
    type Error = InvalidStreamKey;

    fn try_from(text: String) -> Result<Self, InvalidStreamKey> {
        if !(1..=Self::MAX_LENGTH).contains(&text.len()) {
            return Err(InvalidStreamKey::Length(text.chars().count()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidStreamKey::Character);
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for StreamKey {
    type Err = InvalidStreamKey;

    fn from_str(text: &str) -> Result<Self, InvalidStreamKey> {
        Self::try_from(text.to_owned())
    }
}

impl PartialEq for StreamKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for StreamKey {}

impl TryFrom<&SecretString> for StreamKey {
    type Error = InvalidStreamKey;

    fn try_from(secret: &SecretString) -> Result<Self, InvalidStreamKey> {
        secret.expose_secret().parse()
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let key: StreamKey = "hunter2".parse().unwrap();
        assert_eq!(format!("{key:?}"), "StreamKey(redacted)");
    }

    #[test]
    fn keys_are_equal_exactly_when_their_texts_are() {
        let key = |text: &str| text.parse::<StreamKey>().unwrap();
        assert_eq!(key("s3cret"), key("s3cret"));
        assert_ne!(key("s3cret"), key("s3creT"));
        assert_ne!(key("s3cret"), key("s3cret1"));
    }

    #[test]
    fn what_cannot_be_typed_is_refused() {
        let cases = [
            (String::new(), InvalidStreamKey::Length(0)),
            ("k".repeat(257), InvalidStreamKey::Length(257)),
            ("a b".into(), InvalidStreamKey::Character),
            ("a\n".into(), InvalidStreamKey::Character),
            ("schlüssel".into(), InvalidStreamKey::Character),
        ];
        for (text, reason) in cases {
            assert_eq!(StreamKey::try_from(text).unwrap_err(), reason);
        }
        assert!("live_1?token=a/b+c==".parse::<StreamKey>().is_ok());
    }
}
