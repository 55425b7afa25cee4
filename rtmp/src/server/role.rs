//! What a peer does.

use media::flv::file::is_key;
use media::flv::{Tag, TagKind};

/// What the peer does, and on which message stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    None,
    /// Not yet decided.
    AsksToPublish(u32),
    Publishes(u32),
    /// Not yet decided.
    AsksToPlay(u32),
    Plays(Playing),
}

/// An accepted player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Playing {
    pub(super) stream_id: u32,
    paused: bool,
    wants_audio: bool,
    pictures: Pictures,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pictures {
    Wanted,
    /// Some are missing, so that those before the next keyframe would be decoded to rubbish.
    FromKeyframe,
    Unwanted,
}

impl Playing {
    pub(super) fn new(stream_id: u32) -> Self {
        Self { stream_id, paused: false, wants_audio: true, pictures: Pictures::Wanted }
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        if self.pictures == Pictures::Wanted {
            self.pictures = Pictures::FromKeyframe;
        }
    }

    pub(super) fn want_audio(&mut self, wanted: bool) {
        self.wants_audio = wanted;
    }

    pub(super) fn want_video(&mut self, wanted: bool) {
        self.pictures = match (wanted, self.pictures) {
            (false, _) => Pictures::Unwanted,
            (true, Pictures::Unwanted) => Pictures::FromKeyframe,
            (true, had) => had,
        };
    }

    /// Whether the player is to get this tag.
    pub(super) fn wants(&mut self, tag: &Tag) -> bool {
        match tag.kind {
            TagKind::Script => true,
            _ if self.paused => false,
            TagKind::Audio => self.wants_audio,
            TagKind::Video => {
                if self.pictures == Pictures::FromKeyframe && is_key(tag) {
                    self.pictures = Pictures::Wanted;
                }
                self.pictures == Pictures::Wanted
            }
        }
    }
}
