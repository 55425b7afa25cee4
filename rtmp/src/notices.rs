//! What peers are told without having asked, if somebody wants them to know.

/// What a player that stays is told when publishers come and go, beside the beginning and the end of its message stream. Some
/// players (FFmpeg) leave at either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notices {
    /// `NetStream.Play.Start` and `NetStream.Play.Stop`.
    pub play: bool,
    /// `NetStream.Play.PublishNotify` and `NetStream.Play.UnpublishNotify`.
    pub publisher: bool,
}

/// What has become of a recorder, which a publisher may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordNotice {
    Start,
    Stop,
    Failed,
}
