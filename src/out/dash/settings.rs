//! Where the files lie, and how they are cut.

use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashSettings {
    pub folder: PathBuf,
    /// A folder for each stream.
    pub nested: bool,
    /// A segment ends at the first keyframe after so long.
    pub fragment: Duration,
    pub playlist_length: Duration,
    /// Whether old segments are deleted: those that are twice as old as a manifest is long.
    pub cleanup: bool,
}

impl DashSettings {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            nested: false,
            fragment: Duration::from_secs(5),
            playlist_length: Duration::from_secs(30),
            cleanup: true,
        }
    }

    /// The folder of a stream's segments.
    pub(super) fn folder_of(&self, name: &str) -> PathBuf {
        if self.nested { self.folder.join(name) } else { self.folder.clone() }
    }

    /// A file's name within it.
    pub(super) fn file(&self, name: &str, rest: &str) -> String {
        if self.nested { rest.to_owned() } else { format!("{name}-{rest}") }
    }

    pub(super) fn manifest(&self, name: &str) -> PathBuf {
        let file = if self.nested { "index.mpd".to_owned() } else { format!("{name}.mpd") };
        self.folder_of(name).join(file)
    }
}
