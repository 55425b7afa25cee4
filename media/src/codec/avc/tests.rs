use proptest::prelude::*;

use super::*;
use crate::picture::{Colour, FrameRate, PixelAspect, Range, Size};

/// What x264 writes for 480x270 at 25 frames per second, high profile, level 2.1.
pub(crate) const X264_480X270: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x64, 0x00, 0x15, 0xac, 0xd9, 0x41, 0xe0, 0x8f, 0xeb, 0x01, 0x10, 0x00, 0x00, 0x03,
    0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x62, 0xd9, 0x60, 0, 0, 0, 1, 0x68, 0xeb, 0xe3, 0xcb,
    0x22, 0xc0,
];

#[test]
fn builds_a_record_from_an_encoders_extradata() {
    let config = AvcConfig::from_annex_b(X264_480X270).unwrap();
    assert_eq!(config.format().size, Size { width: 480, height: 270 });
    assert_eq!(config.codec_string(), "avc1.640015");
    assert_eq!(config.nal_length_size(), 4);
    assert_eq!(config.format().frame_rate, Some(FrameRate { num: 25, den: 1 }));
    assert_eq!(config.record()[config.record().len() - 4..], [0xfd, 0xf8, 0xf8, 0]);
    assert_eq!(AvcConfig::parse(config.record().clone()).unwrap(), config);
}

/// Writes parameter sets field by field, so that each can be bent.
#[derive(Clone)]
struct SpsWriter(Vec<bool>);

impl SpsWriter {
    fn bits(mut self, value: u64, count: u32) -> Self {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn golomb(self, value: u64) -> Self {
        let width = (value + 1).ilog2() + 1;
        self.bits(0, width - 1).bits(value + 1, width)
    }

    fn record(self) -> Bytes {
        let mut bits = self.0;
        bits.push(true);
        let payload: Vec<u8> = bits
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |sum, (at, &bit)| sum | u8::from(bit) << (7 - at)))
            .collect();
        let mut record = vec![1, payload[0], payload[1], payload[2], 0xff, 0xe1];
        record.extend((payload.len() as u16 + 1).to_be_bytes());
        record.push(0x67);
        record.extend(payload);
        record.extend([1, 0, 1, 0x68]);
        record.into()
    }
}

fn baseline(columns: u64, rows: u64) -> SpsWriter {
    let head = SpsWriter(Vec::new()).bits(66, 8).bits(0xc0, 8).bits(30, 8);
    // id, frame number, order type 2, reference frames, no gaps, size, frames only, direct inference
    head.golomb(0).golomb(0).golomb(2).golomb(1).bits(0, 1).golomb(columns - 1).golomb(rows - 1).bits(0b11, 2)
}

#[test]
fn takes_cropping_off() {
    let uncropped = baseline(120, 68).bits(0, 1).bits(0, 1).record();
    assert_eq!(AvcConfig::parse(uncropped).unwrap().format().size, Size { width: 1920, height: 1088 });
    let cropped = baseline(120, 68).bits(1, 1).golomb(0).golomb(0).golomb(0).golomb(4).bits(0, 1).record();
    assert_eq!(AvcConfig::parse(cropped).unwrap().format().size, Size { width: 1920, height: 1080 });
}

#[test]
fn reads_colour_and_leaves_damage_behind_it_alone() {
    // VUI: no aspect ratio, no overscan; signal type: format 5, full range, described as BT.709; then it breaks off.
    let vui = baseline(30, 17).bits(0, 1).bits(1, 1).bits(0, 2).bits(1, 1).bits(5, 3).bits(1, 1).bits(1, 1);
    let full = vui.clone().bits(0x01_01_01, 24).bits(0, 1).bits(0, 1).record();
    let colour = AvcConfig::parse(full).unwrap().format().colour;
    assert_eq!((colour.range, colour.matrix), (Range::Full, Colour::BT709));
    let broken = AvcConfig::parse(vui.record()).unwrap();
    assert_eq!(broken.format().colour, Colour::default());
}

#[test]
fn reads_the_shape_of_pixels() {
    let aspect = |sps: SpsWriter| AvcConfig::parse(sps.bits(0, 8).record()).unwrap().format().pixel_aspect;
    // No cropping, VUI, aspect ratio.
    let head = baseline(45, 36).bits(0b011, 3);
    // Table E-1.
    let table = [
        (0, "1:1"),
        (1, "1:1"),
        (2, "12:11"),
        (3, "10:11"),
        (4, "16:11"),
        (5, "40:33"),
        (6, "24:11"),
        (7, "20:11"),
        (8, "32:11"),
        (9, "80:33"),
        (10, "18:11"),
        (11, "15:11"),
        (12, "64:33"),
        (13, "160:99"),
        (14, "4:3"),
        (15, "3:2"),
        (16, "2:1"),
        (17, "1:1"),
        (254, "1:1"),
    ];
    for (index, expected) in table {
        assert_eq!(aspect(head.clone().bits(index, 8)).to_string(), expected, "index {index}");
    }
    let extended = [
        (64, 45, "64:45"),
        (128, 90, "64:45"),
        (0, 0, "1:1"),
        (0, 9, "1:1"),
        (7, 0, "1:1"),
        (65_535, 1, "1:1"),
    ];
    for (num, den, expected) in extended {
        let sps = head.clone().bits(255, 8).bits(num, 16).bits(den, 16);
        assert_eq!(aspect(sps).to_string(), expected, "{num}:{den}");
    }
    let without_vui = baseline(45, 36).bits(0b00, 2);
    assert_eq!(aspect(without_vui), PixelAspect::SQUARE);
    // Damage behind it costs nothing: square here would be wrong.
    let broken = head.bits(4, 8).bits(0, 1).bits(1, 1);
    assert_eq!(AvcConfig::parse(broken.record()).unwrap().format().pixel_aspect.to_string(), "16:11");
}

#[test]
fn refuses_what_no_picture_fits() {
    let refused = |sps: SpsWriter| AvcConfig::parse(sps.record()).unwrap_err();
    let cropped_away = baseline(1, 1).bits(1, 1).golomb(8).golomb(0).golomb(0).golomb(0).bits(0, 1);
    let table = [
        (baseline(257, 1).bits(0, 2), "4112x16"),
        (baseline(1 << 31, 1).bits(0, 2), "4294967295x4294967295"),
        (cropped_away, "0x16"),
    ];
    for (sps, size) in table {
        let error = refused(sps);
        assert_eq!(error.kind, CodecErrorKind::Unsupported);
        assert!(error.to_string().contains(&format!("pictures of {size} are")), "{error}");
    }
}

#[test]
fn refuses_records_with_a_reason() {
    use CodecErrorKind::{Damaged, TooLong, Truncated, Unsupported};

    let good = AvcConfig::from_annex_b(X264_480X270).unwrap().record().to_vec();
    let with = |at: usize, byte: u8| {
        let mut record = good.clone();
        record[at] = byte;
        AvcConfig::parse(record.into()).unwrap_err()
    };
    let table = [
        (with(0, 2), Unsupported, "version 2"),
        (with(4, 0xfe), Damaged, "lengths of 3 bytes"),
        (with(5, 0xe0), Damaged, "no sequence parameter set"),
        (with(5, 0xff), Truncated, "ends too early"),
        (with(8, 0x68), Damaged, "no sequence parameter set"),
        (AvcConfig::parse(Bytes::new()).unwrap_err(), Truncated, "of 0 bytes"),
        (AvcConfig::parse(vec![1; 20_000].into()).unwrap_err(), TooLong, "20000 bytes"),
        (AvcConfig::from_annex_b(&[]).unwrap_err(), Damaged, "no sequence parameter set"),
    ];
    for (error, kind, words) in table {
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = AvcConfig::parse(bytes.clone().into());
        let _ = AvcConfig::from_annex_b(&bytes);
    }

    #[test]
    fn survives_bent_bytes(at in 0_usize..50, byte: u8, cut in 0_usize..50) {
        let mut record = AvcConfig::from_annex_b(X264_480X270).unwrap().record().to_vec();
        let (length, position) = (record.len(), at % record.len());
        record[position] = byte;
        record.truncate(length - cut % length);
        let _ = AvcConfig::parse(record.into());
    }
}
