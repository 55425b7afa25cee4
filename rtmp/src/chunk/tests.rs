//! Both directions of the chunk layer: one table for what we write and read, one for what only others write, and
//! properties over any bodies, chunk sizes, interleavings and pieces.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::message::{Message, MessageKind};
use crate::{Error, Limits};

fn message(kind: MessageKind, stream_id: u32, timestamp: u32, body: &[u8]) -> Message {
    Message { kind, stream_id, timestamp, body: body.to_vec().into() }
}

fn video(timestamp: u32, body: &[u8]) -> Message {
    message(MessageKind::Video, 1, timestamp, body)
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Feeds bytes in pieces of one size and gathers what comes out.
fn read(limits: &Limits, bytes: &[u8], piece: usize) -> Result<Vec<Message>, Error> {
    let mut reader = ChunkReader::new(limits);
    let mut messages = Vec::new();
    for mut input in bytes.chunks(piece) {
        while let Some(message) = reader.read(&mut input)? {
            messages.push(message);
        }
        assert!(input.is_empty());
        assert!(reader.unfinished() <= limits.assembling);
    }
    Ok(messages)
}

/// Reads bytes whole, byte by byte, and in between; the pieces must not matter.
fn read_any_way(bytes: &[u8]) -> Result<Vec<Message>, Error> {
    let whole = read(&Limits::default(), bytes, bytes.len().max(1));
    for piece in [1, 2, 3, 5, 19] {
        assert_eq!(read(&Limits::default(), bytes, piece), whole, "pieces of {piece}");
    }
    whole
}

#[test]
fn what_we_write_is_what_the_specification_says_and_reads_back() {
    let id = |id| ChunkStreamId::new(id).unwrap();
    let long = [0xaa; 130];
    let cases = [
        (
            "format 0, then 1 when the length changes, then 2 when only the time does",
            vec![(id(6), video(1000, b"abc")), (id(6), video(1040, b"de")), (id(6), video(1080, b"fg"))],
            joined(&[
                b"\x06\x00\x03\xe8\x00\x00\x03\x09\x01\x00\x00\x00abc",
                b"\x46\x00\x00\x28\x00\x00\x02\x09de",
                b"\x86\x00\x00\x28fg",
            ]),
        ),
        (
            "format 0 again when time goes back or the message stream changes",
            vec![
                (id(6), video(80, b"a")),
                (id(6), video(40, b"b")),
                (id(6), message(MessageKind::Video, 2, 40, b"c")),
            ],
            joined(&[
                b"\x06\x00\x00\x50\x00\x00\x01\x09\x01\x00\x00\x00a",
                b"\x06\x00\x00\x28\x00\x00\x01\x09\x01\x00\x00\x00b",
                b"\x06\x00\x00\x28\x00\x00\x01\x09\x02\x00\x00\x00c",
            ]),
        ),
        (
            "a message longer than a chunk",
            vec![(id(6), video(0, &long))],
            joined(&[b"\x06\0\0\0\x00\x00\x82\x09\x01\0\0\0", &long[..128], b"\xc6", &long[128..]]),
        ),
        (
            "an extended timestamp, repeated where the message goes on",
            vec![(id(6), video(0x0100_0000, &long))],
            joined(&[
                b"\x06\xff\xff\xff\x00\x00\x82\x09\x01\0\0\0\x01\0\0\0",
                &long[..128],
                b"\xc6\x01\0\0\0",
                &long[128..],
            ]),
        ),
        (
            "the first timestamp that is extended, and the last that is not",
            vec![(id(4), video(0x00ff_fffe, b"a")), (id(5), video(0x00ff_ffff, b"b"))],
            joined(&[
                b"\x04\xff\xff\xfe\x00\x00\x01\x09\x01\0\0\0a",
                b"\x05\xff\xff\xff\x00\x00\x01\x09\x01\0\0\0\x00\xff\xff\xffb",
            ]),
        ),
        (
            "a small step behind an extended timestamp, over the wrap",
            vec![(id(4), video(u32::MAX, b"a")), (id(4), video(9, b"b"))],
            joined(&[b"\x04\xff\xff\xff\x00\x00\x01\x09\x01\0\0\0\xff\xff\xff\xffa", b"\x84\x00\x00\x0ab"]),
        ),
        (
            "chunk stream ids of one, two and three bytes",
            [2, 63, 64, 319, 320, 65599].map(|n| (id(n), video(0, b""))).to_vec(),
            joined(&[
                b"\x02\0\0\0\0\0\0\x09\x01\0\0\0",
                b"\x3f\0\0\0\0\0\0\x09\x01\0\0\0",
                b"\x00\x00\0\0\0\0\0\0\x09\x01\0\0\0",
                b"\x00\xff\0\0\0\0\0\0\x09\x01\0\0\0",
                b"\x01\x00\x01\0\0\0\0\0\0\x09\x01\0\0\0",
                b"\x01\xff\xff\0\0\0\0\0\0\x09\x01\0\0\0",
            ]),
        ),
    ];
    for (name, messages, bytes) in cases {
        let (mut writer, mut written) = (ChunkWriter::default(), BytesMut::new());
        for (chunk_stream, message) in &messages {
            writer.write(*chunk_stream, message, &mut written);
        }
        assert_eq!(written, bytes, "writing {name}");
        let expected: Vec<_> = messages.into_iter().map(|(_, message)| message).collect();
        assert_eq!(read_any_way(&bytes), Ok(expected), "reading {name}");
    }
}

#[test]
fn what_others_write_is_read() {
    let long = [0xaa; 130];
    let cases = [
        (
            "two messages, interleaved",
            joined(&[
                b"\x06\0\0\x05\x00\x00\x82\x09\x01\0\0\0",
                &long[..128],
                b"\x04\0\0\x07\x00\x00\x02\x08\x01\0\0\0hi\xc6",
                &long[128..],
            ]),
            vec![message(MessageKind::Audio, 1, 7, b"hi"), video(5, &long)],
        ),
        (
            "an extended timestamp that is not repeated (OBS before 2024)",
            joined(&[
                b"\x06\xff\xff\xff\x00\x00\x82\x09\x01\0\0\0\x01\0\0\x05",
                &long[..128],
                b"\xc6",
                &long[128..],
                b"\x46\0\0\x01\0\0\x01\x09x",
            ]),
            vec![video(0x0100_0005, &long), video(0x0100_0006, b"x")],
        ),
        (
            "an extended timestamp that is not repeated, before payload that begins like it",
            joined(&[
                b"\x06\xff\xff\xff\x00\x00\x82\x09\x01\0\0\0\x01\0\0\x05",
                &long[..128],
                b"\xc6\x01\0",
                b"\x46\0\0\x01\0\0\x01\x09x",
            ]),
            vec![video(0x0100_0005, &[&long[..128], b"\x01\0"].concat()), video(0x0100_0006, b"x")],
        ),
        (
            "an extended delta, continued with the timestamp itself",
            joined(&[
                b"\x06\0\0\x05\x00\x00\x01\x09\x01\0\0\0a\x46\xff\xff\xff\x00\x00\x82\x09\x01\0\0\0",
                &long[..128],
                b"\xc6\x01\0\0\x05",
                &long[128..],
            ]),
            vec![video(5, b"a"), video(0x0100_0005, &long)],
        ),
        (
            "a chunk stream that begins with format 1 (librtmp's ping)",
            b"\x42\0\0\0\x00\x00\x06\x04\0\x07\0\0\0\x2a".to_vec(),
            vec![message(MessageKind::UserControl, 0, 0, b"\0\x07\0\0\0\x2a")],
        ),
        (
            "messages that begin with format 3 repeat the delta (FFmpeg)",
            b"\x04\0\0\x17\0\0\x01\x08\x01\0\0\0a\xc4b\xc4c".to_vec(),
            [(23, b"a"), (46, b"b"), (69, b"c")].map(|(t, b)| message(MessageKind::Audio, 1, t, b)).to_vec(),
        ),
        (
            "a chunk size that grows between the chunks of a message",
            joined(&[
                b"\x06\0\0\0\x00\x01\x02\x09\x01\0\0\0",
                &[1; 128],
                b"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x10\0\xc6",
                &[1; 130],
            ]),
            vec![video(0, &[1; 258])],
        ),
        (
            "an abort, and a new message in its place",
            joined(&[
                b"\x06\0\0\0\x00\x00\x82\x09\x01\0\0\0",
                &long[..128],
                b"\x02\0\0\0\0\0\x04\x02\0\0\0\0\0\0\0\x06",
                b"\x46\0\0\x28\0\0\x01\x09x",
            ]),
            vec![video(40, b"x")],
        ),
        (
            "a header in the middle of a message drops what came before",
            joined(&[b"\x06\0\0\0\x00\x00\x82\x09\x01\0\0\0", &long[..128], b"\x46\0\0\x28\0\0\x01\x09x"]),
            vec![video(40, b"x")],
        ),
        (
            "aborts of nothing, and of nobody",
            b"\x02\0\0\0\0\0\x04\x02\0\0\0\0\0\0\0\x02\xc2\0\0\0\x63\xc2\0\0\0\x02".to_vec(),
            vec![],
        ),
        ("half a message", b"\x06\0\0\0\0\0\x02\x09\x01\0\0\0a".to_vec(), vec![]),
    ];
    for (name, bytes, messages) in cases {
        assert_eq!(read_any_way(&bytes), Ok(messages), "{name}");
    }
}

#[test]
fn what_cannot_be_is_an_error() {
    let size = |number: &[u8]| joined(&[b"\x02\0\0\0\0\0\x04\x01\0\0\0\0", number]);
    let too_long = |kind: &str, length: u32, limit| {
        Error::limit(format!("bytes for a {kind} message, which announces {length}"), limit)
    };
    let cases = [
        (b"\x86\0\0\0".to_vec(), Error::malformed("chunk stream 6 starts with a format 2 header")),
        (b"\xc6".to_vec(), Error::malformed("chunk stream 6 starts with a format 3 header")),
        (size(b"\0\0\0\0"), Error::malformed("impossible chunk size")),
        (size(b"\x80\0\0\0"), Error::malformed("impossible chunk size")),
        (b"\x02\0\0\0\0\0\x02\x01\0\0\0\0\0\x80".to_vec(), Error::malformed("impossible chunk size")),
        (b"\x06\0\0\0\xff\xff\xff\x09\x01\0\0\0".to_vec(), too_long("Video", 0xff_ffff, 4 << 20)),
        (b"\x03\0\0\0\x01\0\x01\x14\0\0\0\0".to_vec(), too_long("CommandAmf0", 0x1_0001, 64 << 10)),
        (
            // The length of one kind does not pass as another kind's.
            joined(&[b"\x06\0\0\0\x40\0\0\x09\x01\0\0\0", &[0; 128], b"\x46\0\0\0\x40\0\0\x08"]),
            too_long("Audio", 4 << 20, 256 << 10),
        ),
        (
            joined(&[b"\x06\0\0\0\x40\0\0\x09\x01\0\0\0", &[0; 128], b"\x07\0\0\0\x40\0\0\x09\x01\0\0\0"]),
            Error::limit("bytes of unfinished messages", 5 << 20),
        ),
        (
            // Numbers in two bytes: 64 and on.
            (0..=128).flat_map(|id| [0, id, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0]).collect(),
            Error::limit("chunk streams", 128),
        ),
    ];
    for (bytes, error) in cases {
        assert_eq!(read_any_way(&bytes), Err(error));
    }
}

#[test]
fn an_announced_length_costs_no_memory() {
    let mut reader = ChunkReader::new(&Limits::default());
    let mut input = &b"\x06\0\0\0\x40\0\0\x09\x01\0\0\0only this"[..];
    assert_eq!(reader.read(&mut input), Ok(None));
    assert_eq!(reader.unfinished(), 4 << 20);
    assert!(reader.allocated() <= 16 << 10, "{} bytes", reader.allocated());
}

prop_compose! {
    fn any_message()(
        kind in prop::sample::select(vec![8, 9, 15, 17, 18, 20, 22, 3, 4, 5, 6, 99]),
        stream_id in 0..3u32,
        timestamp in prop_oneof![0..200u32, Just(0x00ff_fffe), Just(0x00ff_ffff), Just(0x0100_0000), any::<u32>()],
        body in vec(any::<u8>(), 0..400),
    ) -> Message {
        message(MessageKind::from(kind), stream_id, timestamp, &body)
    }
}

/// Chunks of messages on a few chunk streams, each stream's in order.
fn chunks_by_stream(messages: &[(u32, Message)], chunk_size: usize) -> Vec<Vec<Vec<u8>>> {
    let mut writer = ChunkWriter::default();
    writer.set_chunk_size(chunk_size, &mut BytesMut::new());
    let mut streams = vec![Vec::new(); 4];
    for (stream, message) in messages {
        let id = ChunkStreamId::new([3, 63, 64, 500][*stream as usize]).unwrap();
        writer.chunks(id, message, |header, payload| {
            streams[*stream as usize].push([header, payload].concat());
        });
    }
    streams
}

proptest! {
    #[test]
    fn messages_survive_any_chunk_size_interleaving_and_pieces(
        messages in vec((0..4u32, any_message()), 1..12),
        chunk_size in 1..500usize,
        picks in vec(0..4usize, 0..64),
        piece in 1..64usize,
    ) {
        let mut bytes = BytesMut::new();
        ChunkWriter::default().set_chunk_size(chunk_size, &mut bytes);
        let mut streams = chunks_by_stream(&messages, chunk_size).into_iter().map(Vec::into_iter).collect::<Vec<_>>();
        for pick in picks {
            bytes.extend(streams[pick].next().into_iter().flatten());
        }
        bytes.extend(streams.into_iter().flatten().flatten());

        let received = read(&Limits::default(), &bytes, piece).unwrap();
        prop_assert_eq!(received.len(), messages.len());
        // Each chunk stream keeps its order; between them the interleaving decides. A message on a stream is found
        // in order by walking the received ones.
        for stream in 0..4 {
            let mut rest = received.iter();
            for (_, sent) in messages.iter().filter(|(of, _)| *of == stream) {
                prop_assert!(rest.any(|message| message == sent));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_within_the_limits(bytes in vec(any::<u8>(), 0..2000), piece in 1..100usize) {
        let limits = Limits { assembling: 4096, ..Limits::default() };
        let _ = read(&limits, &bytes, piece);
    }

    #[test]
    fn pieces_never_matter(messages in vec(any_message(), 1..4), damage in vec((any::<usize>(), any::<u8>()), 0..4)) {
        let (mut writer, mut bytes) = (ChunkWriter::default(), BytesMut::new());
        for message in &messages {
            writer.write(ChunkStreamId::of(message.kind), message, &mut bytes);
        }
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let whole = read(&Limits::default(), &bytes, bytes.len());
        prop_assert_eq!(read(&Limits::default(), &bytes, 1), whole);
    }
}
