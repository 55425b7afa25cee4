//! Packets of Opus as units, behind a configuration that says how long they are.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::{OpusConfig, packet_samples};
use crate::codec::AudioConfig;
use crate::codec::error::CodecError;
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// Push configurations and packets, and pull units after each until none is left.
#[derive(Debug, Default)]
pub struct Frames {
    config: Option<OpusConfig>,
    /// Handed out. It is not before the first packet, which tells how long packets are.
    announced: bool,
    units: VecDeque<Unit>,
}

impl Frames {
    /// Whether it is known how to decode what comes.
    pub fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// Takes an identification header. Encoders repeat it.
    pub fn configure(&mut self, header: Bytes) -> Result<(), CodecError> {
        if !header.is_empty() && self.config.as_ref().is_none_or(|config| config.header != header) {
            self.config = None;
            self.config = Some(OpusConfig::parse(header)?);
            self.announced = false;
        }
        Ok(())
    }

    /// Takes the packet that is to be heard at `time`. Packets before any configuration are left out.
    pub fn push(&mut self, time: MediaTime, data: Bytes) -> Result<(), CodecError> {
        let Some(config) = &mut self.config else { return Ok(()) };
        if data.is_empty() {
            return Ok(());
        }
        let samples = packet_samples(&data)?;
        if !self.announced || config.frame_samples != samples {
            config.frame_samples = samples;
            self.announced = true;
            self.units.push_back(Unit::AudioConfig(Arc::new(AudioConfig::Opus(config.clone()))));
        }
        self.units.push_back(Unit::Packet(Packet {
            track: Track::Audio,
            dts: time,
            pts: time,
            key: true,
            recovery: false,
            data,
        }));
        Ok(())
    }

    pub fn pull(&mut self) -> Option<Unit> {
        self.units.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::opus::tests::STEREO;

    #[test]
    fn the_configuration_waits_for_the_first_packet_and_follows_its_length() {
        let mut frames = Frames::default();
        frames.push(MediaTime::ZERO, Bytes::from_static(&[0x78, 0])).unwrap();
        frames.configure(Bytes::from_static(STEREO)).unwrap();
        assert!(frames.pull().is_none(), "nothing is known of it yet");
        for packet in [&[0x78, 0][..], &[0x78, 1], &[0x83, 1, 0]] {
            frames.configure(Bytes::from_static(STEREO)).unwrap();
            frames.push(MediaTime::ZERO, Bytes::copy_from_slice(packet)).unwrap();
        }
        assert!(frames.push(MediaTime::ZERO, Bytes::from_static(&[0x83])).is_err());
        let seen: Vec<_> = std::iter::from_fn(|| frames.pull())
            .map(|unit| match unit {
                Unit::AudioConfig(config) => config.frame_samples(),
                _ => 0,
            })
            .collect();
        assert_eq!(seen, [960, 0, 0, 120, 0]);
    }
}
