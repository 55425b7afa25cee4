//! What can be fetched of a rendition, and its names in URLs: `part-12-3.m4s`.
//!
//! Names have one spelling each: what [`Display`](fmt::Display) writes is all that [`Resource::parse`] reads, so that no
//! cache holds the same bytes twice.

use std::fmt;

/// One file of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `index.m3u8`: the media playlist.
    Playlist,
    /// `init-N.mp4`: the N-th initialisation segment of this rendition.
    Init(u64),
    /// `seg-MSN.m4s`: a complete segment.
    Segment(u64),
    /// `part-MSN-PART.m4s`: a part of a segment. `msn` numbers segments from 1, `part` the parts of each from 0.
    Part { msn: u64, part: u64 },
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playlist => f.write_str("index.m3u8"),
            Self::Init(number) => write!(f, "init-{number}.mp4"),
            Self::Segment(msn) => write!(f, "seg-{msn}.m4s"),
            Self::Part { msn, part } => write!(f, "part-{msn}-{part}.m4s"),
        }
    }
}

impl Resource {
    /// `None` if no file has this name.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "index.m3u8" {
            return Some(Self::Playlist);
        }
        if let Some(number) = name.strip_prefix("init-").and_then(|rest| rest.strip_suffix(".mp4")) {
            return Some(Self::Init(parse_number(number)?));
        }
        let stem = name.strip_suffix(".m4s")?;
        if let Some(msn) = stem.strip_prefix("seg-") {
            return Some(Self::Segment(parse_number(msn)?));
        }
        let (msn, part) = stem.strip_prefix("part-")?.split_once('-')?;
        Some(Self::Part { msn: parse_number(msn)?, part: parse_number(part)? })
    }
}

/// The one spelling of a decimal number: no sign, no leading zero.
fn parse_number(text: &str) -> Option<u64> {
    let canonical = text == "0" || (text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let table = [
            (Resource::Playlist, "index.m3u8"),
            (Resource::Init(1), "init-1.mp4"),
            (Resource::Segment(12), "seg-12.m4s"),
            (Resource::Part { msn: 12, part: 0 }, "part-12-0.m4s"),
            (Resource::Part { msn: u64::MAX, part: 3 }, "part-18446744073709551615-3.m4s"),
        ];
        for (resource, name) in table {
            assert_eq!(resource.to_string(), name);
            assert_eq!(Resource::parse(name), Some(resource));
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for name in [
            "",
            "index.m3u",
            "/index.m3u8",
            "seg-.m4s",
            "seg-01.m4s",
            "seg-+1.m4s",
            "seg--1.m4s",
            "seg-1.mp4",
            "part-1.m4s",
            "part-1-2-3.m4s",
            "part-1-.m4s",
            "init-1.m4s",
            "seg-18446744073709551616.m4s",
            "../index.m3u8",
        ] {
            assert_eq!(Resource::parse(name), None, "{name}");
        }
    }
}
