//! Configurations and framings as encoders write them. The program config elements come from FFmpeg's encoder.

use bytes::Bytes;
use proptest::prelude::*;

use super::{AacConfig, Frames, Unplayable, adts};
use crate::codec::{AudioConfig, CodecErrorKind};
use crate::packet::Unit;
use crate::time::MediaTime;

const STEREO_44_1: [u8; 2] = [0x12, 0x10];
/// `-channel_layouts 5.1(side)`, `7.1(wide)`, `2.1`, each with the encoder's name as a comment.
const SIDE_5_1: &[u8] = b"\x11\x80\x04\xc8\x44\x00\x20\x00\xc4\x0dLavc59.37.100\x56\xe5\x00";
const WIDE_7_1: &[u8] = b"\x11\x80\x04\xc8\x48\x00\x20\x00\xc6\x40\x0dLavc59.37.100\x56\xe5\x00";
const FRONT_2_1: &[u8] = b"\x11\x80\x04\xc4\x01\x00\x20\x00\x0dLavc59.37.100\x56\xe5\x00";
/// One pair in front, as a program config element.
const PAIR: &[u8] = &[0x11, 0x80, 0x04, 0xc4, 0x00, 0x00, 0x20, 0x00, 0x00];

/// Bytes, sample rate, channels, codec string, and why browsers refuse it.
type Row = (&'static [u8], u32, u8, &'static str, Option<Unplayable>);

#[test]
fn reads_what_encoders_write_and_tells_what_browsers_play() {
    use Unplayable::{Layout, ObjectType, SampleRate, ShortFrames};
    let table: [Row; 21] = [
        (&STEREO_44_1, 44_100, 2, "mp4a.40.2", None),
        (&[0x11, 0x90], 48_000, 2, "mp4a.40.2", None),
        (&[0x11, 0x88, 0x56, 0xe5, 0x00], 48_000, 1, "mp4a.40.2", None),
        (&[0x11, 0xb0], 48_000, 6, "mp4a.40.2", None),
        (&[0x11, 0xb8, 0x56, 0xe5, 0x00], 48_000, 8, "mp4a.40.2", None),
        (&[0x10, 0x10], 96_000, 2, "mp4a.40.2", None),
        (&[0x15, 0x88], 8_000, 1, "mp4a.40.2", None),
        (&[0x16, 0x10], 7_350, 2, "mp4a.40.2", None),
        (&[0x2b, 0x11, 0x88, 0x00], 24_000, 2, "mp4a.40.5", None),
        (&[0xeb, 0x09, 0x88, 0x00], 24_000, 2, "mp4a.40.29", None),
        (PAIR, 48_000, 2, "mp4a.40.2", None),
        (SIDE_5_1, 48_000, 6, "mp4a.40.2", Some(Layout(6))),
        (WIDE_7_1, 48_000, 8, "mp4a.40.2", Some(Layout(8))),
        (FRONT_2_1, 48_000, 3, "mp4a.40.2", Some(Layout(3))),
        (&[0x11, 0xd8], 48_000, 7, "mp4a.40.2", Some(Layout(7))),
        (&[0x09, 0x90, 0x56, 0xe5, 0x00], 48_000, 2, "mp4a.40.1", Some(ObjectType(1))),
        (&[0x21, 0x90, 0x56, 0xe5, 0x00], 48_000, 2, "mp4a.40.4", Some(ObjectType(4))),
        (&[0x89, 0x90, 0x00], 48_000, 2, "mp4a.40.17", Some(ObjectType(17))),
        (&[0xf8, 0xe6, 0x20, 0x00], 48_000, 1, "mp4a.40.39", Some(ObjectType(39))),
        (&[0x17, 0x80, 0x5d, 0xc0, 0x10], 48_000, 2, "mp4a.40.2", Some(SampleRate(48_000))),
        (&[0x11, 0x94], 48_000, 2, "mp4a.40.2", Some(ShortFrames)),
    ];
    for (bytes, rate, channels, codec, refused) in table {
        let config = AacConfig::parse(Bytes::from_static(bytes)).unwrap();
        assert_eq!((config.sample_rate(), config.channels()), (rate, channels), "{bytes:02x?}");
        assert_eq!(config.codec_string(), codec, "{bytes:02x?}");
        assert_eq!(config.record(), bytes);
        assert_eq!(config.playable().err(), refused, "{bytes:02x?}");
    }
}

#[test]
fn one_pair_of_channels_gets_its_number() {
    let config = AacConfig::parse(Bytes::from_static(PAIR)).unwrap();
    assert_eq!(config.playable().unwrap().record().as_ref(), [0x11, 0x90]);
}

#[test]
fn refuses_with_a_reason() {
    use CodecErrorKind::{Damaged, TooLong, Truncated, Unsupported};
    let table: [(&[u8], CodecErrorKind, &str); 9] = [
        (&[], Truncated, "of 0 bytes ends too early"),
        (&[0x12], Truncated, "of 1 bytes ends too early"),
        (&[0x11, 0x80, 0x04], Truncated, "of 3 bytes ends too early"),
        (&[0x16, 0x90], Unsupported, "index 13, 0 Hz"),
        (&[0x91, 0x90], Unsupported, "type 18 cannot be decoded"),
        (&[0xf9, 0x46, 0x40], Unsupported, "xHE-AAC (USAC) cannot be decoded"),
        (&[0x11, 0xf8], Unsupported, "channel configuration 15"),
        (&[0x11, 0x80, 0x04, 0xc0, 0x00, 0x00, 0x00], Damaged, "describes no channel"),
        (&[0; 300], TooLong, "300 bytes, more than 256"),
    ];
    for (bytes, kind, words) in table {
        let error = AacConfig::parse(Bytes::from_static(bytes)).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn low_complexity_is_read_back() {
    let config = AacConfig::low_complexity(44_100, 2).unwrap();
    assert_eq!(config.record().as_ref(), STEREO_44_1);
    assert_eq!(AudioConfig::Aac(config).frame_duration(), MediaTime::from_ticks(2_090));
    for channels in [1, 2, 3, 4, 5, 6, 8] {
        assert_eq!(AacConfig::low_complexity(48_000, channels).unwrap().channels(), channels);
    }
    assert!(AacConfig::low_complexity(44_101, 2).is_err());
    assert!([0, 7, 9].iter().all(|&channels| AacConfig::low_complexity(48_000, channels).is_err()));
}

/// The frame behind an ADTS header: AAC-LC at 44.1 kHz unless the profile says another kind.
fn adts(profile: u8, channels: u8, checksum: bool, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() + if checksum { 9 } else { 7 };
    let mut bytes = vec![
        0xff,
        if checksum { 0xf0 } else { 0xf1 },
        profile << 6 | 4 << 2 | channels >> 2,
        channels << 6 | (length >> 11) as u8,
        (length >> 3) as u8,
        ((length & 7) << 5) as u8 | 0x1f,
        0xfc,
    ];
    bytes.extend(if checksum { &[0xab, 0xcd][..] } else { &[] });
    bytes.extend(frame);
    bytes
}

/// Records of configurations, times in milliseconds and payloads of packets.
type Heard = Vec<(Option<i64>, Vec<u8>)>;

fn outcome(frames: &mut Frames) -> Heard {
    let units = std::iter::from_fn(|| frames.pull());
    let told = units.map(|unit| match unit {
        Unit::Packet(packet) => (Some(packet.pts.as_millis()), packet.data.to_vec()),
        Unit::AudioConfig(config) => (None, config.record().to_vec()),
        Unit::VideoConfig(_) => panic!("no picture was pushed"),
    });
    told.collect()
}

#[test]
fn frames_with_a_header_lose_it_and_tell_their_configuration() {
    const LC: u8 = 1;
    let frame = [0x21, 0x10, 0x04];
    let stereo = (None, STEREO_44_1.to_vec());
    let heard = |millis| (Some(millis), frame.to_vec());
    // Without a configuration, with a checksum, with the same and with another configuration before.
    let two = [adts(LC, 2, false, &frame), adts(LC, 2, true, &frame)].concat();
    let raw = frame.to_vec();
    let cut = two[..two.len() - 1].to_vec();
    let table: [(&str, &'static [u8], Vec<u8>, Heard); 6] = [
        ("no configuration", &[], two.clone(), vec![stereo.clone(), heard(1_000), heard(1_023)]),
        ("the same", &STEREO_44_1, adts(LC, 2, false, &frame), vec![stereo.clone(), heard(1_000)]),
        (
            "another",
            &[0x11, 0x90],
            adts(LC, 2, true, &frame),
            vec![(None, vec![0x11, 0x90]), stereo.clone(), heard(1_000)],
        ),
        ("raw", &STEREO_44_1, raw.clone(), vec![stereo.clone(), heard(1_000)]),
        ("raw, no configuration", &[], raw, vec![]),
        ("not whole", &STEREO_44_1, cut.clone(), vec![stereo, (Some(1_000), cut)]),
    ];
    for (name, record, payload, expected) in table {
        let mut frames = Frames::default();
        frames.configure(Bytes::from_static(record)).unwrap();
        frames.push(MediaTime::from_millis(1_000), payload.into()).unwrap();
        assert_eq!(outcome(&mut frames), expected, "{name}");
    }
}

#[test]
fn a_layout_within_the_first_frame_becomes_its_configuration() {
    // The element's identifier 5 (three bits), the element of `PAIR` at 44.1 kHz, and the rest of a frame.
    let frame = [0b1010_0000, 0b1010_0000, 0b1000_0000, 0, 0b0000_0100, 0, 0, 0];
    let mut frames = Frames::default();
    frames.push(MediaTime::ZERO, adts(1, 0, false, &frame).into()).unwrap();
    let Some(Unit::AudioConfig(config)) = frames.pull() else { panic!("no configuration") };
    assert_eq!((config.channels(), config.sample_rate()), (2, 44_100));
    assert_eq!(config.playable().unwrap().record().as_ref(), STEREO_44_1);
    // The next one may lack it.
    frames.push(MediaTime::ZERO, adts(1, 0, false, &[0x21, 0x10]).into()).unwrap();
    assert_eq!(outcome(&mut frames).len(), 2, "both frames, and no configuration");
    let unknown = Frames::default().push(MediaTime::ZERO, adts(1, 0, false, &[0x21, 0x10]).into());
    assert!(unknown.unwrap_err().to_string().contains("how many channels"));
}

#[test]
fn other_framings_are_named() {
    let mut several = adts(1, 2, false, &[0x21, 0x10]);
    several[6] |= 3;
    let latm = vec![0x56, 0xe0, 0x02, 0x20, 0x00];
    for (payload, words) in [(several, "4 blocks"), (latm, "AAC in LATM")] {
        let mut frames = Frames::default();
        frames.configure(Bytes::from_static(&STEREO_44_1)).unwrap();
        let error = frames.push(MediaTime::ZERO, payload.into()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        record in proptest::collection::vec(any::<u8>(), 0..40),
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..4),
    ) {
        if let Ok(config) = AacConfig::parse(record.clone().into()) {
            prop_assert!(config.channels() > 0 && config.sample_rate() > 0 && config.frame_samples() > 0);
            let _ = config.playable();
        }
        let mut frames = Frames::default();
        let _ = frames.configure(record.into());
        for payload in payloads {
            let _ = frames.push(MediaTime::ZERO, [&[0xff, 0xf1], &*payload].concat().into());
            let _ = frames.push(MediaTime::ZERO, payload.into());
        }
        while frames.pull().is_some() {}
    }

    #[test]
    fn what_is_framed_is_unframed(
        profile in 0_u8..4,
        channels in 1_u8..8,
        checksum: bool,
        blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 1..5),
    ) {
        let framed: Vec<u8> = blocks.iter().flat_map(|block| adts(profile, channels, checksum, block)).collect();
        let split = adts::split(&framed.into()).unwrap();
        let payloads: Vec<Vec<u8>> = split.iter().map(|(_, frame)| frame.to_vec()).collect();
        prop_assert_eq!(payloads, blocks);
        let config = split[0].0.config(&[]).unwrap();
        prop_assert_eq!((config.sample_rate(), config.codec_string()), (44_100, format!("mp4a.40.{}", profile + 1)));
    }
}
