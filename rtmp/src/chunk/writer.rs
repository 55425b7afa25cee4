//! From messages to bytes.

use std::collections::BTreeMap;

use bytes::{BufMut, BytesMut};

use super::{DEFAULT_CHUNK_SIZE, EXTENDED, MAX_CHUNK_SIZE};
use crate::message::{Message, MessageKind};

/// Id of a chunk stream: 2 to 65599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkStreamId(u32);

impl ChunkStreamId {
    pub const CONTROL: Self = Self(2);
    pub const COMMAND: Self = Self(3);
    pub const AUDIO: Self = Self(4);
    /// Data for players. Commands have a stream of their own.
    pub const DATA: Self = Self(5);
    pub const VIDEO: Self = Self(6);

    /// None outside 2 to 65599.
    pub fn new(id: u32) -> Option<Self> {
        (2..=65599).contains(&id).then_some(Self(id))
    }

    /// The usual chunk stream for messages of a kind.
    pub fn of(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Audio => Self::AUDIO,
            MessageKind::Video | MessageKind::Aggregate => Self::VIDEO,
            MessageKind::CommandAmf0
            | MessageKind::CommandAmf3
            | MessageKind::DataAmf0
            | MessageKind::DataAmf3 => Self::COMMAND,
            _ => Self::CONTROL,
        }
    }
}

/// Cuts messages into chunks.
///
/// Headers are format 0, 1 or 2; format 3 only continues a message, because readers disagree on what time a message
/// has that begins with it. Extended timestamps are repeated, as the specification says.
#[derive(Debug)]
pub struct ChunkWriter {
    chunk_size: usize,
    last: BTreeMap<ChunkStreamId, Last>,
}

/// What the last header of a chunk stream said.
#[derive(Debug, Clone, Copy)]
struct Last {
    timestamp: u32,
    length: usize,
    kind: MessageKind,
    stream_id: u32,
}

impl Default for ChunkWriter {
    fn default() -> Self {
        Self { chunk_size: DEFAULT_CHUNK_SIZE, last: BTreeMap::new() }
    }
}

impl ChunkWriter {
    /// A writer to somebody who knows the chunk size already.
    pub(super) fn with_chunk_size(chunk_size: usize) -> Self {
        Self { chunk_size, ..Self::default() }
    }

    /// Says to the peer that chunks are larger from here on; `size` is kept within 1 and [`MAX_CHUNK_SIZE`].
    pub fn set_chunk_size(&mut self, size: usize, out: &mut BytesMut) {
        let size = size.clamp(1, MAX_CHUNK_SIZE);
        self.write(ChunkStreamId::CONTROL, &Message::number(MessageKind::SetChunkSize, size as u32), out);
        self.chunk_size = size;
    }

    /// Appends all chunks of a message. Bodies of 16 MiB and more cannot be said and are cut; no kind of message
    /// that we accept comes near.
    pub fn write(&mut self, chunk_stream: ChunkStreamId, message: &Message, out: &mut BytesMut) {
        let chunks = message.body.len().div_ceil(self.chunk_size);
        out.reserve(message.body.len() + 18 + chunks * 7);
        self.chunks(chunk_stream, message, |header, payload| {
            out.put_slice(header);
            out.put_slice(payload);
        });
    }

    /// Hands every chunk of a message to the sink, as header and payload.
    pub(super) fn chunks(
        &mut self,
        chunk_stream: ChunkStreamId,
        message: &Message,
        mut sink: impl FnMut(&[u8], &[u8]),
    ) {
        let body = &message.body[..message.body.len().min(MAX_CHUNK_SIZE)];
        let now = Last {
            timestamp: message.timestamp,
            length: body.len(),
            kind: message.kind,
            stream_id: message.stream_id,
        };
        let last = self.last.insert(chunk_stream, now);
        let (header, extended) = first_header(chunk_stream, now, last);
        let (first, rest) = body.split_at(body.len().min(self.chunk_size));
        sink(&header, first);

        // Continuations are alike, so one header serves all.
        let mut continuation = basic_header(3, chunk_stream);
        if let Some(time) = extended {
            continuation.put_u32(time);
        }
        for payload in rest.chunks(self.chunk_size) {
            sink(&continuation, payload);
        }
    }
}

/// The header that begins a message, as short as the one before allows, and its extended timestamp.
fn first_header(chunk_stream: ChunkStreamId, now: Last, last: Option<Last>) -> (Vec<u8>, Option<u32>) {
    // A delta must be small and forwards; anything else starts afresh with the timestamp itself.
    let delta = last
        .filter(|last| last.stream_id == now.stream_id)
        .map(|last| (last, now.timestamp.wrapping_sub(last.timestamp)))
        .filter(|(_, delta)| *delta < EXTENDED);
    let (format, time) = match delta {
        None => (0, now.timestamp),
        Some((last, delta)) if (last.length, last.kind) == (now.length, now.kind) => (2, delta),
        Some((_, delta)) => (1, delta),
    };
    let extended = (time >= EXTENDED).then_some(time);
    let mut header = basic_header(format, chunk_stream);
    put_u24(time.min(EXTENDED), &mut header);
    if format < 2 {
        put_u24(now.length as u32, &mut header);
        header.put_u8(now.kind.into());
    }
    if format == 0 {
        header.put_u32_le(now.stream_id);
    }
    if let Some(time) = extended {
        header.put_u32(time);
    }
    (header, extended)
}

fn basic_header(format: u8, ChunkStreamId(id): ChunkStreamId) -> Vec<u8> {
    let format = format << 6;
    match id {
        0..64 => vec![format | id as u8],
        64..320 => vec![format, (id - 64) as u8],
        _ => vec![format | 1, ((id - 64) % 256) as u8, ((id - 64) / 256) as u8],
    }
}

fn put_u24(number: u32, out: &mut Vec<u8>) {
    out.put_slice(&number.to_be_bytes()[1..]);
}
