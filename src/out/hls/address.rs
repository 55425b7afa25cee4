//! What can be fetched of a stream, and the names that it has in URLs: `enhanced/part-12-3.m4s`.
//!
//! Names have one spelling each: what [`Display`](fmt::Display) writes is all that [`FromStr`] reads, so that no cache
//! holds the same bytes twice.

use std::fmt;
use std::str::FromStr;

/// One way to see (or hear) the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rendition {
    /// The video as received.
    Source,
    /// The video after the enhancing lane.
    Enhanced,
    /// The sound, shared by both.
    Audio,
}

impl Rendition {
    /// All of them, in the order of their indices.
    pub const ALL: [Self; 3] = [Self::Source, Self::Enhanced, Self::Audio];

    /// Its folder in URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Enhanced => "enhanced",
            Self::Audio => "audio",
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Source => 0,
            Self::Enhanced => 1,
            Self::Audio => 2,
        }
    }
}

impl fmt::Display for Rendition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Rendition {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        Self::ALL.into_iter().find(|rendition| rendition.as_str() == text).ok_or(ParseAddressError)
    }
}

/// One file of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `index.m3u8`: the media playlist.
    Playlist,
    /// `init-N.mp4`: the N-th initialisation segment of this rendition.
    Init(u64),
    /// `seg-MSN.m4s`: a complete segment.
    Segment(u64),
    /// `part-MSN-PART.m4s`: a part of a segment.
    Part {
        /// Media sequence number of its segment.
        msn: u64,
        /// Position in it, from 0.
        part: u64,
    },
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

impl FromStr for Resource {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        if text == "index.m3u8" {
            return Ok(Self::Playlist);
        }
        if let Some(number) = text.strip_prefix("init-").and_then(|rest| rest.strip_suffix(".mp4")) {
            return Ok(Self::Init(parse_number(number)?));
        }
        let stem = text.strip_suffix(".m4s").ok_or(ParseAddressError)?;
        if let Some(msn) = stem.strip_prefix("seg-") {
            return Ok(Self::Segment(parse_number(msn)?));
        }
        let (msn, part) =
            stem.strip_prefix("part-").and_then(|rest| rest.split_once('-')).ok_or(ParseAddressError)?;
        Ok(Self::Part { msn: parse_number(msn)?, part: parse_number(part)? })
    }
}

/// The one spelling of a decimal number: no sign, no leading zero.
fn parse_number(text: &str) -> Result<u64, ParseAddressError> {
    let canonical = text == "0" || (text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0'));
    if canonical { text.parse().map_err(|_| ParseAddressError) } else { Err(ParseAddressError) }
}

/// No rendition or file has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such file")]
pub struct ParseAddressError;

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
            assert_eq!(name.parse(), Ok(resource));
        }
        for rendition in Rendition::ALL {
            assert_eq!(rendition.as_str().parse(), Ok(rendition));
            assert_eq!(Rendition::ALL[rendition.index()], rendition);
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
            assert_eq!(name.parse::<Resource>(), Err(ParseAddressError), "{name}");
        }
        assert_eq!("Source".parse::<Rendition>(), Err(ParseAddressError));
    }
}
