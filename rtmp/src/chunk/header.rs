//! Chunk headers on the wire.

use super::EXTENDED;

/// Three bytes of chunk stream id, eleven of message header, four of extended timestamp.
pub(super) const MAX_HEADER: usize = 18;

/// Format, chunk stream and length of the first one to three bytes of a chunk. None if bytes are missing.
pub(super) fn basic(bytes: &[u8]) -> Option<(u8, u32, usize)> {
    let first = *bytes.first()?;
    let (chunk_stream, length) = match first & 0x3f {
        0 => (64 + u32::from(*bytes.get(1)?), 2),
        1 => (64 + u32::from(*bytes.get(1)?) + 256 * u32::from(*bytes.get(2)?), 3),
        id => (u32::from(id), 1),
    };
    Some((first >> 6, chunk_stream, length))
}

/// What the message header of a format 0, 1 or 2 chunk says. Format 3 has none.
pub(super) struct MessageHeader {
    /// Timestamp (format 0) or delta (1, 2), the extended one if there is one.
    pub(super) time: u32,
    pub(super) extended: bool,
    /// Message length and kind (formats 0 and 1).
    pub(super) message: Option<(usize, u8)>,
    /// Format 0 only; the one little-endian number of RTMP.
    pub(super) stream_id: Option<u32>,
    /// Bytes of this header with the extended timestamp.
    pub(super) length: usize,
}

impl MessageHeader {
    /// Reads the header of a format below 3; none if bytes are missing.
    pub(super) fn parse(format: u8, bytes: &[u8]) -> Option<Self> {
        let short = match format {
            0 => 11,
            1 => 7,
            _ => 3,
        };
        let fields = bytes.get(..short)?;
        let field = u24(fields);
        let (time, extended, length) = if field == EXTENDED {
            (u32::from_be_bytes(*bytes[short..].first_chunk()?), true, short + 4)
        } else {
            (field, false, short)
        };
        let message = fields.get(3..7).map(|rest| (u24(rest) as usize, rest[3]));
        let stream_id = fields.get(7..11).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]]));
        Some(Self { time, extended, message, stream_id, length })
    }
}

fn u24(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])
}
