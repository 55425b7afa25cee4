//! The one error of this crate.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelErrorKind {
    /// A word that names no preset, or text that is no fingerprint.
    Word,
    /// Parameters that no net of ours has.
    Parameters,
    /// More bytes than are read.
    TooLarge,
    /// Not the file format, or cut short.
    Damaged,
    /// Metadata is missing or not understood.
    Metadata,
    /// Tensors that are not those of the net.
    Tensors,
    NotFinite,
    /// The patch is one of other packages.
    OtherPackage,
}

/// Why something is no net of ours. Streamers and people read the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    pub kind: ModelErrorKind,
    pub what: String,
}

impl ModelError {
    pub(crate) fn new(kind: ModelErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }

    /// A patch whose deflate stream is broken, or that holds more or less than the base's net needs.
    pub(crate) fn damaged_patch(how: &str) -> Self {
        let what = format!("the patch is damaged ({how}); send it again, or the whole package");
        Self::new(ModelErrorKind::Damaged, what)
    }

    /// The same, as part of a larger thing.
    pub(crate) fn within(self, context: &str) -> Self {
        Self { what: format!("{context}: {}", self.what), ..self }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ModelError {}

/// Foreign text as errors show it: nobody reads a megabyte, nor may it fill a log.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}
