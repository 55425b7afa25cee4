//! Raw frames of whatever an encoder sends as AAC: raw ones, ADTS with and without a configuration, several in one.
//!
//! The bitstream is believed over what is said about it: frames that describe themselves tell their configuration.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::adts;
use super::config::AacConfig;
use crate::codec::AudioConfig;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// Push configurations and payloads, and pull units after each until none is left.
#[derive(Debug, Default)]
pub struct Frames {
    config: Option<Arc<AudioConfig>>,
    units: VecDeque<Unit>,
}

impl Frames {
    /// Whether it is known how to decode what comes.
    pub fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// Takes an AudioSpecificConfig. Encoders repeat it, and some send an empty one first.
    pub fn configure(&mut self, record: Bytes) -> Result<(), CodecError> {
        let is_known = self.config.as_ref().is_some_and(|config| *config.record() == record);
        if !record.is_empty() && !is_known {
            // What follows is not what it was, even if nobody can read what it is now.
            self.config = None;
            self.use_config(AacConfig::parse(record)?);
        }
        Ok(())
    }

    /// Takes the payload that is to be heard at `time`. Frames before any configuration are left out.
    pub fn push(&mut self, time: MediaTime, payload: Bytes) -> Result<(), CodecError> {
        if let Some(frames) = adts::split(&payload) {
            return self.push_adts(time, frames);
        }
        if is_latm(&payload) {
            let what = "the sound is AAC in LATM, which RTMP has no place for: send raw AAC";
            return Err(CodecError::new(CodecErrorKind::Unsupported, what));
        }
        if self.is_configured() {
            self.push_frame(time, payload);
        }
        Ok(())
    }

    pub fn pull(&mut self) -> Option<Unit> {
        self.units.pop_front()
    }

    fn push_adts(&mut self, time: MediaTime, frames: Vec<(adts::Header, Bytes)>) -> Result<(), CodecError> {
        let mut time = time;
        for (header, frame) in frames {
            adts::check(&header)?;
            let agrees =
                matches!(self.config.as_deref(), Some(AudioConfig::Aac(config)) if header.agrees(config));
            if !agrees {
                self.use_config(header.config(&frame)?);
            }
            self.push_frame(time, frame);
            time += self.config.as_ref().map(|config| config.frame_duration()).unwrap_or_default();
        }
        Ok(())
    }

    fn use_config(&mut self, config: AacConfig) {
        let config = Arc::new(AudioConfig::Aac(config));
        self.config = Some(Arc::clone(&config));
        self.units.push_back(Unit::AudioConfig(config));
    }

    fn push_frame(&mut self, time: MediaTime, data: Bytes) {
        if data.is_empty() {
            return;
        }
        self.units.push_back(Unit::Packet(Packet {
            track: Track::Audio,
            dts: time,
            pts: time,
            key: true,
            recovery: false,
            data,
        }));
    }
}

/// Whether it is an audio sync stream (ISO/IEC 14496-3, 1.7.2): its sync word, and the length of all of it.
fn is_latm(payload: &[u8]) -> bool {
    const HEADER_BYTES: usize = 3;
    match payload {
        [0x56, high @ 0xe0..=0xff, low, ..] => {
            usize::from(high & 0x1f) << 8 | usize::from(*low) == payload.len() - HEADER_BYTES
        }
        _ => false,
    }
}
