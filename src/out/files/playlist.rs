//! The text of playlists, as nginx-rtmp writes it.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::keys;
use super::settings::{FilesSettings, ListType};

/// A segment that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    /// Its file's name, relative to the playlist.
    pub(super) file: String,
    pub(super) duration: Duration,
    /// It does not continue the one before it.
    pub(super) breaks: bool,
    /// The number of the key that it is encrypted with.
    pub(super) key: Option<u64>,
}

/// A media playlist; `first` is the number of the first segment.
pub(super) fn media(settings: &FilesSettings, name: &str, first: u64, segments: &[Segment]) -> String {
    let longest = segments.iter().map(|segment| segment.duration).max().unwrap_or_default();
    let target = longest.max(settings.fragment).as_secs_f64().ceil();
    let mut text =
        format!("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-TARGETDURATION:{target}\n");
    if settings.list_type == ListType::Event {
        text.push_str("#EXT-X-PLAYLIST-TYPE: EVENT\n");
    }
    let mut key = None;
    for segment in segments {
        if key != segment.key {
            match segment.key.zip(settings.keys.as_ref()) {
                Some((id, keys)) => text.push_str(&keys::tag(keys, settings.nested, name, id)),
                None => text.push_str("#EXT-X-KEY:METHOD=NONE\n"),
            }
        }
        key = segment.key;
        if segment.breaks {
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let Segment { file, duration, .. } = segment;
        // Relative to what stands in front of it, or to the playlist.
        let folder =
            if settings.nested && !settings.base_url.is_empty() { format!("{name}/") } else { String::new() };
        let seconds = duration.as_secs_f64();
        let _ = write!(text, "#EXTINF:{seconds:.3},\n{}{folder}{file}\n", settings.base_url);
    }
    text
}

/// A master playlist over all variants of a stream.
pub(super) fn master(settings: &FilesSettings, name: &str) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:3\n".to_owned();
    for variant in &settings.variants {
        let arguments = if variant.arguments.is_empty() { "BANDWIDTH=1000000" } else { &variant.arguments };
        let suffix = &variant.suffix;
        let file = if settings.nested { "/index.m3u8" } else { ".m3u8" };
        let _ = write!(
            text,
            "#EXT-X-STREAM-INF:PROGRAM-ID=1,{arguments}\n{}{name}{suffix}{file}\n",
            settings.base_url
        );
    }
    text
}

/// What an earlier playlist ended with: the number behind its last segment, and those that it lists.
pub(super) fn read(text: &str) -> Option<(u64, Vec<Segment>)> {
    let mut first = None;
    let mut segments = Vec::new();
    let mut duration = None;
    let mut breaks = false;
    let mut key = None;
    for line in text.lines() {
        if let Some(number) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            first = number.trim().parse().ok();
        } else if let Some(seconds) = line.strip_prefix("#EXTINF:") {
            let seconds: f64 = seconds.trim_end_matches(',').parse().ok()?;
            duration = Duration::try_from_secs_f64(seconds).ok();
        } else if line.starts_with("#EXT-X-KEY:") {
            key = keys::read(line);
        } else if line == "#EXT-X-DISCONTINUITY" {
            breaks = true;
        } else if !line.starts_with('#') && !line.trim().is_empty() {
            let file = line.rsplit('/').next().unwrap_or(line).to_owned();
            segments.push(Segment { file, duration: duration.take()?, breaks, key });
            breaks = false;
        }
    }
    Some((first?, segments))
}

/// Where a playlist lies.
pub(super) fn path(settings: &FilesSettings, name: &str) -> PathBuf {
    if settings.nested {
        return settings.folder.join(name).join("index.m3u8");
    }
    settings.folder.join(format!("{name}.m3u8"))
}
