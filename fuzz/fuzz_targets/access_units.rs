//! Any messages of H.264 behind a good sequence header. Each is a time, a flag, a 16-bit length and NAL units.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::avc::{Assembler, Coded, nal};
use media::{MediaTime, Unit, VideoConfig};

/// 480x270 at 25 frames per second, as x264 writes it.
const HEADER: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x64, 0x00, 0x15, 0xac, 0xd9, 0x41, 0xe0, 0x8f, 0xeb, 0x01, 0x10, 0x00, 0x00, 0x03,
    0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x62, 0xd9, 0x60, 0, 0, 0, 1, 0x68, 0xeb, 0xe3, 0xcb,
    0x22, 0xc0,
];

fuzz_target!(|input: &[u8]| {
    let mut assembler = Assembler::default();
    let Some((first, mut rest)) = input.split_first() else { return };
    if first & 1 == 0 {
        assembler.configure(Bytes::from_static(HEADER)).unwrap();
    }
    let mut length = 4;
    while let Some(message) = next(&mut rest) {
        let _ = match message.key && message.dts.ticks() == 0 {
            true => assembler.configure(message.data.clone()),
            false => assembler.push(&message),
        };
        check(&mut assembler, &mut length);
    }
    assembler.finish();
    check(&mut assembler, &mut length);
});

/// What comes out can be read by whoever has the configuration before it.
fn check(assembler: &mut Assembler, length: &mut usize) {
    while let Some(unit) = assembler.pull() {
        match unit {
            Unit::VideoConfig(config) => {
                let VideoConfig::Avc(config) = &*config;
                *length = config.nal_length_size();
            }
            Unit::Packet(packet) => {
                let slices = nal::units(&packet.data, *length)
                    .filter(|unit| matches!(nal::kind(unit.as_ref().unwrap()), 1 | 2 | 5))
                    .count();
                assert!(slices > 0, "a picture without a slice");
                assert!(packet.key || !packet.recovery);
            }
            Unit::AudioConfig(_) => unreachable!(),
        }
    }
}

fn next(input: &mut &[u8]) -> Option<Coded> {
    let (header, rest) = input.split_first_chunk::<4>()?;
    let [time, flag, high, low] = *header;
    let size = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (data, rest) = rest.split_at(size);
    *input = rest;
    let dts = MediaTime::from_millis(i64::from(time) * 40);
    Some(Coded { dts, pts: dts, key: flag & 1 == 1, data: Bytes::copy_from_slice(data) })
}
