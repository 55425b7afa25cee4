//! What real publishers sent, replayed. See `captured/README.md`.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use media::flv::{Demuxer, Tag};
use media::{MediaTime, Track, Unit};
use rtmp::{Event, Limits, ServerSession};
use secrecy::ExposeSecret as _;

const FFMPEG: &[u8] = include_bytes!("captured/ffmpeg-5.1.rtmp");
const LIBRTMP: &[u8] = include_bytes!("captured/librtmp-2.4.rtmp");

/// Replays a capture in pieces; the server accepts whatever is asked.
fn replay(capture: &[u8], piece: usize) -> Vec<Tag> {
    let mut session = ServerSession::new(Limits::default());
    let (mut tags, mut told) = (Vec::new(), Vec::new());
    for input in capture.chunks(piece) {
        session.push(input).unwrap();
        while let Some(event) = session.poll_event() {
            match event {
                Event::Connected(peer) => told.push(peer.app),
                Event::PublishRequested { key, .. } => {
                    told.push(key.expose_secret().to_owned());
                    session.accept_publish();
                }
                Event::Tag(tag) => tags.push(tag),
                Event::PlayRequested { .. } | Event::Stopped => told.push("plays".into()),
                Event::Unpublished => told.push("unpublished".into()),
                Event::Closed => told.push("closed".into()),
            }
        }
        session.take_output();
    }
    assert_eq!(told, ["live", "s3cret", "unpublished"]);
    tags
}

#[test]
fn pieces_do_not_matter() {
    for capture in [FFMPEG, LIBRTMP] {
        // Media is heard from the acceptance on, and a publisher waits for it: pieces that end before media begins.
        let expected = replay(capture, 7);
        assert_eq!(expected.len(), 33);
        for piece in [1, 2, 64] {
            assert_eq!(replay(capture, piece), expected, "pieces of {piece}");
        }
    }
}

#[test]
fn two_publishers_of_the_same_media_are_heard_alike() {
    let (ffmpeg, librtmp) = (replay(FFMPEG, 16), replay(LIBRTMP, 16));
    // Only the metadata differ: one counts the bytes of its file.
    assert_eq!(ffmpeg[1..], librtmp[1..]);
}

#[test]
fn times_beyond_24_bits_come_out_right() {
    let mut demuxer = Demuxer::new();
    for tag in &replay(LIBRTMP, 16) {
        demuxer.push(tag).unwrap();
    }
    demuxer.finish();
    let mut decode_times = Vec::new();
    while let Some(unit) = demuxer.pull() {
        if let Unit::Packet(packet) = unit
            && packet.track == Track::Video
        {
            decode_times.push(packet.dts);
        }
    }
    let start = MediaTime::from_millis(16_779_960);
    let expected: Vec<_> = (0..10).map(|n| start + MediaTime::from_millis(40 * n)).collect();
    assert_eq!(decode_times, expected);
}

#[test]
fn extended_timestamps_need_not_be_repeated() {
    // The chunks of the first keyframe, as OBS before 2024 would have sent them.
    let repeated = b"\xc4\x01\x00\x0a\xb8";
    let mut bytes = Vec::new();
    let mut rest = LIBRTMP;
    while let Some(at) = rest.windows(repeated.len()).position(|window| window == repeated) {
        bytes.extend_from_slice(&rest[..=at]);
        rest = &rest[at + repeated.len()..];
    }
    bytes.extend_from_slice(rest);
    assert_eq!(bytes.len(), LIBRTMP.len() - 7 * 4);
    for piece in [1, 16] {
        assert_eq!(replay(&bytes, piece), replay(LIBRTMP, piece));
    }
}
