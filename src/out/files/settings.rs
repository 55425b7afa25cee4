//! Where the files lie, and how they are cut and called.

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
    /// What stands in front of the segments' names in playlists.
    pub base_url: String,
    /// Whether numbers go on where an earlier playlist of the stream ended.
    pub continuous: bool,
    pub list_type: ListType,
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
            base_url: String::new(),
            continuous: true,
            list_type: ListType::Live,
            variants: Vec::new(),
        }
    }

    /// Segments in a playlist.
    pub(super) fn window(&self) -> usize {
        let fragment = self.fragment.as_millis().max(1);
        (self.playlist_length.as_millis() / fragment).max(1) as usize
    }
}
