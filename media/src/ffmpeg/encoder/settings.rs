//! What an encoder is asked for, whichever it is.

use super::super::FfmpegError;
use super::Coder;
use crate::picture::{Colour, FrameRate, PixelAspect, Size};
use crate::time::MediaTime;

#[derive(Clone, Debug, PartialEq)]
pub struct EncoderSettings {
    /// Of every picture; both sides even, as 4:2:0 wants.
    pub size: Size,
    /// Roughly how many pictures come: for rate control. Times are kept as they are, whatever the rate.
    pub frame_rate: FrameRate,
    pub rate: RateControl,
    pub coder: Coder,
    /// How much of what follows the encoder may see before it decides on a picture. It then spends bits where they last,
    /// and predicts pictures from later ones: packets come late and in another order. Without it, each picture pushed
    /// can be pulled at once.
    pub look_ahead: Option<MediaTime>,
    /// From one keyframe to the next, by the frame rate; without it they come only where they are forced.
    pub key_interval: Option<MediaTime>,
    /// Threads to code with; 0 lets x264 decide. With x264 each codes a slice of its own, of which pictures with few lines
    /// have fewer.
    pub threads: u32,
    /// How the samples are to be read as colours; written into the stream.
    pub colour: Colour,
    /// The shape of the pixels; written into the stream if they are not square.
    pub aspect: PixelAspect,
}

/// How many bits an encoder may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateControl {
    /// Bits per second, never exceeded for longer than a second; by SVT-AV1 with look-ahead, for longer than two or so.
    Bitrate(u32),
    /// The same quality throughout, as bits allow.
    Quality {
        /// The constant rate factor: for x264, 0 is lossless, 18 looks like it, 23 is usual, 51 is the worst.
        crf: f32,
        /// Bits per second, never exceeded for longer than a second.
        max_bitrate: Option<u32>,
    },
}

impl RateControl {
    pub(super) fn limit(self) -> Option<u32> {
        match self {
            Self::Bitrate(rate) => Some(rate),
            Self::Quality { max_bitrate, .. } => max_bitrate,
        }
    }
}

impl EncoderSettings {
    pub(super) fn check(&self) -> Result<(), FfmpegError> {
        let Self { size, frame_rate, rate, key_interval, .. } = self;
        let even = size.width.is_multiple_of(2) && size.height.is_multiple_of(2);
        let rate_fits = i32::try_from(frame_rate.num).is_ok() && i32::try_from(frame_rate.den).is_ok();
        if !size.is_supported() {
            Err(FfmpegError::Size(*size))
        } else if !even {
            Err(FfmpegError::Setting("an odd width or height"))
        } else if frame_rate.num == 0 || frame_rate.den == 0 || !rate_fits {
            Err(FfmpegError::Setting("this frame rate"))
        } else if rate.limit() == Some(0) {
            Err(FfmpegError::Setting("a bit rate of zero"))
        } else if matches!(rate, RateControl::Quality { crf, .. } if !(0.0..=51.0).contains(crf)) {
            Err(FfmpegError::Setting("a rate factor outside 0 to 51"))
        } else if key_interval.is_some_and(|interval| interval <= MediaTime::ZERO) {
            Err(FfmpegError::Setting("a key frame interval that is not positive"))
        } else {
            Ok(())
        }
    }

    /// How many pictures come in such a time; one at least.
    pub(super) fn pictures(&self, time: MediaTime) -> u32 {
        ((time.as_secs_f64() * self.frame_rate.as_f64()).round() as u32).max(1)
    }

    /// From one keyframe to the next.
    pub(super) fn pictures_between_keys(&self) -> Option<u32> {
        self.key_interval.map(|interval| self.pictures(interval))
    }
}
