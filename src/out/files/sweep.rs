//! Old files go: segments after twice the length of a playlist, playlists after once that.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::settings::FilesSettings;

/// Deletes what is too old in a folder of HLS files, and what an earlier run has left half-written. Nothing else is touched.
pub fn sweep(settings: &FilesSettings) {
    if settings.cleanup {
        folder(&settings.folder, settings, SystemTime::now(), settings.nested);
    }
}

fn folder(path: &Path, settings: &FilesSettings, now: SystemTime, nested: bool) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && nested {
            folder(&entry.path(), settings, now, false);
            // Only an empty one goes.
            let _ = fs::remove_dir(entry.path());
            continue;
        }
        let name = entry.file_name();
        let lasts = match name.to_str().and_then(|name| name.rsplit('.').next()) {
            Some("ts") => settings.playlist_length * 2,
            Some("m3u8") => settings.playlist_length,
            Some("part") => settings.max_fragment + Duration::from_secs(60),
            _ => continue,
        };
        let modified = entry.metadata().and_then(|about| about.modified());
        let is_old = modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > lasts));
        if kind.is_file() && is_old {
            let _ = fs::remove_file(entry.path());
        }
    }
}
