//! What the header of an audio or video tag says, legacy or enhanced.

use bytes::Bytes;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A codec's configuration record.
    Config(Bytes),
    Frame {
        composition_millis: i32,
        key: bool,
        data: Bytes,
    },
    /// Nothing follows that continues what came.
    End,
    /// Nothing that concerns us: metadata, another track.
    Nothing,
}
