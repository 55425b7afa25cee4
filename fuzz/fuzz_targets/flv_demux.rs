//! Any sequence of FLV tags. Each is a kind, a timestamp, a 16-bit length and a body.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::flv::{Demuxer, Tag, TagKind};

fuzz_target!(|input: &[u8]| {
    let mut demuxer = Demuxer::new();
    let mut rest = input;
    while let Some(tag) = next_tag(&mut rest) {
        // An error concerns one tag; the next one is read all the same.
        let _ = demuxer.push(&tag);
        while demuxer.pull().is_some() {}
    }
    demuxer.finish();
    while demuxer.pull().is_some() {}
});

fn next_tag(input: &mut &[u8]) -> Option<Tag> {
    let (header, rest) = input.split_first_chunk::<7>()?;
    let [kind, t3, t2, t1, t0, high, low] = *header;
    let kind = [TagKind::Audio, TagKind::Video, TagKind::Script][usize::from(kind % 3)];
    let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (body, rest) = rest.split_at(length);
    *input = rest;
    Some(Tag { kind, timestamp: u32::from_be_bytes([t3, t2, t1, t0]), body: Bytes::copy_from_slice(body) })
}
