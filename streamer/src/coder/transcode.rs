//! High-resolution pictures in, low-resolution packets out: framer and encoder.

use std::sync::Arc;

use api::Bitrate;
use media::ffmpeg::{Coder, Encoder, EncoderSettings, FfmpegError, RateControl};
use media::picture::{Colour, PixelAspect, Size};
use media::{FrameRate, MediaTime, Packet, Picture, VideoConfig};

use super::timing::{KEY_INTERVAL, LOOK_AHEAD, Latency};
use crate::framing::Framer;

/// A wish for a keyframe sooner than this after the last one is not granted: the bits would be missed elsewhere.
const LEAST_KEY_DISTANCE: MediaTime = MediaTime::from_millis(1_000);
/// An encoder looks ahead over pictures, not over time. Below this many a second it would take seconds for them to come.
const LEAST_RATE_AHEAD: f64 = 10.0;

/// Whether a keyframe is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// As the interval has it.
    Interval,
    /// Here, unless there was one a moment ago.
    Wished,
    /// Here; with a coder that cannot be told, at the next interval.
    Needed,
}

/// A coder, and the threads that it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    pub coder: Coder,
    pub threads: u32,
}

/// What is to come out.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscoderSettings {
    pub size: Size,
    pub bitrate: Bitrate,
    /// Rough: the times of the pictures decide.
    pub frame_rate: FrameRate,
    /// As the pictures have it.
    pub colour: Colour,
    pub latency: Latency,
    pub chosen: Chosen,
}

/// Scales pictures down and codes them. Push pictures, and pull after each until nothing comes.
pub struct Transcoder {
    settings: TranscoderSettings,
    framer: Framer,
    encoder: Encoder,
    /// Of the picture that went in last.
    last: Option<MediaTime>,
    /// Of the newest picture that came out.
    out: Option<MediaTime>,
    last_key: Option<MediaTime>,
}

impl Transcoder {
    /// Takes pictures of any size and shape.
    pub fn new(settings: TranscoderSettings) -> Result<Self, FfmpegError> {
        let TranscoderSettings { size, bitrate, frame_rate, colour, latency, chosen } = settings.clone();
        let ahead = latency == Latency::Normal && frame_rate.as_f64() >= LEAST_RATE_AHEAD;
        let encoder = Encoder::new(&EncoderSettings {
            size,
            frame_rate,
            rate: RateControl::Bitrate(bitrate.bits_per_second()),
            coder: chosen.coder,
            look_ahead: ahead.then_some(LOOK_AHEAD),
            key_interval: Some(KEY_INTERVAL),
            threads: chosen.threads,
            colour,
            aspect: PixelAspect::SQUARE,
        })?;
        Ok(Self { settings, framer: Framer::default(), encoder, last: None, out: None, last_key: None })
    }

    /// Describes the packets to whoever decodes them.
    pub fn config(&self) -> Arc<VideoConfig> {
        self.encoder.config()
    }

    pub fn settings(&self) -> &TranscoderSettings {
        &self.settings
    }

    /// Scales a picture and takes it in. Not if its time is not after the one before it: then it is left out.
    pub fn push(&mut self, hr: &Picture, key: Key) -> Result<bool, FfmpegError> {
        let time = hr.pts();
        if self.last.is_some_and(|last| time <= last) {
            return Ok(false);
        }
        let lr = self.framer.frame(hr, self.settings.size, 1)?;
        let force = self.settings.chosen.coder.forces_keys() && self.forces_key(time, key);
        self.encoder.push(&lr, force)?;
        self.last = Some(time);
        // The first one always is one.
        if force || self.last_key.is_none() {
            self.last_key = Some(time);
        }
        Ok(true)
    }

    /// The next packet, if one is complete; they come in the order of decoding, with the times of their pictures.
    pub fn pull(&mut self) -> Result<Option<Packet>, FfmpegError> {
        let packet = self.encoder.pull()?;
        if let Some(packet) = &packet {
            self.out = self.out.max(Some(packet.pts));
            if packet.key {
                self.last_key = self.last_key.max(Some(packet.pts));
            }
        }
        Ok(packet)
    }

    /// No picture follows: what is inside can be pulled.
    pub fn finish(&mut self) {
        self.encoder.finish();
    }

    /// How far what came out is behind what went in.
    pub fn lag(&self) -> MediaTime {
        self.last.zip(self.out.or(self.last)).map_or(MediaTime::ZERO, |(last, out)| last - out)
    }

    fn forces_key(&self, time: MediaTime, key: Key) -> bool {
        match key {
            Key::Needed => true,
            Key::Wished => self.last_key.is_none_or(|last| {
                // Those of the interval may still be inside.
                let since = (time - last).ticks().rem_euclid(KEY_INTERVAL.ticks());
                MediaTime::from_ticks(since) >= LEAST_KEY_DISTANCE
            }),
            Key::Interval => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::fake::{flat, settings};

    const SIZE: Size = Size { width: 128, height: 96 };

    #[test]
    fn with_low_latency_every_picture_gives_a_packet_and_wishes_are_granted_in_measure() {
        let mut transcoder = Transcoder::new(settings(Latency::Low)).unwrap();
        let mut keys = Vec::new();
        for n in 0..75 {
            let picture = flat(SIZE, n, n as u8);
            let key = match n {
                10 | 30 => Key::Wished, // 10 comes too soon
                35 => Key::Needed,
                _ => Key::Interval,
            };
            assert!(transcoder.push(&picture, key).unwrap());
            let packet = transcoder.pull().unwrap().unwrap();
            assert_eq!((packet.pts, packet.dts), (picture.pts(), picture.pts()));
            assert!(!transcoder.push(&picture, Key::Interval).unwrap(), "the same time again");
            assert!(transcoder.pull().unwrap().is_none());
            assert_eq!(transcoder.lag(), MediaTime::ZERO);
            if packet.key {
                keys.push(n);
            }
        }
        assert_eq!(keys, [0, 30, 35]);
    }

    #[test]
    fn with_normal_latency_packets_come_about_a_second_later_and_keyframes_stand_where_they_were_wished() {
        let mut transcoder = Transcoder::new(settings(Latency::Normal)).unwrap();
        let (mut packets, mut lag) = (Vec::new(), MediaTime::ZERO);
        for n in 0..75 {
            let key = match n {
                10 | 30 => Key::Wished,
                35 => Key::Needed,
                _ => Key::Interval,
            };
            transcoder.push(&flat(SIZE, n, n as u8), key).unwrap();
            packets.extend(std::iter::from_fn(|| transcoder.pull().unwrap()));
            lag = lag.max(transcoder.lag());
        }
        transcoder.finish();
        packets.extend(std::iter::from_fn(|| transcoder.pull().unwrap()));
        assert_eq!(packets.len(), 75);
        assert!((900..1_500).contains(&lag.as_millis()), "{lag}");
        let keys: Vec<_> = packets.iter().filter(|packet| packet.key).collect();
        assert_eq!(keys.iter().map(|key| key.pts.as_millis() / 40).collect::<Vec<_>>(), [0, 30, 35]);
    }

    #[test]
    fn slow_pictures_are_not_waited_for() {
        let rate = FrameRate { num: 2, den: 1 };
        let slow = TranscoderSettings { frame_rate: rate, ..settings(Latency::Normal) };
        let mut transcoder = Transcoder::new(slow).unwrap();
        transcoder.push(&flat(SIZE, 0, 7), Key::Interval).unwrap();
        assert!(transcoder.pull().unwrap().is_some());
    }
}
