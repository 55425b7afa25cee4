//! Segments that are encrypted (AES-128, whole segments), for players that get the keys from a web server that asks who they are.

use std::fs;
use std::io;
use std::path::PathBuf;

use media::ffmpeg::SegmentKey;

use super::settings::{FilesSettings, KeySettings};
use crate::out::whole::put;

/// The key in use.
struct Current {
    /// The number of the first segment that it encrypts, which is in its file's name and its initialization vector.
    id: u64,
    bytes: [u8; 16],
    /// How many segments it has encrypted.
    used: u32,
}

#[derive(Default)]
pub(super) struct Keys(Option<Current>);

impl Keys {
    /// The key for a segment, which lies on disk then. `None` without encryption.
    pub(super) fn next(
        &mut self,
        files: &FilesSettings,
        name: &str,
        segment: u64,
    ) -> io::Result<Option<(u64, SegmentKey)>> {
        let Some(settings) = &files.keys else { return Ok(None) };
        let is_spent = |current: &Current| settings.fragments.is_some_and(|most| current.used >= most);
        let current = if let Some(mut current) = self.0.take().filter(|current| !is_spent(current)) {
            current.used += 1;
            current
        } else {
            Current { id: segment, bytes: rand::random(), used: 1 }
        };
        // Each time anew: sweeping goes by age.
        let place = path(settings, files.nested, name, current.id);
        fs::create_dir_all(place.parent().unwrap_or(&place))?;
        put(&place, &current.bytes)?;
        let Current { id, bytes, .. } = *self.0.insert(current);
        Ok(Some((id, SegmentKey { key: bytes, initialization: u128::from(id).to_be_bytes() })))
    }
}

/// The tag that names a key in a playlist.
pub(super) fn tag(settings: &KeySettings, nested: bool, name: &str, id: u64) -> String {
    let KeySettings { url, .. } = settings;
    let place = match (nested, url.is_empty()) {
        (false, _) => format!("{name}-"),
        (true, false) => format!("{name}/"),
        // Beside the playlist.
        (true, true) => String::new(),
    };
    format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{url}{place}{id}.key\",IV=0x{id:032x}\n")
}

/// The number of the key that a tag names.
pub(super) fn read(tag: &str) -> Option<u64> {
    let (_, number) = tag.split_once("IV=0x")?;
    u64::from_str_radix(number.trim().get(16..)?, 16).ok()
}

fn path(settings: &KeySettings, nested: bool, name: &str, id: u64) -> PathBuf {
    if nested {
        settings.folder.join(name).join(format!("{id}.key"))
    } else {
        settings.folder.join(format!("{name}-{id}.key"))
    }
}
