//! Tags as a file has them (annex E.2 and E.3 of the FLV specification).

use super::{Tag, TagKind};

/// Bytes of a tag's header.
pub const TAG_HEADER: usize = 11;

/// What a file begins with; the size of the tag before the first is zero.
pub fn header(audio: bool, video: bool) -> [u8; 13] {
    let tracks = u8::from(audio) << 2 | u8::from(video);
    [b'F', b'L', b'V', 1, tracks, 0, 0, 0, 9, 0, 0, 0, 0]
}

/// What stands before a tag's body, with another timestamp than its own.
pub fn tag_header(tag: &Tag, timestamp: u32) -> [u8; TAG_HEADER] {
    let [_, size @ ..] = (tag.body.len() as u32).to_be_bytes();
    let [high, time @ ..] = timestamp.to_be_bytes();
    let mut header = [0; TAG_HEADER];
    header[0] = tag.kind.wire_id();
    header[1..4].copy_from_slice(&size);
    header[4..7].copy_from_slice(&time);
    header[7] = high;
    header
}

/// What stands behind it: how long the tag was.
pub fn tag_end(tag: &Tag) -> [u8; 4] {
    ((tag.body.len() + TAG_HEADER) as u32).to_be_bytes()
}

/// Whether a tag is a keyframe, a configuration or data: what is left when only keyframes are kept.
pub fn is_key(tag: &Tag) -> bool {
    match tag.kind {
        TagKind::Script => true,
        TagKind::Audio => false,
        // The frame type stands in the same bits in both forms.
        TagKind::Video => tag.body.first().is_some_and(|first| first >> 4 & 7 == 1),
    }
}
