//! What a peer does.

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
    pub(super) paused: bool,
    pub(super) wants_audio: bool,
    pub(super) wants_video: bool,
}
