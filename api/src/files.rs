//! Files that both programs have: the stream's key, and the folder of what they remember from run to run.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Invalid;
use crate::names::StreamKey;

/// Where the XDG Base Directory Specification wants what programs remember: `$XDG_STATE_HOME/sharpcast`, or
/// `~/.local/state/sharpcast`. None if neither variable is an absolute path.
pub fn state_folder() -> Option<PathBuf> {
    state_folder_from(|name| std::env::var_os(name))
}

fn state_folder_from(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("sharpcast"))
}

/// The stream key on a file's first line. White space around it does not count; notes may follow on other lines.
pub fn read_key(file: &Path) -> Result<StreamKey, Invalid> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Invalid::new(format!("cannot read the stream key from {name}: {error}")))?;
    // The text itself never gets into an error: a mistyped key is nearly one.
    let first = text.lines().next().unwrap_or_default().trim();
    first
        .parse()
        .map_err(|error| Invalid::new(format!("the first line of {name} is not a stream key: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_lies_where_the_variables_say_if_they_are_absolute() {
        let folder = |xdg: &str, home: &str| {
            let (xdg, home) = (OsString::from(xdg), OsString::from(home));
            state_folder_from(|name| Some(if name == "HOME" { home.clone() } else { xdg.clone() }))
        };
        assert_eq!(folder("/state", "/home/a"), Some("/state/sharpcast".into()));
        assert_eq!(folder("state", "/home/a"), Some("/home/a/.local/state/sharpcast".into()));
        assert_eq!(folder("", ""), None);
    }

    #[test]
    fn a_key_is_the_first_line_and_notes_may_follow() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        for text in ["s3cret", "s3cret\n", " s3cret \r\nnote to self\n"] {
            fs::write(&file, text).unwrap();
            assert_eq!(read_key(&file).unwrap().expose(), "s3cret", "{text:?}");
        }
        for text in ["", "\ns3cret", "hush hush\n"] {
            fs::write(&file, text).unwrap();
            let error = read_key(&file).unwrap_err().to_string();
            assert!(error.contains("key is not a stream key") && !error.contains("hush"), "{error}");
        }
        assert!(read_key(&folder.path().join("none")).unwrap_err().to_string().contains("cannot read"));
    }
}
