//! Where the files lie, and how they are cut and called.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesSettings {
    pub folder: PathBuf,
    /// A folder for each stream.
    pub nested: bool,
    /// A segment ends at the first keyframe after so long.
    pub fragment: Duration,
    /// A segment ends after so long, keyframe or not.
    pub max_fragment: Duration,
    pub playlist_length: Duration,
    /// Whether old segments are deleted: those that are twice as old as a playlist is long.
    pub cleanup: bool,
    pub naming: Naming,
    /// Numbers in names are multiples of this.
    pub granularity: Option<NonZeroU64>,
    pub slicing: Slicing,
    /// Sound whose time is off by less than this from where its own length puts it, is put there: RTMP's times are whole milliseconds.
    pub sync: Duration,
    /// What stands in front of the segments' names in playlists.
    pub base_url: String,
    /// Whether numbers go on where an earlier playlist of the stream ended.
    pub continuous: bool,
    pub list_type: ListType,
    /// Without it segments are not encrypted.
    pub keys: Option<KeySettings>,
    /// With some, a stream whose name ends with one of the suffixes gets a master playlist without it.
    pub variants: Vec<Variant>,
}

/// How segments are called behind the stream's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Naming {
    /// Counted.
    #[default]
    Sequential,
    /// The stream's time in 1/90000 s.
    Timestamp,
    /// The wall clock in milliseconds.
    System,
}

/// Where segments end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slicing {
    /// At the first keyframe after `fragment`.
    #[default]
    Plain,
    /// At the first keyframe behind a multiple of `fragment` in the stream's time, so that servers cut alike.
    Aligned,
}

/// Where keys lie, and how players find them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySettings {
    pub folder: PathBuf,
    /// What stands in front of the keys' names in playlists.
    pub url: String,
    /// Segments that have one key; one for all that a publication makes if nothing is said.
    pub fragments: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListType {
    #[default]
    Live,
    /// Nothing leaves the playlist.
    Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub suffix: String,
    /// What stands behind `EXT-X-STREAM-INF:`.
    pub arguments: String,
}

impl FilesSettings {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            nested: false,
            fragment: Duration::from_secs(5),
            max_fragment: Duration::from_secs(50),
            playlist_length: Duration::from_secs(30),
            cleanup: true,
            naming: Naming::Sequential,
            granularity: None,
            slicing: Slicing::Plain,
            sync: Duration::from_millis(2),
            base_url: String::new(),
            continuous: true,
            list_type: ListType::Live,
            keys: None,
            variants: Vec::new(),
        }
    }

    /// Segments in a playlist.
    pub(super) fn window(&self) -> usize {
        let fragment = self.fragment.as_millis().max(1);
        (self.playlist_length.as_millis() / fragment).max(1) as usize
    }
}
