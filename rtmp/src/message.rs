//! RTMP messages: what chunk streams carry (specification 1.0, chapters 5.4, 6 and 7).
//!
//! Unknown kinds and events are values, not errors: peers of every age talk to us.

mod aggregate;
mod command;
mod data;
mod kind;
mod user_control;

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

pub use command::Command;
pub use kind::MessageKind;
pub use user_control::UserControl;

#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: MessageKind,
    /// Message stream; 0 is the connection itself.
    pub stream_id: u32,
    /// Milliseconds, wraps after 49.7 days.
    pub timestamp: u32,
    /// The body, not looked into.
    pub body: Bytes,
}

impl Message {
    /// Protocol control message of one 32-bit number: set chunk size, abort, acknowledgement, window size.
    pub fn number(kind: MessageKind, number: u32) -> Self {
        Self { kind, stream_id: 0, timestamp: 0, body: Bytes::copy_from_slice(&number.to_be_bytes()) }
    }

    /// Set peer bandwidth with the *dynamic* limit type, as media servers send it.
    pub fn peer_bandwidth(window: u32) -> Self {
        const DYNAMIC: u8 = 2;
        let mut body = BytesMut::with_capacity(5);
        body.put_u32(window);
        body.put_u8(DYNAMIC);
        Self { kind: MessageKind::PeerBandwidth, stream_id: 0, timestamp: 0, body: body.freeze() }
    }

    /// The number of a protocol control message; none if the body is too short.
    pub fn as_number(&self) -> Option<u32> {
        self.body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }
}

/// The body stays out of it: stream keys travel in commands.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, stream_id, timestamp, body } = self;
        write!(f, "Message({kind:?} on {stream_id}, {timestamp} ms, {} bytes)", body.len())
    }
}
