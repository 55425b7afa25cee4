//! The stream of a server without configuration: named `live`, with a random key that is made once and kept.
//!
//! The key lies in `$XDG_STATE_HOME/sharpcast/live.key` (or `~/.local/state/...`), readable by its owner alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use api::names::{StreamKey, StreamName};
use rand::Rng;
use rand::distr::Alphanumeric;

use super::StreamSettings;

/// Public name of the stream of a server without configuration.
pub const NAME: &str = "live";

/// 24 alphanumeric characters: 142 bits, and still something that can be read out.
const KEY_LENGTH: usize = 24;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Neither `XDG_STATE_HOME` nor `HOME` says where state lies.
    #[error("no place to keep the stream key: set XDG_STATE_HOME or HOME, or configure a [[stream]]")]
    NoPlace,
    /// The key's file cannot be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is in the file is not a key.
    #[error("{}: {message}", file.display())]
    NotAKey {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

/// The stream `live` with its kept key; makes the key if there is none.
pub fn live_stream() -> Result<StreamSettings, IdentityError> {
    let folder = state_folder().ok_or(IdentityError::NoPlace)?;
    let key = kept_key(&folder)?;
    let name: StreamName = NAME.parse().expect("`live` is a stream name");
    Ok(StreamSettings { name, key, profile: None })
}

/// Reads a key from a file; white space around it does not count.
pub fn read_key(file: &Path) -> Result<StreamKey, IdentityError> {
    let text =
        fs::read_to_string(file).map_err(|source| IdentityError::File { file: file.to_owned(), source })?;
    text.trim()
        .parse()
        .map_err(|error| IdentityError::NotAKey { file: file.to_owned(), message: format!("{error}") })
}

fn state_folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state =
        absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("sharpcast"))
}

fn kept_key(folder: &Path) -> Result<StreamKey, IdentityError> {
    let file = folder.join("live.key");
    let error = |source| IdentityError::File { file: file.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(error)?;
    // `create_new` decides a race between two servers: one makes the key, the other reads it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(mut created) => {
            let key: String =
                rand::rng().sample_iter(Alphanumeric).take(KEY_LENGTH).map(char::from).collect();
            created.write_all(key.as_bytes()).and_then(|()| created.sync_all()).map_err(error)?;
            read_key(&file)
        }
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => read_key(&file),
        Err(source) => Err(error(source)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = kept_key(&state).unwrap();
        assert_eq!(first.expose().len(), KEY_LENGTH);
        assert_eq!(kept_key(&state).unwrap().expose(), first.expose());
        let mode = fs::metadata(state.join("live.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_not_a_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("live.key"), "\n").unwrap();
        assert!(matches!(kept_key(folder.path()), Err(IdentityError::NotAKey { .. })));
    }
}
