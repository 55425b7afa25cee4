use super::*;
use crate::codec::Coded;
use crate::picture::Size;
use crate::{MediaTime, Unit};

/// As SVT-AV1 and FFmpeg write it: 480x270.
pub(crate) const SVT_480X270: &[u8] =
    &[0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0b, 0x02, 0x00, 0x00, 0x05, 0x22, 0x3b, 0xf0, 0xd0, 0x0b, 0xe0, 0x01];

const DELIMITER: &[u8] = &[0x12, 0];
/// Frames with as much of a header as is looked at.
const KEY: &[u8] = &[0x32, 2, 0x10, 1];
const INTER: &[u8] = &[0x32, 2, 0x30, 2];
const SHOWN_AGAIN: &[u8] = &[0x1a, 1, 0x80];
/// The last one of a packet need not say how long it is.
const WITHOUT_SIZE: &[u8] = &[0x30, 0x30, 3];

fn sequence() -> &'static [u8] {
    &SVT_480X270[HEADER_BYTES..]
}

#[test]
fn the_record_tells_what_players_must_know() {
    let config = Av1Config::parse(Bytes::from_static(SVT_480X270)).unwrap();
    assert_eq!(config.codec_string(), "av01.0.00M.08");
    assert_eq!(config.format().size, Size { width: 480, height: 270 });
    assert!(!config.format().is_beyond_420_8);
}

#[test]
fn a_record_made_of_obus_is_what_ffmpeg_makes_of_them() {
    for extradata in [SVT_480X270.to_vec(), sequence().to_vec(), [DELIMITER, sequence()].concat()] {
        assert_eq!(Av1Config::from_extradata(&extradata).unwrap().record(), SVT_480X270);
    }
}

#[test]
fn what_is_unusual_is_told_in_full() {
    let mut config = Av1Config::parse(Bytes::from_static(SVT_480X270)).unwrap();
    config.sequence.depth = 10;
    config.sequence.format.colour = Colour { range: Range::Limited, matrix: 9, primaries: 9, transfer: 16 };
    // The example of the specification, but for the level.
    assert_eq!(config.codec_string(), "av01.0.00M.10.0.110.09.16.09.0");
}

#[test]
fn damage_is_refused_with_a_reason() {
    let kind = |record: &[u8]| Av1Config::parse(Bytes::copy_from_slice(record)).unwrap_err().kind;
    assert_eq!(kind(&SVT_480X270[..3]), CodecErrorKind::Truncated);
    assert_eq!(kind(&SVT_480X270[..4]), CodecErrorKind::Damaged);
    for end in 5..SVT_480X270.len() {
        assert_eq!(kind(&SVT_480X270[..end]), CodecErrorKind::Damaged, "{end} bytes");
    }
    assert_eq!(kind(&[0x82, 0, 0, 0]), CodecErrorKind::Unsupported);
    assert_eq!(kind(&vec![0x81; Av1Config::MAX_BYTES + 1]), CodecErrorKind::TooLong);
}

/// What comes of messages: sizes of configurations, `K` and `p` with the packets' bytes.
fn pushed(pictures: &mut Pictures, messages: &[Vec<u8>]) -> Vec<String> {
    let mut seen = Vec::new();
    for data in messages {
        let coded = Coded {
            dts: MediaTime::ZERO,
            pts: MediaTime::ZERO,
            key: false,
            data: Bytes::copy_from_slice(data),
        };
        let pushed = pictures.push(&coded);
        seen.extend(std::iter::from_fn(|| pictures.pull()).map(|unit| match unit {
            Unit::VideoConfig(config) => config.size().to_string(),
            Unit::Packet(packet) => {
                format!("{}{}", if packet.key { 'K' } else { 'p' }, packet.data.len())
            }
            Unit::AudioConfig(_) => unreachable!(),
        }));
        seen.extend(pushed.err().map(|error| error.kind).map(|kind| format!("{kind:?}")));
    }
    seen
}

#[test]
fn keyframes_are_told_by_the_bitstream_and_delimiters_are_left_out() {
    let mut pictures = Pictures::default();
    pictures.configure(Bytes::from_static(SVT_480X270)).unwrap();
    let messages = [
        [DELIMITER, sequence(), KEY].concat(),
        [DELIMITER, INTER].concat(),
        [INTER, SHOWN_AGAIN].concat(),
        SHOWN_AGAIN.to_vec(),
        WITHOUT_SIZE.to_vec(),
        DELIMITER.to_vec(),
        vec![0x32, 200, 0x30],
        INTER.to_vec(),
    ];
    let key = format!("K{}", sequence().len() + KEY.len());
    let expected = ["480x270", &key, "p4", "p7", "p3", "p3", "Damaged", "p4"];
    assert_eq!(pushed(&mut pictures, &messages), expected);
}

#[test]
fn a_delimiter_in_the_middle_is_taken_out_as_well() {
    let data = Bytes::from([INTER, DELIMITER, SHOWN_AGAIN].concat());
    assert_eq!(without_delimiters(&data).unwrap(), [INTER, SHOWN_AGAIN].concat());
    let data = Bytes::from([DELIMITER, INTER].concat());
    assert_eq!(without_delimiters(&data).unwrap().as_ptr(), data[DELIMITER.len()..].as_ptr());
    assert_eq!(without_delimiters(&Bytes::from_static(DELIMITER)).unwrap(), Bytes::new());
}

#[test]
fn a_stream_without_a_record_is_configured_by_its_first_keyframe() {
    let mut pictures = Pictures::default();
    assert!(pictures.configure(Bytes::from_static(&SVT_480X270[..HEADER_BYTES])).is_err());
    let messages = [INTER.to_vec(), [sequence(), KEY].concat()];
    let key = format!("K{}", sequence().len() + KEY.len());
    assert_eq!(pushed(&mut pictures, &messages), ["Damaged", "480x270", &key]);
}
