//! Files that are whole or not there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes a file in one step: whoever reads it finds the former content or the new one, even after a loss of power.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    media::files::replace(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The path with one more extension.
pub(crate) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
