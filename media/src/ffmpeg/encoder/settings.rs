//! What an encoder is asked for, and how x264 is told.

use ffmpeg_next::Dictionary;

use super::super::FfmpegError;
use crate::picture::{Colour, FrameRate, PixelAspect, Size};
use crate::time::MediaTime;

/// Pictures that x264 looks ahead at most.
const MAX_AHEAD: u32 = 250;

#[derive(Clone, Debug, PartialEq)]
pub struct EncoderSettings {
    /// Of every picture; both sides even, as 4:2:0 wants.
    pub size: Size,
    /// Roughly how many pictures come: for rate control. Times are kept as they are, whatever the rate.
    pub frame_rate: FrameRate,
    pub rate: RateControl,
    pub preset: Preset,
    /// How much of what follows the encoder may see before it decides on a picture. It then spends bits where they last,
    /// and predicts pictures from later ones: packets come late and in another order. Without it, each picture pushed
    /// can be pulled at once.
    pub look_ahead: Option<MediaTime>,
    /// From one keyframe to the next, by the frame rate; without it they come only where they are forced.
    pub key_interval: Option<MediaTime>,
    /// Slices per picture, each coded by a thread of its own; 0 lets x264 decide, which also makes fewer of pictures
    /// with few lines.
    pub threads: u32,
    /// How the samples are to be read as colours; written into the stream.
    pub colour: Colour,
    /// The shape of the pixels; written into the stream if they are not square.
    pub aspect: PixelAspect,
}

/// How many bits an encoder may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateControl {
    /// Bits per second, never exceeded for longer than a second.
    Bitrate(u32),
    /// The same quality throughout, as bits allow.
    Quality {
        /// x264's constant rate factor: 0 is lossless, 18 looks like it, 23 is usual, 51 is the worst.
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

/// How much work an encoder may take for each bit that it saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    Ultrafast,
    Superfast,
    Veryfast,
    Faster,
    Fast,
    Medium,
    Slow,
}

impl Preset {
    /// As x264 knows it.
    const fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Slow => "slow",
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

    /// The options of the libx264 wrapper.
    pub(super) fn options(&self) -> Dictionary<'static> {
        let mut options = Dictionary::new();
        options.set("preset", self.preset.name());
        if self.look_ahead.is_none() {
            // A picture that is pushed comes out at once.
            options.set("tune", "zerolatency");
        }
        // A forced keyframe is one that decoding can start at, and not only an I-picture.
        options.set("forced-idr", "1");
        options.set("threads", &self.threads.to_string());
        if let RateControl::Quality { crf, .. } = self.rate {
            options.set("crf", &crf.to_string());
        }
        let order = match self.look_ahead {
            Some(ahead) => {
                format!("bframes=3:sync-lookahead=0:rc-lookahead={}", self.pictures(ahead).min(MAX_AHEAD))
            }
            None => "bframes=0".to_owned(),
        };
        // Without scene cuts: keyframes where nobody asked for them would cut renditions at different instants.
        options.set("x264-params", &format!("scenecut=0:{order}:keyint={}", self.key_interval()));
        options
    }

    fn pictures(&self, time: MediaTime) -> u32 {
        ((time.as_secs_f64() * self.frame_rate.as_f64()).round() as u32).max(1)
    }

    /// Pictures from one keyframe to the next, as x264 writes it.
    fn key_interval(&self) -> String {
        let Some(interval) = self.key_interval else { return "infinite".to_owned() };
        format!("{0}:min-keyint={0}", self.pictures(interval))
    }
}
