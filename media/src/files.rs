//! Files that are always whole.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// Puts `bytes` in the place of whatever lies there. Readers see the old file or the new one, whole, and so does who
/// comes after a power cut. Its folder has to be there.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // What the umask leaves of it, as with any other file.
    const USUAL: u32 = 0o666;
    let beside = write_beside(file, bytes, USUAL)?;
    beside.persist(file)?;
    sync_folder(file)
}

/// A new file that its owner alone can read (0600). One that lies there stays as it is, and the error's kind is
/// `AlreadyExists`: of two programs that create it at a time, one does, and the other reads a whole file.
pub fn create_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = write_beside(file, bytes, 0o600)?;
    beside.persist_noclobber(file)?;
    sync_folder(file)
}

/// The bytes under another name in the same folder, since only there a rename is atomic.
fn write_beside(file: &Path, bytes: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mode = Permissions::from_mode(mode);
    let mut beside = tempfile::Builder::new().permissions(mode).tempfile_in(folder(file))?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    Ok(beside)
}

/// A name is on the disk when its folder is.
fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder(file))?.sync_all()
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_are_whole_and_leave_nothing_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes");
        replace(&file, b"first").unwrap();
        replace(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/notes"), b"").is_err());
    }

    #[test]
    fn private_files_are_created_once_and_are_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        create_private(&file, b"first").unwrap();
        assert_eq!(create_private(&file, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"first");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
