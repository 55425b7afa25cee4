//! A configuration of AAC behind its length, then payloads behind theirs: raw frames, ADTS, or anything.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::MediaTime;
use media::codec::aac::{AacConfig, Frames};

fuzz_target!(|input: &[u8]| {
    let mut frames = Frames::default();
    let mut rest = Bytes::copy_from_slice(input);
    let record = next(&mut rest);
    if let Ok(config) = AacConfig::parse(record.clone()) {
        assert!(config.channels() > 0 && config.sample_rate() > 0 && config.frame_samples() > 0);
        // What browsers are given instead is something that they play.
        if let Ok(playable) = config.playable() {
            assert_eq!(playable.playable(), Ok(playable.clone()));
        }
    }
    // An error concerns one payload; the next one is read all the same.
    let _ = frames.configure(record);
    while !rest.is_empty() {
        let payload = next(&mut rest);
        let _ = frames.push(MediaTime::ZERO, payload);
        while frames.pull().is_some() {}
    }
});

fn next(input: &mut Bytes) -> Bytes {
    let length = input.first().map_or(0, |length| usize::from(*length));
    let mut taken = input.split_to((1 + length).min(input.len()));
    taken.split_off(1.min(taken.len()))
}
