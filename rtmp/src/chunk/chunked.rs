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

/// How somebody takes tags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) stream_id: u32,
    /// What it was told.
    pub(crate) chunk_size: usize,
    /// Sound on the chunk stream of pictures.
    pub(crate) interleave: bool,
}

impl Chunked {
    /// `chunk_size`: what the players were told.
    pub(crate) fn new(tag: Tag, chunk_size: usize) -> Self {
        let usual = cut(&tag, Way { stream_id: USUAL_STREAM, chunk_size, interleave: false });
        Self { tag, chunk_size, usual }
    }

    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The bytes for somebody who takes tags in this way.
    pub(crate) fn cut(&self, way: Way) -> Bytes {
        let is_as_usual = !way.interleave || self.tag.kind != TagKind::Audio;
        if way.stream_id == USUAL_STREAM && way.chunk_size == self.chunk_size && is_as_usual {
            self.usual.clone()
        } else {
            cut(&self.tag, way)
        }
    }
}

fn cut(tag: &Tag, way: Way) -> Bytes {
    let Way { stream_id, chunk_size, interleave } = way;
    let (chunk_stream, kind) = match tag.kind {
        TagKind::Audio if interleave => (ChunkStreamId::VIDEO, MessageKind::Audio),
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
        let usual = Way { stream_id: USUAL_STREAM, chunk_size: 4096, interleave: true };
        let one = chunked.cut(usual);
        let other = chunked.clone().cut(usual);
        assert_eq!(one.as_ptr(), other.as_ptr());
        // Headers, extended timestamps in each, and the body.
        assert_eq!(one.len(), 12 + 2 + 3 * 4 + 10_000);
        let on_another = chunked.cut(Way { stream_id: 2, ..usual });
        assert_eq!(on_another.len(), one.len());
        assert_ne!(on_another, one);
        assert_eq!(chunked.cut(Way { chunk_size: 128, ..usual }).len(), 12 + 78 * 5 + 4 + 10_000);
    }
}
