//! Pictures out of NAL units, written field by field. Real streams, split in every way, are in `tests/access_units.rs`.

use super::*;
use crate::codec::avc::tests::X264_480X270;

fn at(millis: i64) -> MediaTime {
    MediaTime::from_millis(millis)
}

fn header() -> Bytes {
    AvcConfig::from_annex_b(X264_480X270).unwrap().record().clone()
}

/// Bits from the highest on, and a stop bit.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(mut self, value: u64, count: u32) -> Self {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn golomb(self, value: u64) -> Self {
        let width = (value + 1).ilog2() + 1;
        self.put(0, width - 1).put(value + 1, width)
    }

    fn unit(mut self, header: u8) -> Vec<u8> {
        self.0.push(true);
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |sum, (at, &bit)| sum | u8::from(bit) << (7 - at))
        };
        [header].into_iter().chain(self.0.chunks(8).map(byte)).collect()
    }
}

const P: u64 = 5;
const I: u64 = 7;

/// A slice as the parameter sets above want it: 4 bits of frame number, 6 of order.
fn slice(kind: u8, first: u64, slice_type: u64, frame: u64, order: u64) -> Vec<u8> {
    let bits = Bits::default().golomb(first).golomb(slice_type).golomb(0).put(frame, 4);
    let bits = if kind == nal::IDR_SLICE { bits.golomb(0) } else { bits };
    bits.put(order, 6).put(0x55, 8).unit(kind | 0x60)
}

fn message(units: &[Vec<u8>]) -> Bytes {
    units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

fn coded(millis: i64, key: bool, units: &[Vec<u8>]) -> Coded {
    Coded { dts: at(millis), pts: at(millis), key, data: message(units) }
}

fn configured() -> Assembler {
    let mut assembler = Assembler::default();
    assembler.configure(header()).unwrap();
    assert!(matches!(assembler.pull(), Some(Unit::VideoConfig(_))));
    assembler
}

/// Time, key, recovery point and NAL units of every picture; configurations as their size.
fn all(assembler: &mut Assembler) -> Vec<String> {
    assembler.finish();
    let told = std::iter::from_fn(|| assembler.pull()).map(|unit| match unit {
        Unit::Packet(packet) => {
            let kind = match (packet.key, packet.recovery) {
                (true, false) => " idr",
                (true, true) => " recovery",
                _ => "",
            };
            let units = nal::units(&packet.data, 4).map(|unit| nal::kind(unit.unwrap()).to_string());
            format!("{}{kind}: {}", packet.dts.as_millis(), units.collect::<Vec<_>>().join(" "))
        }
        Unit::VideoConfig(config) => config.size().to_string(),
        Unit::AudioConfig(_) => unreachable!(),
    });
    told.collect()
}

#[test]
fn slices_notes_and_sets_in_messages_of_their_own_are_one_picture() {
    let sets: Vec<_> = nal::annex_b_units(X264_480X270).map(<[u8]>::to_vec).collect();
    let units = [
        vec![0x09, 0xf0],
        sets[0].clone(),
        sets[1].clone(),
        vec![0x06, 5, 1, 0, 0x80],
        slice(5, 0, I, 0, 0),
        slice(5, 100, I, 0, 0),
    ];
    let mut assembler = configured();
    for unit in units {
        assembler.push(&coded(0, false, &[unit])).unwrap();
    }
    // The next one begins with its first slice, whatever the times say.
    assembler.push(&coded(40, true, &[slice(1, 0, P, 1, 2)])).unwrap();
    assembler.push(&coded(41, true, &[slice(1, 100, P, 1, 2)])).unwrap();
    assert_eq!(all(&mut assembler), ["0 idr: 9 6 5 5", "40: 1 1"]);
}

#[test]
fn the_bitstream_says_what_is_a_keyframe() {
    let recovery = || vec![0x06, 6, 1, 0x84, 0x80];
    let mut assembler = configured();
    let messages = [
        (false, vec![slice(5, 0, I, 0, 0)], "0 idr: 5"),
        (true, vec![slice(1, 0, P, 1, 2)], "40: 1"),
        (false, vec![recovery(), slice(1, 0, P, 2, 4)], "80 recovery: 6 1"),
        (false, vec![slice(1, 0, I, 3, 6)], "120: 1"),
        (true, vec![slice(1, 0, I, 4, 8)], "160 recovery: 1"),
        // Encoders repeat `idr_pic_id` and everything else.
        (false, vec![slice(5, 0, I, 0, 0)], "200 idr: 5"),
        (false, vec![slice(5, 0, I, 0, 0)], "240 idr: 5"),
    ];
    let mut expected = Vec::new();
    for (number, (key, units, told)) in messages.into_iter().enumerate() {
        assembler.push(&coded(number as i64 * 40, key, &units)).unwrap();
        expected.push(told);
    }
    assert_eq!(all(&mut assembler), expected);
}

#[test]
fn start_codes_are_understood_everywhere() {
    let mut assembler = Assembler::default();
    let code = |units: &[Vec<u8>]| {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat()).collect::<Bytes>()
    };
    // Not even a sequence header: the stream says everything itself.
    let first = [X264_480X270, &code(&[slice(5, 0, I, 0, 0)])].concat().into();
    assembler.push(&Coded { dts: at(0), pts: at(0), key: true, data: first }).unwrap();
    let second = code(&[vec![0x09, 0xf0], slice(1, 0, P, 1, 2), slice(1, 9, P, 1, 2), slice(1, 0, P, 2, 4)]);
    assembler.push(&Coded { dts: at(40), pts: at(40), key: false, data: second }).unwrap();
    assert_eq!(all(&mut assembler), ["480x270", "0 idr: 5", "40: 9 1 1", "40: 1"]);
    // Start codes behind a length, and in a sequence header.
    let mut assembler = Assembler::default();
    assembler.configure(X264_480X270.into()).unwrap();
    let inside = [vec![6, 5, 1, 0, 0x80], code(&[slice(5, 0, I, 0, 0)]).to_vec()].concat();
    assembler.push(&coded(0, true, &[inside])).unwrap();
    // A length in front of each start code, nothing else.
    assembler.push(&coded(40, false, &[code(&[slice(1, 0, P, 1, 2)]).to_vec()])).unwrap();
    assert_eq!(all(&mut assembler), ["480x270", "0 idr: 6 5", "40: 1"]);
}

/// 32x16 pixels, with the same syntax of slices as the sets above.
fn other_sps() -> Vec<u8> {
    let head = Bits::default().put(66, 8).put(0xc0, 8).put(30, 8);
    // number, frame number bits, order type and bits, references, gaps, size, frames only, inference, crop, VUI
    let bits =
        head.golomb(0).golomb(0).golomb(0).golomb(2).golomb(1).put(0, 1).golomb(1).golomb(0).put(0b1100, 4);
    bits.unit(0x67)
}

#[test]
fn sets_within_the_stream_change_the_configuration_at_a_keyframe() {
    let mut assembler = configured();
    assembler.push(&coded(0, true, &[slice(5, 0, I, 0, 0)])).unwrap();
    assembler.push(&coded(40, true, &[other_sps(), slice(5, 0, I, 0, 0)])).unwrap();
    // What repeats what is in force changes nothing, and neither does the sequence header that came before.
    assembler.configure(header()).unwrap();
    assembler.push(&coded(80, true, &[other_sps(), slice(5, 0, I, 0, 0)])).unwrap();
    assert_eq!(all(&mut assembler), ["0 idr: 5", "32x16", "40 idr: 5", "80 idr: 5"]);
}

#[test]
fn a_set_that_cannot_be_used_takes_what_depends_on_it_and_no_more() {
    let huge = Bits::default().put(66, 8).put(0xc0, 8).put(30, 8);
    let huge =
        huge.golomb(0).golomb(0).golomb(0).golomb(2).golomb(1).put(0, 1).golomb(999).golomb(999).unit(0x67);
    let mut assembler = configured();
    assembler.push(&coded(0, true, &[slice(5, 0, I, 0, 0)])).unwrap();
    let error = assembler.push(&coded(40, true, &[huge, slice(5, 0, I, 0, 0)])).unwrap_err();
    assert!(error.to_string().contains("16000x16000"), "{error}");
    assembler.push(&coded(80, false, &[slice(1, 0, P, 1, 2)])).unwrap();
    assembler.push(&coded(120, false, &[slice(5, 0, I, 0, 0)])).unwrap();
    assert_eq!(all(&mut assembler), ["0 idr: 5", "120 idr: 5"]);
}

#[test]
fn both_fields_of_a_frame_are_one_picture() {
    // Frame number 4 bits, order 6 bits, coded in fields or macroblock pairs.
    let sps =
        Bits::default().put(77, 8).put(0, 8).put(30, 8).golomb(0).golomb(0).golomb(0).golomb(2).golomb(1);
    let sps = sps.put(0, 1).golomb(1).golomb(0).put(0b0_0_1_0_0, 5).unit(0x67);
    let field = |kind: u8, bottom: u64, slice_type, frame| {
        let bits = Bits::default().golomb(0).golomb(slice_type).golomb(0).put(frame, 4).put(0b10 | bottom, 2);
        let bits = if kind == nal::IDR_SLICE { bits.golomb(0) } else { bits };
        bits.put(bottom, 6).put(0x55, 8).unit(kind | 0x60)
    };
    let pps = nal::annex_b_units(X264_480X270).nth(1).unwrap().to_vec();
    let mut assembler = Assembler::default();
    // A refresh whose second field is predicted from the first one.
    for (millis, units) in [
        (0, vec![sps, pps, field(5, 0, I, 0)]),
        (20, vec![field(1, 1, P, 0)]),
        (40, vec![field(1, 0, P, 1)]),
        (60, vec![field(1, 1, P, 1)]),
    ] {
        assembler.push(&coded(millis, false, &units)).unwrap();
    }
    assert_eq!(all(&mut assembler), ["32x32", "0 idr: 5 1", "40: 1 1"]);
}

#[test]
fn a_picture_that_came_whole_is_not_copied() {
    let mut assembler = configured();
    let whole = coded(0, true, &[vec![6, 5, 1, 0, 0x80], slice(5, 0, I, 0, 0)]);
    assembler.push(&whole).unwrap();
    assembler.finish();
    let Some(Unit::Packet(packet)) = assembler.pull() else { panic!("no picture") };
    assert_eq!(packet.data.as_ptr(), whole.data.as_ptr());
}

#[test]
fn what_never_becomes_a_picture_does_not_pile_up() {
    let mut assembler = configured();
    for _ in 0..10_000 {
        assembler.push(&coded(0, false, &[vec![6, 5, 1, 0, 0x80]])).unwrap();
    }
    assert!(assembler.ahead.len() <= MAX_UNITS);
    let large = coded(0, false, &[[slice(1, 0, P, 1, 2), vec![1; 1 << 20]].concat()]);
    let mut assembler = configured();
    let mut first = 0;
    let error = loop {
        first += 1;
        let unit = [slice(1, first, P, 1, 2), large.data[4..].to_vec()].concat();
        if let Err(error) = assembler.push(&coded(0, false, &[unit])) {
            break error;
        }
        assert!(first < 20, "grows without end");
    };
    assert_eq!(error.kind, CodecErrorKind::TooLong);
}
