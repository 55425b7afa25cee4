use crate::codec::VideoCodec;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::codec::avc::AvcConfig;
use crate::codec::avc::tests::X264_480X270;
use crate::codec::{AudioConfig, VideoConfig};
use crate::flv::Demuxer;
use crate::time::MediaTime;

fn video(dts: i64, pts: i64, key: bool) -> Packet {
    Packet {
        track: Track::Video,
        dts: MediaTime::from_millis(dts),
        pts: MediaTime::from_millis(pts),
        key,
        recovery: false,
        data: Bytes::from_static(if key { &[0, 0, 0, 1, 0x65] } else { &[0, 0, 0, 1, 0x41] }),
    }
}

#[test]
fn writes_what_every_server_reads() {
    let mut muxer = Muxer::new();
    let audio = Unit::AudioConfig(Arc::new(AudioConfig::aac_low_complexity(44_100, 2).unwrap()));
    assert_eq!(muxer.tag(&audio).body.as_ref(), [0xaf, 0, 0x12, 0x10]);
    let tag = muxer.tag(&Unit::Packet(video(1_000, 960, true)));
    assert_eq!((tag.kind, tag.timestamp), (TagKind::Video, 1_000));
    assert_eq!(tag.body.as_ref(), [0x17, 1, 0xff, 0xff, 0xd8, 0, 0, 0, 1, 0x65]);
    assert_eq!(muxer.tag(&audio).timestamp, 1_000);
    assert_eq!(muxer.tag(&Unit::Packet(video(0x1_0000_0005, 0x1_0000_0005, false))).timestamp, 5);
}

#[test]
fn metadata_tells_what_is_known() {
    let info = StreamInfo {
        video_codec: Some(VideoCodec::Avc),
        size: Some(Size { width: 480, height: 270 }),
        encoder: "sharpcast".to_owned(),
        ..StreamInfo::default()
    };
    let tag = Muxer::metadata(&info);
    assert_eq!((tag.kind, tag.timestamp), (TagKind::Script, 0));
    assert!(tag.body.starts_with(b"\x02\0\x0aonMetaData\x08\0\0\0\x04\0\x05width"));
    assert!(!tag.body.windows(9).any(|name| name == b"framerate"));
}

proptest! {
    /// What is written is read back, to the millisecond, until an offset does not fit its 24 bits.
    #[test]
    fn round_trip(dts in 0..(1_i64 << 31), offset in -0x80_0000_i64..0x80_0000, key: bool) {
        let mut demuxer = Demuxer::new();
        let mut muxer = Muxer::new();
        let config = Arc::new(VideoConfig::Avc(AvcConfig::from_annex_b(X264_480X270).unwrap()));
        demuxer.push(&muxer.tag(&Unit::VideoConfig(config))).unwrap();
        let packet = video(dts, dts + offset, key);
        demuxer.push(&muxer.tag(&Unit::Packet(packet.clone()))).unwrap();
        demuxer.finish();
        prop_assert!(matches!(demuxer.pull(), Some(Unit::VideoConfig(_))));
        prop_assert!(matches!(demuxer.pull(), Some(Unit::Packet(found)) if found == packet));
    }
}
