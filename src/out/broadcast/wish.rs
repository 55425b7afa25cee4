//! What a subscriber wants.

use rtmp::Capabilities;

use crate::out::rendition::RenditionId;

#[derive(Debug)]
pub struct Wish<'a> {
    pub video: RenditionId,
    /// What it can play beside H.264 and AAC.
    pub knows: Option<&'a Capabilities>,
    pub manner: Manner,
}

impl Wish<'_> {
    /// Of this rendition, in the usual manner, what everybody can play.
    pub fn usual(video: RenditionId) -> Self {
        Self { video, knows: None, manner: Manner::default() }
    }
}

/// How a subscriber gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    pub start: Start,
    /// Sound is held back until there is a picture.
    pub sound_waits: bool,
    pub metadata: Metadata,
    /// Packets that may wait at most.
    pub queue: usize,
}

/// Where pictures begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// With the newest keyframe that there was; what came since then comes at once.
    #[default]
    Keyframe,
    /// With what comes next, which refers to pictures that the subscriber has not.
    Now,
}

/// Whose `onMetaData` it gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metadata {
    /// One that is made of the stream itself.
    #[default]
    Own,
    /// The publisher's, word for word.
    Publishers,
    None,
}

impl Default for Manner {
    fn default() -> Self {
        // Ten seconds or so.
        Self { start: Start::Keyframe, sound_waits: false, metadata: Metadata::Own, queue: 1500 }
    }
}
