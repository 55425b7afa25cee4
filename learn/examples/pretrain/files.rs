//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes a file in one step: whoever reads it finds the former content or the new one, even after a loss of power.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let making = beside(path, "making");
    let written = || {
        let mut file = File::create(&making)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&making, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

/// The path with one more extension.
pub(crate) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
