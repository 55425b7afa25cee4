//! Old files go: segments and manifests after twice the length of a playlist, playlists after once that.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What is swept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep<'a> {
    pub(super) folder: &'a Path,
    /// Each stream has a folder in it.
    pub(super) nested: bool,
    pub(super) playlist_length: Duration,
    /// How long a file may take to be written.
    pub(super) longest: Duration,
}

impl Sweep<'_> {
    /// Deletes segments and playlists that are too old, whoever wrote them, and what an earlier run has left half-written.
    pub(super) fn run(&self) {
        self.folder(self.folder, SystemTime::now(), self.nested);
    }

    fn folder(&self, path: &Path, now: SystemTime, nested: bool) {
        let Ok(entries) = fs::read_dir(path) else { return };
        for entry in entries.filter_map(Result::ok) {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && nested {
                self.folder(&entry.path(), now, false);
                // Only an empty one goes, and not one that has just been made.
                if is_older(&entry, self.playlist_length * 2, now) {
                    let _ = fs::remove_dir(entry.path());
                }
                continue;
            }
            let name = entry.file_name();
            let Some(lasts) = name.to_str().and_then(|name| self.lasts(path, name)) else { continue };
            if kind.is_file() && is_older(&entry, lasts, now) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// How long a file of this name stays; for ever if it is none of ours.
    fn lasts(&self, folder: &Path, name: &str) -> Option<Duration> {
        let (stem, extension) = name.rsplit_once('.')?;
        match extension {
            // Segments end with a number; other programs have files of this kind, too.
            "ts" | "key" | "m4v" | "m4a" if stem.ends_with(|c: char| c.is_ascii_digit()) => {
                Some(self.playlist_length * 2)
            }
            // What segments are decoded with stays as long as the manifest.
            "m4v" | "m4a" => {
                let stream = stem.strip_suffix("init")?;
                let manifest =
                    stream.strip_suffix('-').map_or("index.mpd".to_owned(), |name| format!("{name}.mpd"));
                (!folder.join(manifest).exists()).then_some(self.playlist_length * 2)
            }
            "m3u8" => Some(self.playlist_length),
            "mpd" => Some(self.playlist_length * 2),
            "part" if stem.starts_with('.') => Some(self.longest + Duration::from_secs(60)),
            _ => None,
        }
    }
}

fn is_older(entry: &fs::DirEntry, than: Duration, now: SystemTime) -> bool {
    let modified = entry.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > than))
}
