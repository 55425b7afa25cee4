//! What the header of an audio or video tag says, legacy or enhanced.

use bytes::Bytes;

/// `C` is the codec that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message<C> {
    /// A codec's configuration record.
    Config(C, Bytes),
    Frame {
        codec: C,
        composition_millis: i32,
        key: bool,
        data: Bytes,
    },
    /// Nothing follows that continues what came.
    End,
    /// Of a track other than the first, by its number.
    OtherTrack(u8),
    /// Nothing that concerns us: metadata, tags without media.
    Nothing,
}
