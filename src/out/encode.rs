//! How an upscaled rendition is coded, whatever its size.

use api::Bitrate;
use media::ffmpeg::{Coder, EncoderSettings, Preset, RateControl};
use media::picture::{Colour, FrameRate, PixelAspect, Size};

/// What a lane's encoder is asked for, but for what follows from the pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodeSettings {
    pub preset: Preset,
    /// x264's constant rate factor, 1 to 51; lower is better and larger. Where the picture is so good that this would take
    /// from it, it is coded better.
    pub quality: f32,
    /// Never exceeded for longer than a second.
    pub max_bitrate: Bitrate,
    /// Threads of one encoder.
    pub threads: u32,
}

impl Default for EncodeSettings {
    fn default() -> Self {
        Self { preset: Preset::Superfast, quality: 12.0, max_bitrate: Bitrate::new(20_000_000), threads: 1 }
    }
}

impl EncodeSettings {
    /// Keyframes come only where they are forced, as the source has them: renditions are cut at the same instants.
    pub fn encoder(
        &self,
        size: Size,
        frame_rate: FrameRate,
        colour: Colour,
        aspect: PixelAspect,
    ) -> EncoderSettings {
        let max_bitrate = Some(self.max_bitrate.bits_per_second());
        EncoderSettings {
            size,
            frame_rate,
            rate: RateControl::Quality { crf: self.quality, max_bitrate },
            coder: Coder::X264(self.preset),
            look_ahead: None,
            key_interval: None,
            threads: self.threads,
            colour,
            aspect,
        }
    }
}
