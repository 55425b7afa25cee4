//! Files that nobody sees half-written.

use std::fs;
use std::io;
use std::path::Path;

/// Writes a file under another name and renames it. After a power cut it may be an older one: such files are written every few
/// seconds, and the disk is spared.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.part"));
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(part);
    }
    written
}
