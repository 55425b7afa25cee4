//! Reading our playlists as text, for what a parser without low-latency tags does not show.

/// One segment line of a media playlist.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Media sequence number.
    pub number: u64,
    /// Seconds.
    pub duration: f64,
    /// Relative URI.
    pub uri: String,
    /// Whether a discontinuity comes before it.
    pub discontinuity: bool,
}

/// Complete segments of a media playlist.
pub fn segments(playlist: &str) -> Vec<Segment> {
    let mut number = tag(playlist, "#EXT-X-MEDIA-SEQUENCE:").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (mut found, mut duration, mut discontinuity) = (Vec::new(), None, false);
    for line in playlist.lines() {
        if line == "#EXT-X-DISCONTINUITY" {
            discontinuity = true;
        } else if let Some(value) = line.strip_prefix("#EXTINF:") {
            duration = value.split(',').next().and_then(|seconds| seconds.parse::<f64>().ok());
        } else if !line.starts_with('#')
            && let Some(duration) = duration.take()
        {
            found.push(Segment { number, duration, uri: line.to_owned(), discontinuity });
            number += 1;
            discontinuity = false;
        }
    }
    found
}

/// Value of a tag's first line.
pub fn tag<'a>(playlist: &'a str, name: &str) -> Option<&'a str> {
    playlist.lines().find_map(|line| line.strip_prefix(name))
}

/// URI of the newest initialisation segment.
pub fn map(playlist: &str) -> Option<&str> {
    playlist.lines().rev().find_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\"")?.split('"').next())
}
