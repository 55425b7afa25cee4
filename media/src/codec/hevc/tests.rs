use super::*;
use crate::codec::Coded;
use crate::picture::{Colour, FrameRate, PixelAspect, Range, Size};
use crate::{MediaTime, Unit};

/// What FFmpeg makes of x265's parameter sets: 480x270 at 30 frames per second. Without the note of the encoder's name.
pub(crate) const X265_480X270: &[u8] = &[
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3f, 0xf0, 0x00, 0xfc, 0xfd,
    0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03, 0x20, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff,
    0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3f, 0x95, 0x94,
    0x09, 0x21, 0x00, 0x01, 0x00, 0x2b, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00,
    0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3f, 0xa0, 0x0f, 0x08, 0x04, 0x47, 0xd6, 0x59, 0x59, 0x52, 0x93,
    0x0b, 0xc0, 0x5a, 0x02, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x10, 0x22, 0x00,
    0x01, 0x00, 0x06, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89,
];

fn config() -> HevcConfig {
    HevcConfig::parse(Bytes::from_static(X265_480X270)).unwrap()
}

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

#[test]
fn the_record_tells_what_players_must_know() {
    let config = config();
    assert_eq!(config.codec_string(), "hvc1.1.6.L63.90");
    assert_eq!(config.nal_length_size(), 4);
    let colour = Colour { range: Range::Limited, ..Colour::default() };
    let expected = PictureFormat {
        size: Size { width: 480, height: 270 },
        frame_rate: Some(FrameRate { num: 30, den: 1 }),
        colour,
        pixel_aspect: PixelAspect::SQUARE,
        is_beyond_420_8: false,
    };
    assert_eq!(*config.format(), expected);
}

#[test]
fn a_record_made_of_sets_is_what_ffmpeg_makes_of_them() {
    let config = config();
    let made = HevcConfig::from_annex_b(&annex_b(&config.parameter_sets())).unwrap();
    // But for this: that there are no others is promised, as `hvc1` wants it.
    let promises: Vec<_> =
        (0..X265_480X270.len()).filter(|at| made.record[*at] != X265_480X270[*at]).collect();
    assert_eq!(made.record.len(), X265_480X270.len());
    assert_eq!(promises.len(), KINDS.len());
    assert!(promises.iter().all(|at| made.record[*at] == X265_480X270[*at] | COMPLETE), "{promises:?}");
}

#[test]
fn damage_is_refused_with_a_reason() {
    let kind = |record: &[u8]| HevcConfig::parse(Bytes::copy_from_slice(record)).unwrap_err().kind;
    for end in 0..X265_480X270.len() {
        assert_eq!(kind(&X265_480X270[..end]), CodecErrorKind::Truncated, "{end} bytes");
    }
    let with = |at: usize, byte: u8| {
        let mut record = X265_480X270.to_vec();
        record[at] = byte;
        kind(&record)
    };
    assert_eq!(with(0, 0), CodecErrorKind::Unsupported);
    assert_eq!(with(LENGTH_SIZE_AT, 2), CodecErrorKind::Damaged);
    // One array less: no picture parameter set.
    assert_eq!(with(22, 2), CodecErrorKind::Damaged);
    assert_eq!(kind(&vec![1; HevcConfig::MAX_BYTES + 1]), CodecErrorKind::TooLong);
}

/// Slices with as much of a header as is looked at.
const IDR: &[u8] = &[0x26, 0x01, 0xaf, 1];
const CRA: &[u8] = &[0x2a, 0x01, 0xac, 2];
const TRAIL: &[u8] = &[0x02, 0x01, 0xd0, 3];
const MORE_OF_TRAIL: &[u8] = &[0x02, 0x01, 0x50, 4];
const DELIMITER: &[u8] = &[0x46, 0x01, 0x50];
const NOTE: &[u8] = &[0x4e, 0x01, 5];
const OTHER_LAYER: &[u8] = &[0x02, 0x09, 0xd0, 6];

fn by_length(units: &[&[u8]]) -> Bytes {
    shared::joined(units.iter().copied(), 4).unwrap()
}

/// What comes of messages, each at its own time: sizes of configurations, `K` and `p` with the packets' NAL units.
fn pushed(pictures: &mut Pictures, messages: &[Bytes]) -> Vec<String> {
    let mut seen = Vec::new();
    for (index, data) in messages.iter().enumerate() {
        let dts = MediaTime::from_millis(index as i64 * 40);
        let pushed = pictures.push(&Coded { dts, pts: dts, key: false, data: data.clone() });
        seen.extend(std::iter::from_fn(|| pictures.pull()).map(|unit| match unit {
            Unit::VideoConfig(config) => config.size().to_string(),
            Unit::Packet(packet) => {
                let units: Vec<_> =
                    shared::units(&packet.data, 4).map(|unit| nal::kind(unit.unwrap())).collect();
                format!("{}{units:?}", if packet.key { 'K' } else { 'p' })
            }
            Unit::AudioConfig(_) => unreachable!(),
        }));
        if let Err(error) = pushed {
            seen.push(error.to_string());
        }
    }
    seen
}

#[test]
fn keyframes_are_told_by_the_bitstream() {
    let mut pictures = Pictures::default();
    pictures.configure(Bytes::from_static(X265_480X270)).unwrap();
    pictures.configure(Bytes::from_static(X265_480X270)).unwrap();
    let whole = by_length(&[TRAIL, MORE_OF_TRAIL]);
    let messages = [by_length(&[IDR]), whole, by_length(&[CRA]), by_length(&[TRAIL, OTHER_LAYER])];
    assert_eq!(pushed(&mut pictures, &messages), ["480x270", "K[19]", "p[1, 1]", "K[21]", "p[1]"]);
}

#[test]
fn what_is_tidy_is_handed_on_without_a_copy() {
    let mut pictures = Pictures::default();
    pictures.configure(Bytes::from_static(X265_480X270)).unwrap();
    pictures.pull();
    let data = by_length(&[NOTE, IDR]);
    let dts = MediaTime::ZERO;
    pictures.push(&Coded { dts, pts: dts, key: true, data: data.clone() }).unwrap();
    let Some(Unit::Packet(packet)) = pictures.pull() else { panic!() };
    assert_eq!(packet.data.as_ptr(), data.as_ptr());
}

#[test]
fn start_codes_and_sets_within_the_stream_make_a_configuration() {
    let config = config();
    let sets = config.parameter_sets();
    let first: Vec<&[u8]> = [&[DELIMITER], &sets[..], &[IDR]].concat();
    let mut pictures = Pictures::default();
    let messages = [annex_b(&first).into(), annex_b(&[DELIMITER, TRAIL]).into()];
    assert_eq!(pushed(&mut pictures, &messages), ["480x270", "K[19]", "p[1]"]);
}

#[test]
fn other_sets_take_effect_at_the_next_keyframe() {
    let mut pictures = Pictures::default();
    pictures.configure(Bytes::from_static(X265_480X270)).unwrap();
    let config = config();
    let sets = config.parameter_sets();
    // Another picture parameter set, by its last byte.
    let mut pps = sets[2].to_vec();
    *pps.last_mut().unwrap() ^= 0x10;
    let messages = [
        by_length(&[sets[2], IDR]),
        by_length(&[&pps, TRAIL]),
        by_length(&[CRA]),
        by_length(&[NOTE]),
        by_length(&[TRAIL]),
    ];
    let seen = pushed(&mut pictures, &messages);
    assert_eq!(seen, ["480x270", "K[19]", "p[1]", "480x270", "K[21]", "p[39, 1]"]);
}

#[test]
fn damage_costs_its_message_and_nothing_else() {
    let mut pictures = Pictures::default();
    pictures.configure(Bytes::from_static(X265_480X270)).unwrap();
    let messages = [
        by_length(&[IDR]),
        by_length(&[MORE_OF_TRAIL]),
        Bytes::from_static(&[0, 0, 9, 9, 1]),
        by_length(&[&[0x82, 0x01, 0x80]]),
        by_length(&[TRAIL]),
    ];
    let seen = pushed(&mut pictures, &messages);
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert_eq!((&seen[1][..], &seen[5][..]), ("K[19]", "p[1]"));
}
