//! High-resolution pictures in, low-resolution packets out: scaler and encoder.

use std::sync::Arc;

use anyhow::anyhow;
use api::Bitrate;
use media::ffmpeg::{Encoder, EncoderSettings, FfmpegError, Filter, Preset, RateControl, Scaler};
use media::picture::{Colour, PixelAspect, Size};
use media::{FrameRate, MediaTime, Packet, Picture, VideoConfig};

use crate::config::codable;
use crate::failure::Failure;

/// From one keyframe to the next: the usual length of an HLS segment, which begins with one.
const KEY_INTERVAL: MediaTime = MediaTime::from_millis(2_000);
/// A wish for a keyframe sooner than this after the last one is not granted: the bits would be missed elsewhere.
const LEAST_KEY_DISTANCE: MediaTime = MediaTime::from_millis(1_000);
/// x264 at these sizes takes a few per cent of a core; slower presets earn about 10 % of the bitrate for twice the work.
const PRESET: Preset = Preset::Veryfast;
/// One slice per picture: at these sizes one core is enough, and slices cost bits.
const THREADS: u32 = 1;
/// Largest size that is chosen where none was given; what thin uplinks can carry.
const USUAL_LIMIT: Size = Size { width: 480, height: 270 };

/// Whether a keyframe is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// As the interval has it.
    Interval,
    /// Here, unless there was one a moment ago.
    Wished,
    /// Here.
    Needed,
}

/// Scales pictures down and codes them; every picture gives its packet at once.
pub struct Transcoder {
    size: Size,
    frame_rate: FrameRate,
    colour: Colour,
    scaler: Scaler,
    encoder: Encoder,
    last: Option<MediaTime>,
    last_key: Option<MediaTime>,
}

impl Transcoder {
    /// Takes pictures of any size. The frame rate is rough: the times of the pictures decide.
    pub fn new(
        size: Size,
        bitrate: Bitrate,
        frame_rate: FrameRate,
        colour: Colour,
    ) -> Result<Self, FfmpegError> {
        let encoder = Encoder::new(&EncoderSettings {
            size,
            frame_rate,
            rate: RateControl::Bitrate(bitrate.bits_per_second()),
            preset: PRESET,
            key_interval: Some(KEY_INTERVAL),
            threads: THREADS,
            colour,
            aspect: PixelAspect::SQUARE,
        })?;
        Ok(Self {
            size,
            frame_rate,
            colour,
            scaler: Scaler::new(Filter::Area),
            encoder,
            last: None,
            last_key: None,
        })
    }

    /// Describes the packets to whoever decodes them.
    pub fn config(&self) -> Arc<VideoConfig> {
        self.encoder.config()
    }

    /// Whether pictures like this one can follow: sources may change while they run. Another size alone needs no new encoder,
    /// as the scaler sees to that.
    pub fn suits(&self, hr: &Picture, frame_rate: FrameRate) -> bool {
        self.frame_rate == frame_rate && self.colour == hr.colour()
    }

    /// Scales and codes one picture. None if its time is not after the one before it, or the encoder left it out.
    pub fn transcode(&mut self, hr: &Picture, key: Key) -> Result<Option<Packet>, FfmpegError> {
        let time = hr.pts();
        if self.last.is_some_and(|last| time <= last) {
            return Ok(None);
        }
        let lr = self.scaler.scale(hr, self.size)?;
        self.encoder.push(&lr, self.forces_key(time, key))?;
        self.last = Some(time);
        // Without B-frames and look-ahead a packet comes out at once.
        let packet = self.encoder.pull()?;
        if let Some(packet) = packet.as_ref().filter(|packet| packet.key) {
            self.last_key = Some(packet.pts);
        }
        Ok(packet)
    }

    fn forces_key(&self, time: MediaTime, key: Key) -> bool {
        match key {
            Key::Needed => true,
            Key::Wished => self.last_key.is_none_or(|last| time - last >= LEAST_KEY_DISTANCE),
            Key::Interval => false,
        }
    }
}

/// The size that is sent where none was given: half of the source, at most `USUAL_LIMIT`, in the source's shape, even.
pub fn usual_size(hr: Size) -> Result<Size, Failure> {
    let share = |most: u32, side: u32| f64::from(most) / f64::from(side);
    let factor = share(USUAL_LIMIT.width, hr.width).min(share(USUAL_LIMIT.height, hr.height)).min(0.5);
    let even = |side: u32| ((f64::from(side) * factor / 2.0).round() as u32) * 2;
    codable(Size { width: even(hr.width), height: even(hr.height) })
        .map_err(|_| Failure::refused(anyhow!("{hr} cannot be made smaller by half and coded; give --size")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_size_keeps_the_shape() {
        let sizes = [
            ((1280, 720), "480x270"),
            ((1920, 1080), "480x270"),
            ((640, 360), "320x180"),
            ((1080, 1920), "152x270"),
        ];
        for ((width, height), expected) in sizes {
            assert_eq!(usual_size(Size { width, height }).unwrap().to_string(), expected);
        }
        assert!(usual_size(Size { width: 20, height: 20 }).is_err());
    }

    #[test]
    fn every_picture_gives_a_packet_and_wishes_are_granted_in_measure() {
        let size = Size { width: 64, height: 48 };
        let rate = FrameRate { num: 25, den: 1 };
        let mut transcoder = Transcoder::new(size, "100k".parse().unwrap(), rate, Colour::default()).unwrap();
        let mut keys = Vec::new();
        for n in 0..75 {
            let mut picture = Picture::new(Size { width: 128, height: 96 });
            for component in media::picture::Component::ALL {
                picture.plane_mut(component).fill(n as u8);
            }
            picture.set_pts(MediaTime::from_millis(40 * n));
            let key = match n {
                10 | 30 => Key::Wished, // 10 comes too soon
                35 => Key::Needed,
                _ => Key::Interval,
            };
            let packet = transcoder.transcode(&picture, key).unwrap().unwrap();
            assert_eq!((packet.pts, packet.dts), (picture.pts(), picture.pts()));
            assert!(transcoder.transcode(&picture, Key::Interval).unwrap().is_none());
            if packet.key {
                keys.push(n);
            }
        }
        assert_eq!(keys, [0, 30, 35]);
    }
}
