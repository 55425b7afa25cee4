//! Chunks: messages cut into pieces and interleaved on one connection (specification 1.0, chapter 5.3).
//!
//! [`ChunkReader`] assembles messages per chunk stream, [`ChunkWriter`] cuts them. Both keep the chunk layer to
//! themselves: *set chunk size* and *abort* never leave the reader.

mod carry;
mod chunked;
mod header;
mod reader;
mod stream;
#[cfg(test)]
mod tests;
mod writer;

pub use chunked::Chunked;
pub(crate) use chunked::Way;
pub use reader::ChunkReader;
pub use writer::{ChunkStreamId, ChunkWriter};

/// Bytes per chunk before anybody says otherwise.
pub const DEFAULT_CHUNK_SIZE: usize = 128;

/// No message is longer than its 24-bit length, so no larger chunk makes a difference.
pub const MAX_CHUNK_SIZE: usize = 0xff_ffff;

/// Timestamps and deltas from here on stand in four bytes behind the header.
const EXTENDED: u32 = 0xff_ffff;
