//! Test sound, coded as AAC.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::Arc;

use crate::codec::AudioConfig;
use crate::ffmpeg::FfmpegError;
use crate::ffmpeg::audio::AacEncoder;
use crate::packet::Packet;
use crate::time::MediaTime;

/// Mono AAC-LC packets at 48 kHz, without end; the first one at time zero.
pub struct TestSound {
    encoder: AacEncoder,
    /// In Hz; silence without.
    tone: Option<f64>,
    samples: u64,
    ready: VecDeque<Packet>,
}

const SAMPLE_RATE: u32 = 48_000;
const BITRATE: u32 = 64_000;
const AMPLITUDE: f64 = 0.1;
const BLOCK: u64 = 1_024;

impl TestSound {
    /// A soft sine of this frequency in Hz, or silence.
    pub fn new(tone: Option<f64>) -> Result<Self, FfmpegError> {
        let encoder = AacEncoder::new(SAMPLE_RATE, 1, BITRATE)?;
        Ok(Self { encoder, tone, samples: 0, ready: VecDeque::new() })
    }

    /// What decodes the packets.
    pub fn config(&self) -> Arc<AudioConfig> {
        self.encoder.config()
    }

    pub fn next_packet(&mut self) -> Result<Packet, FfmpegError> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(packet);
            }
            let block: Vec<f32> = (self.samples..self.samples + BLOCK).map(|at| self.sample(at)).collect();
            self.samples += BLOCK;
            self.encoder.push(std::iter::once(block.as_slice()))?;
            while let Some(packet) = self.encoder.pull() {
                // What primes the decoder lies before zero.
                self.ready.extend((packet.pts >= MediaTime::ZERO).then_some(packet));
            }
        }
    }

    fn sample(&self, at: u64) -> f32 {
        let sine = |frequency: f64| (TAU * frequency * at as f64 / f64::from(SAMPLE_RATE)).sin();
        (AMPLITUDE * self.tone.map_or(0.0, sine)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_follow_each_other_from_zero_on() {
        let mut sound = TestSound::new(Some(440.0)).unwrap();
        assert_eq!((sound.config().sample_rate(), sound.config().channels()), (48_000, 1));
        for index in 0..20 {
            let packet = sound.next_packet().unwrap();
            assert_eq!(packet.pts, sound.config().frame_duration() * index);
            assert!(!packet.data.is_empty() && packet.key);
        }
    }
}
