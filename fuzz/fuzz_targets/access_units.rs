//! Any messages of H.264, HEVC or AV1 behind a good sequence header, or behind none. Each is a time, flags (a keyframe? a
//! header? which codec?), a 16-bit length, and what the message holds.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::avc::nal;
use media::codec::{AccessUnits, Coded, VideoCodec};
use media::{MediaTime, Unit, VideoConfig};

/// 480x270 at 25 frames per second, as x264 writes it.
const AVC: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x64, 0x00, 0x15, 0xac, 0xd9, 0x41, 0xe0, 0x8f, 0xeb, 0x01, 0x10, 0x00, 0x00, 0x03,
    0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x62, 0xd9, 0x60, 0, 0, 0, 1, 0x68, 0xeb, 0xe3, 0xcb,
    0x22, 0xc0,
];

/// 480x270 at 30 frames per second, as FFmpeg makes it of x265's parameter sets.
const HEVC: &[u8] = &[
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3f, 0xf0, 0x00, 0xfc, 0xfd,
    0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03, 0x20, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff,
    0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3f, 0x95, 0x94,
    0x09, 0x21, 0x00, 0x01, 0x00, 0x2b, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00,
    0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3f, 0xa0, 0x0f, 0x08, 0x04, 0x47, 0xd6, 0x59, 0x59, 0x52, 0x93,
    0x0b, 0xc0, 0x5a, 0x02, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x10, 0x22, 0x00,
    0x01, 0x00, 0x06, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89,
];

/// 480x270, as SVT-AV1 and FFmpeg write it.
const AV1: &[u8] =
    &[0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0b, 0x02, 0x00, 0x00, 0x05, 0x22, 0x3b, 0xf0, 0xd0, 0x0b, 0xe0, 0x01];

const KEYFRAME: u8 = 1;
const HEADER: u8 = 2;
const SWITCH: u8 = 4;

fuzz_target!(|input: &[u8]| {
    let Some((first, mut rest)) = input.split_first() else { return };
    let mut units = AccessUnits::default();
    units.switch_to(codec(*first));
    if first & 0x80 == 0 {
        let header = [AVC, HEVC, AV1][usize::from(first % 3)];
        units.configure(Bytes::from_static(header)).unwrap();
    }
    let mut config = None;
    while let Some((flags, message)) = next(&mut rest) {
        if flags & SWITCH != 0 {
            units.switch_to(codec(flags >> 4));
        }
        // An error concerns one message; the next one is read all the same.
        let _ = match flags & HEADER {
            0 => units.push(&message),
            _ => units.configure(message.data),
        };
        check(&mut units, &mut config);
    }
    units.finish();
    check(&mut units, &mut config);
});

/// What comes out can be read by whoever has the configuration before it.
fn check(units: &mut AccessUnits, config: &mut Option<VideoConfig>) {
    while let Some(unit) = units.pull() {
        match unit {
            Unit::VideoConfig(next) => {
                assert!(!next.codec_string().is_empty());
                *config = Some((*next).clone());
            }
            Unit::Packet(packet) => {
                assert!(!packet.data.is_empty());
                assert!(packet.key || !packet.recovery);
                match config.as_ref().expect("a picture without a configuration") {
                    VideoConfig::Avc(config) => {
                        let slices = nal::units(&packet.data, config.nal_length_size())
                            .filter(|unit| matches!(nal::kind(unit.as_ref().unwrap()), 1 | 2 | 5))
                            .count();
                        assert!(slices > 0, "a picture without a slice");
                    }
                    VideoConfig::Hevc(config) => {
                        let (mut rest, size) = (&packet.data[..], config.nal_length_size());
                        while !rest.is_empty() {
                            let length =
                                rest[..size].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                            rest = &rest[size + length..];
                        }
                    }
                    VideoConfig::Av1(_) => {}
                }
            }
            Unit::AudioConfig(_) => unreachable!(),
        }
    }
}

fn codec(number: u8) -> VideoCodec {
    [VideoCodec::Avc, VideoCodec::Hevc, VideoCodec::Av1][usize::from(number % 3)]
}

fn next(input: &mut &[u8]) -> Option<(u8, Coded)> {
    let (header, rest) = input.split_first_chunk::<4>()?;
    let [time, flags, high, low] = *header;
    let size = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (data, rest) = rest.split_at(size);
    *input = rest;
    let dts = MediaTime::from_millis(i64::from(time) * 40);
    Some((flags, Coded { dts, pts: dts, key: flags & KEYFRAME != 0, data: Bytes::copy_from_slice(data) }))
}
