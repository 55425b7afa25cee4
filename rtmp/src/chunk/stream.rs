//! One chunk stream: what its next header may leave out, and its unfinished message.

use bytes::BytesMut;

use super::header::MessageHeader;
use crate::message::Message;

/// Bytes allocated for a message at once. More comes as the bytes do: an announced length costs the peer nothing.
const FIRST_ALLOCATION: usize = 16 << 10;

#[derive(Default)]
pub(super) struct ChunkStream {
    /// Timestamp of the current message.
    timestamp: u32,
    /// Timestamp or delta as the last header said it.
    time: u32,
    /// It stood in the four bytes behind the header.
    extended: bool,
    length: usize,
    kind: u8,
    stream_id: u32,
    body: Option<BytesMut>,
}

impl ChunkStream {
    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn kind(&self) -> u8 {
        self.kind
    }

    /// A message has begun and is not finished.
    pub(super) fn is_assembling(&self) -> bool {
        self.body.is_some()
    }

    pub(super) fn missing(&self) -> usize {
        self.length - self.body.as_ref().map_or(0, BytesMut::len)
    }

    /// Bytes of extended timestamp, 0 or 4, that a format 3 header repeats. None: more bytes are needed to tell.
    ///
    /// The specification asks for them, older OBS leaves them out, and others repeat the message's timestamp
    /// where the header had a delta. So they are there if they look like it.
    pub(super) fn repeated_timestamp(&self, rest: &[u8]) -> Option<usize> {
        if !self.extended {
            return Some(0);
        }
        let seen = &rest[..rest.len().min(4)];
        let expected = [self.time, self.timestamp].map(u32::to_be_bytes);
        if !expected.iter().any(|bytes| bytes.starts_with(seen)) {
            return Some(0);
        }
        (seen.len() == 4).then_some(4)
    }

    pub(super) fn apply(&mut self, format: u8, header: &MessageHeader) {
        self.time = header.time;
        self.extended = header.extended;
        // Only format 0 has a timestamp; the others say how much later they are. Time wraps, so the sum does, too.
        self.timestamp = if format == 0 { header.time } else { self.timestamp.wrapping_add(header.time) };
        if let Some((length, kind)) = header.message {
            self.length = length;
            self.kind = kind;
        }
        if let Some(stream_id) = header.stream_id {
            self.stream_id = stream_id;
        }
    }

    /// Begins the message that the last header described. A format 3 header repeats that description, its time
    /// as a delta even where it was a timestamp: so says the specification, and so FFmpeg writes it.
    pub(super) fn begin(&mut self, format: u8) {
        if format == 3 {
            self.timestamp = self.timestamp.wrapping_add(self.time);
        }
        self.body = Some(BytesMut::with_capacity(self.length.min(FIRST_ALLOCATION)));
    }

    pub(super) fn append(&mut self, payload: &[u8]) {
        if let Some(body) = &mut self.body {
            body.extend_from_slice(payload);
        }
    }

    /// The message, if it is whole.
    pub(super) fn finish(&mut self) -> Option<Message> {
        if self.missing() > 0 {
            return None;
        }
        let body = self.body.take()?.freeze();
        Some(Message { kind: self.kind.into(), stream_id: self.stream_id, timestamp: self.timestamp, body })
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.body.as_ref().map_or(0, BytesMut::capacity)
    }

    /// Drops an unfinished message; returns the length that it had announced.
    pub(super) fn abandon(&mut self) -> usize {
        self.body.take().map_or(0, |_| self.length)
    }
}
