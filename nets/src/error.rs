//! The one error of this crate.

use std::error::Error;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetErrorKind {
    /// A word that names no device or precision.
    Word,
    /// The device, or a backend for it, is not there.
    Device,
    /// The pictures do not fit the net or each other.
    Pictures,
    /// The net's output holds NaN or infinity.
    NotFinite,
    Engine,
}

/// Why a net was not built or a picture not made.
#[derive(Debug)]
pub struct NetError {
    /// What callers may decide by.
    pub kind: NetErrorKind,
    pub what: String,
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl NetError {
    /// An error without a cause of its own.
    pub fn new(kind: NetErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    /// The engine named `engine` failed.
    pub fn engine(engine: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let what = format!("{engine} failed");
        Self { kind: NetErrorKind::Engine, what, source: Some(source.into()) }
    }

    /// The net's output holds NaN or infinity.
    pub fn not_finite() -> Self {
        Self::new(
            NetErrorKind::NotFinite,
            "the net's output is not finite; go back to the package before this one",
        )
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

// The cause is part of the sentence, so it is not answered as a source again.
impl Error for NetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_error_is_part_of_the_sentence() {
        let error = NetError::engine("libtorch", "out of memory");
        assert_eq!(error.to_string(), "libtorch failed: out of memory");
        assert_eq!(error.kind, NetErrorKind::Engine);
    }
}
