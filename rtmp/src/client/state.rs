//! What a client wants, and how far it is.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Publish,
    Play,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Waiting for the answer to `connect`.
    Connecting,
    /// Waiting for the answer to `createStream`.
    Creating,
    /// Waiting for the answer to `publish` or `play` on this message stream.
    Asking(u32),
    Ready(u32),
    Ended,
}

/// Transaction numbers, in the order of the questions.
pub(super) mod transaction {
    pub(in crate::client) const CONNECT: f64 = 1.0;
    pub(in crate::client) const RELEASE_STREAM: f64 = 2.0;
    pub(in crate::client) const FC_PUBLISH: f64 = 3.0;
    pub(in crate::client) const CREATE_STREAM: f64 = 4.0;
    /// `publish` or `play`.
    pub(in crate::client) const ASK: f64 = 5.0;
    pub(in crate::client) const FC_UNPUBLISH: f64 = 6.0;
    pub(in crate::client) const DELETE_STREAM: f64 = 7.0;
}
