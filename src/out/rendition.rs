//! What is handed out of a stream: renditions, known by an id that is also their folder in URLs.

use std::fmt;

/// A rendition's name, 1 to 16 characters of `a-z`, `0-9` and `-`; one spelling each, so that no cache holds the same
/// bytes twice. Kept inline and padded with zeros: every packet carries one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenditionId([u8; Self::MAX_LENGTH]);

/// One way to see or hear a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendition {
    pub id: RenditionId,
    pub kind: Kind,
}

/// What a rendition is made of. In this order playlists report on the others; players are offered the last video first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The video as received.
    Source,
    /// The video as a lane made it, `scale` times as wide and as high as received.
    Enhanced { scale: u8 },
    /// The sound, shared by the videos.
    Audio,
}

impl Rendition {
    pub const SOURCE: Self = Self { id: RenditionId::fixed("source"), kind: Kind::Source };
    pub const AUDIO: Self = Self { id: RenditionId::fixed("audio"), kind: Kind::Audio };
    /// The same sound as AAC, beside one that not every player has.
    pub const AAC: Self = Self { id: RenditionId::fixed("aac"), kind: Kind::Audio };

    /// What the lane of a stream makes if nothing else is asked for.
    pub const fn enhanced(scale: u8) -> Self {
        Self { id: RenditionId::fixed("enhanced"), kind: Kind::Enhanced { scale } }
    }
}

impl fmt::Display for Rendition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl RenditionId {
    pub const MAX_LENGTH: usize = 16;

    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..length]).expect("nothing but ASCII is ever put in")
    }

    const fn fixed(text: &str) -> Self {
        Self::parse(text).expect("our own names are well-formed")
    }

    /// `None` if no rendition can have this name.
    pub const fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return None;
        }
        let mut id = [0; Self::MAX_LENGTH];
        let mut at = 0;
        while at < text.len() {
            if !matches!(text[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
                return None;
            }
            id[at] = text[at];
            at += 1;
        }
        Some(Self(id))
    }
}

impl fmt::Display for RenditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RenditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        for text in ["source", "enhanced", "audio", "x", "x3-1080p", "0123456789abcdef"] {
            let id = RenditionId::parse(text).unwrap();
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
        }
        assert_eq!(RenditionId::parse("source"), Some(Rendition::SOURCE.id));
        assert_ne!(Rendition::SOURCE.id, Rendition::AUDIO.id);
    }

    #[test]
    fn what_does_not_belong_into_a_path_is_refused() {
        for text in ["", "Source", "a/b", "..", "a.b", "a b", "\0", "é", "0123456789abcdefg"] {
            assert_eq!(RenditionId::parse(text), None, "{text:?}");
        }
    }
}
