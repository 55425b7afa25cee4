//! One track: its segments, and the samples of the one that is being made.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use media::packet::Packet;
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};

use crate::out::cmaf::{self, Clock, CmafError, Sample};

/// Steps that are none: a sample lasts no longer than so many seconds.
const LONGEST: i64 = 10;

pub(super) struct Track {
    config: Config,
    clock: Clock,
    /// When the newest packet is decoded.
    placed: Option<i64>,
    /// Its last one has no duration yet.
    samples: Vec<Sample>,
    sequence_number: u32,
    segments: VecDeque<Segment>,
    /// Bytes and time of all that are listed.
    bytes: u64,
}

#[derive(Clone, PartialEq)]
pub(super) enum Config {
    Video(Arc<VideoConfig>),
    Audio(Arc<AudioConfig>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    Audio,
}

/// A segment that is on disk, in the track's time scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) start: i64,
    pub(super) duration: i64,
    bytes: u64,
}

impl Kind {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Video => "m4v",
            Self::Audio => "m4a",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Audio => "audio",
        })
    }
}

impl Track {
    pub(super) fn new(config: Config) -> Self {
        let clock = match &config {
            Config::Video(_) => Clock::Video,
            Config::Audio(config) => Clock::audio(config),
        };
        Self {
            config,
            clock,
            placed: None,
            samples: Vec::new(),
            sequence_number: 0,
            segments: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The same track from its beginning.
    pub(super) fn anew(self) -> Self {
        Self::new(self.config)
    }

    pub(super) fn is_of(&self, config: &Config) -> bool {
        self.config == *config
    }

    pub(super) fn kind(&self) -> Kind {
        match self.config {
            Config::Video(_) => Kind::Video,
            Config::Audio(_) => Kind::Audio,
        }
    }

    /// What its fragments are decoded with.
    pub(super) fn initialization(&self) -> Result<Bytes, CmafError> {
        match &self.config {
            Config::Video(config) => cmaf::video(config),
            Config::Audio(config) => cmaf::audio(config),
        }
    }

    pub(super) fn push(&mut self, packet: &Packet) {
        let Some(decode_time) = self.clock.place(self.placed, packet.dts) else { return };
        self.placed = Some(decode_time);
        self.settle(decode_time);
        let shift = self.clock.ticks(packet.pts) - self.clock.ticks(packet.dts);
        self.samples.push(Sample {
            decode_time,
            duration: 0,
            composition_offset: i32::try_from(shift).unwrap_or(0),
            key: packet.key,
            data: packet.data.clone(),
        });
    }

    /// Ends the segment, whose next one begins with this packet, if that is known: when it begins, and its bytes.
    pub(super) fn cut(&mut self, next: Option<&Packet>) -> Result<Option<(i64, Bytes)>, CmafError> {
        let next_decode = next.and_then(|next| self.clock.place(self.placed, next.dts));
        let usual = self.samples.iter().rev().nth(1).map(|sample| i64::from(sample.duration));
        let last = self.samples.last().map(|sample| sample.decode_time);
        let Some(last) = last else { return Ok(None) };
        let usual = usual.unwrap_or_else(|| self.clock.usual_duration().into());
        self.settle(next_decode.unwrap_or(last + usual));
        let samples = std::mem::take(&mut self.samples);
        let shown = |sample: &Sample| sample.decode_time + i64::from(sample.composition_offset);
        let start = samples.iter().map(shown).min().unwrap_or(last).max(0);
        let end =
            samples.iter().map(|sample| shown(sample) + i64::from(sample.duration)).max().unwrap_or(last);
        self.sequence_number = self.sequence_number.wrapping_add(1);
        let bytes = cmaf::fragment(self.sequence_number, last, &samples)?;
        let segment = Segment { start, duration: (end - start).max(1), bytes: bytes.len() as u64 };
        self.bytes += segment.bytes;
        self.segments.push_back(segment);
        Ok(Some((start, bytes)))
    }

    /// Lists no more than so many segments.
    pub(super) fn keep(&mut self, most: usize) {
        while self.segments.len() > most {
            if let Some(gone) = self.segments.pop_front() {
                self.bytes -= gone.bytes;
            }
        }
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter()
    }

    pub(super) fn timescale(&self) -> u32 {
        self.clock.timescale()
    }

    /// An instant of the stream in its time scale.
    pub(super) fn ticks(&self, time: MediaTime) -> i64 {
        self.clock.ticks(time)
    }

    pub(super) fn codec(&self) -> String {
        match &self.config {
            Config::Video(config) => config.codec_string(),
            Config::Audio(config) => config.codec_string(),
        }
    }

    /// What else a representation says.
    pub(super) fn attributes(&self) -> String {
        match &self.config {
            Config::Video(config) => {
                let size = config.size();
                format!("width=\"{}\" height=\"{}\"", size.width, size.height)
            }
            Config::Audio(config) => format!("audioSamplingRate=\"{}\"", config.sample_rate()),
        }
    }

    /// Bits a second of what is listed.
    pub(super) fn bandwidth(&self) -> u64 {
        let ticks: i64 = self.segments.iter().map(|segment| segment.duration).sum();
        let bits = u128::from(self.bytes) * 8 * u128::from(self.timescale());
        u64::try_from(bits / u128::from(ticks.max(1).unsigned_abs())).unwrap_or(u64::MAX).max(1)
    }

    /// Gives the newest sample its duration.
    fn settle(&mut self, next: i64) {
        let longest = i64::from(self.clock.timescale()) * LONGEST;
        if let Some(sample) = self.samples.last_mut().filter(|sample| sample.duration == 0) {
            sample.duration = (next - sample.decode_time).clamp(1, longest) as u32;
        }
    }
}
