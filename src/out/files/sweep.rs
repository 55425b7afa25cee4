//! Old files go: segments after twice the length of a playlist, playlists after once that.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::settings::FilesSettings;

/// Deletes segments and playlists of a folder that are too old, whoever wrote them, and what an earlier run has left half-written.
pub fn sweep(settings: &FilesSettings) {
    if settings.cleanup {
        folder(&settings.folder, settings, SystemTime::now(), settings.nested);
        if let Some(keys) = settings.keys.as_ref().filter(|keys| keys.folder != settings.folder) {
            folder(&keys.folder, settings, SystemTime::now(), settings.nested);
        }
    }
}

fn folder(path: &Path, settings: &FilesSettings, now: SystemTime, nested: bool) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && nested {
            folder(&entry.path(), settings, now, false);
            // Only an empty one goes, and not one that has just been made.
            if is_older(&entry, settings.playlist_length * 2, now) {
                let _ = fs::remove_dir(entry.path());
            }
            continue;
        }
        let name = entry.file_name();
        let Some((stem, extension)) = name.to_str().and_then(|name| name.rsplit_once('.')) else { continue };
        let lasts = match extension {
            // Segments end with a number; other programs have files of this kind, too.
            "ts" | "key" if stem.ends_with(|c: char| c.is_ascii_digit()) => settings.playlist_length * 2,
            "m3u8" => settings.playlist_length,
            "part" if stem.starts_with('.') => settings.max_fragment + Duration::from_secs(60),
            _ => continue,
        };
        if kind.is_file() && is_older(&entry, lasts, now) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_older(entry: &fs::DirEntry, than: Duration, now: SystemTime) -> bool {
    let modified = entry.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > than))
}
