//! A tag cut into chunks once, for every player who gets it.

use bytes::{Bytes, BytesMut};
use media::flv::{Tag, TagKind};

use super::{ChunkStreamId, ChunkWriter};
use crate::message::{Message, MessageKind};

/// The message stream that nearly every player plays on: the first that it has created.
const USUAL_STREAM: u32 = 1;

/// A tag as players get it. Its header refers to nothing before it, so it fits anywhere between two messages.
#[derive(Debug, Clone)]
pub struct Chunked {
    tag: Tag,
    chunk_size: usize,
    usual: Bytes,
}

impl Chunked {
    /// `chunk_size`: what the players were told.
    pub(crate) fn new(tag: Tag, chunk_size: usize) -> Self {
        let usual = cut(&tag, chunk_size, USUAL_STREAM);
        Self { tag, chunk_size, usual }
    }

    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The bytes for somebody who plays on this message stream.
    pub(crate) fn on(&self, stream_id: u32) -> Bytes {
        if stream_id == USUAL_STREAM {
            self.usual.clone()
        } else {
            cut(&self.tag, self.chunk_size, stream_id)
        }
    }
}

fn cut(tag: &Tag, chunk_size: usize, stream_id: u32) -> Bytes {
    let (chunk_stream, kind) = match tag.kind {
        TagKind::Audio => (ChunkStreamId::AUDIO, MessageKind::Audio),
        TagKind::Video => (ChunkStreamId::VIDEO, MessageKind::Video),
        TagKind::Script => (ChunkStreamId::DATA, MessageKind::DataAmf0),
    };
    let message = Message { kind, stream_id, timestamp: tag.timestamp, body: tag.body.clone() };
    let mut bytes = BytesMut::new();
    // A fresh writer knows no message before, so it writes all of the header.
    ChunkWriter::with_chunk_size(chunk_size).write(chunk_stream, &message, &mut bytes);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_on_the_usual_stream_share_the_bytes() {
        let tag = Tag { kind: TagKind::Video, timestamp: 0x100_0000, body: vec![7; 10_000].into() };
        let chunked = Chunked::new(tag, 4096);
        let one = chunked.on(USUAL_STREAM);
        let other = chunked.clone().on(USUAL_STREAM);
        assert_eq!(one.as_ptr(), other.as_ptr());
        // Headers, extended timestamps in each, and the body.
        assert_eq!(one.len(), 12 + 2 + 3 * 4 + 10_000);
        assert_eq!(chunked.on(2).len(), one.len());
        assert_ne!(chunked.on(2), one);
    }
}
