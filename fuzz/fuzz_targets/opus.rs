//! A configuration of Opus behind its length, then packets behind theirs.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::codec::opus::OpusConfig;
use media::codec::{AudioCodec, AudioFrames};
use media::{AudioConfig, MediaTime, Unit};

fuzz_target!(|input: &[u8]| {
    let mut frames = AudioFrames::default();
    frames.switch_to(AudioCodec::Opus);
    let mut rest = Bytes::copy_from_slice(input);
    let header = next(&mut rest);
    if let Ok(config) = OpusConfig::parse(header.clone()) {
        assert!(config.channels() > 0);
    }
    let _ = frames.configure(header);
    let mut configured = false;
    while !rest.is_empty() {
        // An error concerns one packet; the next one is read all the same.
        let _ = frames.push(MediaTime::ZERO, next(&mut rest));
        while let Some(unit) = frames.pull() {
            match unit {
                Unit::AudioConfig(config) => {
                    let AudioConfig::Opus(config) = &*config else { unreachable!() };
                    assert!((120..=5760).contains(&config.frame_samples()), "{}", config.frame_samples());
                    configured = true;
                }
                Unit::Packet(_) => assert!(configured, "a packet without a configuration"),
                Unit::VideoConfig(_) => unreachable!(),
            }
        }
    }
});

fn next(input: &mut Bytes) -> Bytes {
    let length = input.first().map_or(0, |length| usize::from(*length));
    let mut taken = input.split_to((1 + length).min(input.len()));
    taken.split_off(1.min(taken.len()))
}
