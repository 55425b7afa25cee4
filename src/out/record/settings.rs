//! What is recorded, and where to.

use std::path::PathBuf;
use std::time::Duration;

use media::flv::{Tag, TagKind};

use super::pattern::Pattern;

/// What is recorded, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSettings {
    pub name: String,
    pub folder: PathBuf,
    pub container: Container,
    /// What stands behind the stream's name.
    pub suffix: Pattern,
    /// Whether the time stands behind the stream's name, so that no file takes another one's place.
    pub unique: bool,
    /// Goes on behind what is in the file.
    pub append: bool,
    pub tracks: Tracks,
    pub rendition: Source,
    /// Begins with an order, not with the publication.
    pub by_order: bool,
    /// Other programs see that a file is being written (`flock`).
    pub lock: bool,
    /// The publisher is told when it begins, ends and fails.
    pub notify: bool,
    /// A new file begins at the first keyframe after so long.
    pub interval: Option<Duration>,
    /// A file that is as long is closed; the next interval begins another one.
    pub max_size: Option<u64>,
    pub max_frames: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Container {
    #[default]
    Flv,
    /// Fragmented, so that it can be played up to wherever it breaks off. Nothing can be appended to it.
    Mp4,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tracks {
    #[default]
    All,
    Audio,
    Video,
    /// Pictures that stand alone, and no sound.
    Keyframes,
}

/// Which pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Received,
    Enhanced,
}

impl RecordSettings {
    /// Records everything into `folder`.
    pub fn new(name: &str, folder: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            folder,
            container: Container::Flv,
            suffix: Pattern::default(),
            unique: false,
            append: false,
            tracks: Tracks::All,
            rendition: Source::Received,
            by_order: false,
            lock: false,
            notify: false,
            interval: None,
            max_size: None,
            max_frames: None,
        }
    }

    /// Whether a tag belongs into the files.
    pub(super) fn wants(&self, tag: &Tag) -> bool {
        match (self.tracks, tag.kind) {
            (_, TagKind::Script) | (Tracks::All, _) => true,
            (Tracks::Audio, kind) => kind == TagKind::Audio,
            (Tracks::Video, kind) => kind == TagKind::Video,
            (Tracks::Keyframes, _) => media::flv::file::is_key(tag),
        }
    }
}
