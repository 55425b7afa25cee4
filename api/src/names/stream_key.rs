//! The secret that lets somebody publish to a stream.

use std::fmt;
use std::str::FromStr;

use rand::Rng as _;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::Invalid;

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

    /// A new one: 24 letters and digits, 142 bits, and still something that can be read out.
    pub fn random() -> Self {
        let letters = rand::rng().sample_iter(Alphanumeric).take(24).map(char::from);
        Self(letters.collect::<String>().into())
    }

    /// The secret itself, for the wire.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The secret, for those who pass it on unseen.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The keys that an encoder may mean, the likeliest first, at most [`MOST_READINGS`](Self::MOST_READINGS).
    ///
    /// Encoders have one field for the address and one for the key, or a single one, and people paste into both: `key`,
    /// `/key/`, `key?user=me`, `instance/key`, or the whole path in the address (`rtmp://HOST/live/key`) and no key.
    /// A key may have a `?` or a `/` itself, so what was sent comes first as it is.
    pub fn readings(app: &str, sent: &SecretString) -> Vec<Self> {
        let sent = sent.expose_secret();
        let named = if tidy(sent).is_empty() { app } else { sent };
        let path = tidy(named.split('?').next().unwrap_or_default());
        let last = path.rsplit('/').next().unwrap_or_default();
        let mut readings: Vec<Self> = Vec::new();
        for reading in [sent, tidy(named), path, last] {
            if let Ok(key) = reading.parse()
                && !readings.contains(&key)
            {
                readings.push(key);
            }
        }
        readings
    }

    /// The longest answer of [`readings`](Self::readings).
    pub const MOST_READINGS: usize = 4;
}

/// Without spaces and slashes around it.
fn tidy(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '/')
}

impl TryFrom<String> for StreamKey {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if !(1..=Self::MAX_LENGTH).contains(&text.len()) {
            let length = text.chars().count();
            let most = Self::MAX_LENGTH;
            return Err(Invalid::new(format!("a stream key has 1 to {most} characters, not {length}")));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::new("a stream key has only printable ASCII characters and no spaces"));
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for StreamKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
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
    type Error = Invalid;

    fn try_from(secret: &SecretString) -> Result<Self, Invalid> {
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
    fn encoders_may_write_around_the_key() {
        let table: [(&str, &str, &[&str]); 13] = [
            ("live", "key", &["key"]),
            ("live", "key?user=me&pass=x", &["key?user=me&pass=x", "key"]),
            ("live", "key/?user=me", &["key/?user=me", "key"]),
            ("live", "/key", &["/key", "key"]),
            ("live", "key/", &["key/", "key"]),
            ("live", " key\n", &["key"]),
            ("live/instance", "key", &["key"]),
            ("a/b", "c/key", &["c/key", "key"]),
            ("live", "a/b?x=c/d", &["a/b?x=c/d", "a/b", "b"]),
            ("live/key", "", &["live/key", "key"]),
            ("live/key/?user=me", " ", &["live/key/?user=me", "live/key", "key"]),
            ("live", "a b", &[]),
            ("", "", &[]),
        ];
        for (app, sent, expected) in table {
            let keys = StreamKey::readings(app, &sent.into());
            let keys: Vec<_> = keys.iter().map(StreamKey::expose).collect();
            assert_eq!(keys, expected, "{app:?} {sent:?}");
            assert!(keys.len() <= StreamKey::MOST_READINGS);
        }
    }

    #[test]
    fn what_cannot_be_typed_is_refused() {
        let cases = [
            (String::new(), "a stream key has 1 to 256 characters, not 0"),
            ("k".repeat(257), "a stream key has 1 to 256 characters, not 257"),
            ("a b".into(), "a stream key has only printable ASCII characters and no spaces"),
            ("a\n".into(), "a stream key has only printable ASCII characters and no spaces"),
            ("schlüssel".into(), "a stream key has only printable ASCII characters and no spaces"),
        ];
        for (text, reason) in cases {
            assert_eq!(StreamKey::try_from(text).unwrap_err().to_string(), reason);
        }
        assert!("live_1?token=a/b+c==".parse::<StreamKey>().is_ok());
    }
}
