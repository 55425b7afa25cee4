use proptest::prelude::*;

use super::*;

/// 480x270 at 25 frames per second, as x264 writes it.
const AVC_RECORD: &[u8] = &[
    1, 0x64, 0x00, 0x15, 0xff, 0xe1, 0, 0x1a, 0x67, 0x64, 0x00, 0x15, 0xac, 0xd9, 0x41, 0xe0, 0x8f, 0xeb,
    0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x62, 0xd9, 0x60, 1, 0, 6,
    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0,
];

fn tag(kind: TagKind, timestamp: u32, parts: &[&[u8]]) -> Tag {
    Tag { kind, timestamp, body: parts.concat().into() }
}

/// What comes of one tag that is the last one.
fn units(demuxer: &mut Demuxer, tag: &Tag) -> Vec<Unit> {
    demuxer.push(tag).unwrap();
    demuxer.finish();
    std::iter::from_fn(|| demuxer.pull()).collect()
}

fn configured() -> Demuxer {
    let mut demuxer = Demuxer::new();
    let video = units(&mut demuxer, &tag(TagKind::Video, 0, &[&[0x17, 0, 0, 0, 0], AVC_RECORD]));
    assert!(matches!(&video[..], [Unit::VideoConfig(config)] if config.size().to_string() == "480x270"));
    let audio = units(&mut demuxer, &tag(TagKind::Audio, 0, &[&[0xaf, 0, 0x12, 0x10]]));
    assert!(matches!(&audio[..], [Unit::AudioConfig(config)] if config.sample_rate() == 44_100));
    demuxer
}

#[test]
fn keeps_decoding_time_and_signed_offset() {
    let mut demuxer = configured();
    let picture = tag(TagKind::Video, 1_000, &[&[0x27, 1, 0xff, 0xff, 0xd8, 0, 0, 0, 1, 0x41]]);
    let units = units(&mut demuxer, &picture);
    let [Unit::Packet(packet)] = &units[..] else { panic!("{units:?}") };
    assert_eq!((packet.dts, packet.pts), (MediaTime::from_millis(1_000), MediaTime::from_millis(960)));
    assert_eq!((packet.track, packet.key, packet.data.len()), (Track::Video, false, 5));
}

#[test]
fn repeated_configurations_are_news_only_once() {
    let mut demuxer = configured();
    let legacy = tag(TagKind::Video, 40, &[&[0x17, 0, 0, 0, 0], AVC_RECORD]);
    let enhanced = tag(TagKind::Video, 40, &[b"\x90avc1", AVC_RECORD]);
    assert!(units(&mut demuxer, &legacy).is_empty());
    assert!(units(&mut demuxer, &enhanced).is_empty());
    let other_audio = tag(TagKind::Audio, 40, &[b"\x90mp4a\x11\x90"]);
    assert!(matches!(units(&mut demuxer, &other_audio)[..], [Unit::AudioConfig(_)]));
}

#[test]
fn what_carries_no_media_is_nothing() {
    let mut demuxer = configured();
    let nothing: [(TagKind, &[u8]); 7] = [
        (TagKind::Script, b"\x02\x00\x0aonMetaData"),
        (TagKind::Video, &[]),
        (TagKind::Audio, &[]),
        (TagKind::Video, &[0x17, 2, 0, 0, 0]),
        (TagKind::Video, &[0x27, 1, 0, 0, 0]),
        (TagKind::Video, &[0x27, 1, 0, 0, 0, 0, 0, 0, 0]),
        (TagKind::Audio, &[0xaf, 1]),
    ];
    for (kind, body) in nothing {
        assert!(units(&mut demuxer, &tag(kind, 0, &[body])).is_empty(), "{kind:?} {body:02x?}");
    }
}

#[test]
fn errors_say_which_tag() {
    let early = tag(TagKind::Video, 7, &[&[0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]]);
    let at = MediaTime::from_millis(7);
    let refused = |kind, track| FlvError { kind, track, at, source: None };
    assert_eq!(Demuxer::new().push(&early).unwrap_err(), refused(FlvErrorKind::BeforeConfig, Track::Video));

    let mut demuxer = configured();
    let broken = tag(TagKind::Video, 7, &[&[0x27, 1, 0, 0, 0, 0, 0, 0, 9, 0x41]]);
    let damaged = demuxer.push(&broken).unwrap_err();
    assert_eq!((&damaged.kind, damaged.track, damaged.at), (&FlvErrorKind::Picture, Track::Video, at));
    let reason = damaged.source.unwrap().to_string();
    assert_eq!(reason, "a NAL unit at byte 0 reaches past the end of its packet of 5 bytes");
    let truncated = refused(FlvErrorKind::Truncated, Track::Audio);
    assert_eq!(demuxer.push(&tag(TagKind::Audio, 7, &[&[0xaf]])).unwrap_err(), truncated);
    let unsupported = demuxer.push(&tag(TagKind::Video, 7, &[b"\x90vp09"])).unwrap_err();
    assert!(unsupported.to_string().contains("VP9"), "{unsupported}");
    let sound = tag(TagKind::Audio, 9, &[&[0xaf, 1, 0x21]]);
    assert_eq!(units(&mut demuxer, &sound).len(), 1, "goes on afterwards");
}

#[test]
fn times_go_on_after_the_wrap() {
    let mut demuxer = configured();
    let mut dts =
        |timestamp| match &units(&mut demuxer, &tag(TagKind::Audio, timestamp, &[&[0xaf, 1, 0x21]]))[..] {
            [Unit::Packet(packet)] => packet.dts.as_millis(),
            other => panic!("{other:?}"),
        };
    for hour in 1..1_193 {
        dts(hour * 3_600_000);
    }
    assert_eq!(dts(u32::MAX), 0xffff_ffff);
    assert_eq!(dts(22), 0x1_0000_0016);
}

proptest! {
    #[test]
    fn never_panics(
        tags in proptest::collection::vec(
            (0_u8..3, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..48)), 0..12),
        ready: bool,
    ) {
        let mut demuxer = if ready { configured() } else { Demuxer::new() };
        for (kind, timestamp, body) in tags {
            let kind = [TagKind::Audio, TagKind::Video, TagKind::Script][usize::from(kind)];
            let _ = demuxer.push(&Tag { kind, timestamp, body: body.into() });
            while demuxer.pull().is_some() {}
        }
    }

    /// Likely first bytes, so that more than the first check is reached.
    #[test]
    fn never_panics_behind_a_good_start(
        start in proptest::sample::select(vec![
            &b"\x90avc1"[..], b"\x91avc1", b"\x93avc1", b"\x96\x01avc1", b"\x96\x11avc1", b"\x96\x21", b"\x97",
            b"\x95\x01mp4a", b"\x17\x00\x00\x00\x00", b"\x27\x01", b"\xaf\x00", b"\x90mp4a",
        ]),
        rest in proptest::collection::vec(any::<u8>(), 0..48),
    ) {
        let mut demuxer = configured();
        for kind in [TagKind::Video, TagKind::Audio] {
            let _ = demuxer.push(&tag(kind, 0, &[start, &rest]));
        }
    }
}
