//! The stream of a server without configuration: named `live`, with a random key that is made once and kept.
//!
//! The key lies in `$XDG_STATE_HOME/sharpcast/live.key` (or `~/.local/state/...`), readable by its owner alone.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use api::Invalid;
use api::files::{read_key, state_folder};
use api::names::{StreamKey, StreamName};
use media::files;

use crate::streams::StreamSettings;

/// Public name of the stream of a server without configuration.
pub const NAME: &str = "live";

/// The stream `live` with its kept key; makes the key if there is none.
pub fn live_stream() -> Result<StreamSettings, Invalid> {
    let folder = state_folder().ok_or_else(|| {
        Invalid::new("no place to keep the stream key: set XDG_STATE_HOME or HOME, or configure a [[stream]]")
    })?;
    let key = kept_key(&folder)?;
    let name: StreamName = NAME.parse().expect("`live` is a stream name");
    Ok(StreamSettings { name, key: Some(key), profile: None })
}

fn kept_key(folder: &Path) -> Result<StreamKey, Invalid> {
    let file = folder.join("live.key");
    let created = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| files::create_private(&file, StreamKey::random().expose().as_bytes()));
    match created {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let file = file.display();
            Err(Invalid::new(format!(
                "cannot keep a stream key in {file}: {error}; set XDG_STATE_HOME, or configure a [[stream]]"
            )))
        }
        // Of two servers that start at a time one has created the file; both use what is in it.
        _ => read_key(&file),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = kept_key(&state).unwrap();
        assert_eq!(first.expose().len(), 24);
        assert_eq!(kept_key(&state).unwrap().expose(), first.expose());
        let mode = fs::metadata(state.join("live.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_not_a_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("live.key"), "\n").unwrap();
        assert!(kept_key(folder.path()).unwrap_err().to_string().contains("is not a stream key"));
    }
}
