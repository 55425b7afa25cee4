//! High-resolution pictures in, low-resolution packets out: framer and encoder.

use std::sync::Arc;

use api::Bitrate;
use media::ffmpeg::{Encoder, EncoderSettings, FfmpegError, Preset, RateControl};
use media::picture::{Colour, PixelAspect, Size};
use media::{FrameRate, MediaTime, Packet, Picture, VideoConfig};

use crate::framing::Framer;

/// From one keyframe to the next: the usual length of an HLS segment, which begins with one.
const KEY_INTERVAL: MediaTime = MediaTime::from_millis(2_000);
/// A wish for a keyframe sooner than this after the last one is not granted: the bits would be missed elsewhere.
const LEAST_KEY_DISTANCE: MediaTime = MediaTime::from_millis(1_000);
/// x264 at these sizes takes a few per cent of a core; slower presets earn about 10 % of the bitrate for twice the work.
const PRESET: Preset = Preset::Veryfast;
/// One slice per picture: at these sizes one core is enough, and slices cost bits.
const THREADS: u32 = 1;

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
    framer: Framer,
    encoder: Encoder,
    last: Option<MediaTime>,
    last_key: Option<MediaTime>,
}

impl Transcoder {
    /// Takes pictures of any size and shape. The frame rate is rough: the times of the pictures decide.
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
            look_ahead: None,
            key_interval: Some(KEY_INTERVAL),
            threads: THREADS,
            colour,
            aspect: PixelAspect::SQUARE,
        })?;
        Ok(Self { size, frame_rate, colour, framer: Framer::default(), encoder, last: None, last_key: None })
    }

    /// Describes the packets to whoever decodes them.
    pub fn config(&self) -> Arc<VideoConfig> {
        self.encoder.config()
    }

    /// Whether a picture like this one can follow and be sent at this size: sources may change while they run.
    pub fn suits(&self, hr: &Picture, size: Size, frame_rate: FrameRate) -> bool {
        self.size == size && self.frame_rate == frame_rate && self.colour == hr.colour()
    }

    /// Of the pictures in the packets.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Scales and codes one picture. None if its time is not after the one before it, or the encoder left it out.
    pub fn transcode(&mut self, hr: &Picture, key: Key) -> Result<Option<Packet>, FfmpegError> {
        let time = hr.pts();
        if self.last.is_some_and(|last| time <= last) {
            return Ok(None);
        }
        let lr = self.framer.frame(hr, self.size, 1)?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
