//! What a coder costs on this machine: a second or so of pictures that move, with noise on them.

use std::time::Instant;

use media::ffmpeg::{Coder, Encoder, EncoderSettings, FfmpegError, RateControl};
use media::picture::{Colour, PixelAspect};
use media::synthetic::TestPictures;
use media::{FrameRate, MediaTime, Picture, Size};

use super::timing::{KEY_INTERVAL, LOOK_AHEAD, Latency};
use crate::clock::processor_time;

/// Beyond what encoders look ahead, so that a trial measures coding and not only filling.
const LENGTH: MediaTime = MediaTime::from_millis(1_500);
/// Few pictures a second are not worth more of a trial, and many are not needed.
const PICTURES: std::ops::RangeInclusive<u32> = 30..=60;
/// Bits for each pixel of a second: what thin streams have.
const BITS_PER_PIXEL: f64 = 0.1;
/// Encoders count whole thousands of bits, and of a thumbnail's few they would take none.
const LEAST_BITRATE: u32 = 32_000;
/// Values of noise to either side.
const NOISE: i16 = 6;

/// What coding takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Processor seconds for each second of video.
    pub cores: f64,
    /// Seconds of video in each second.
    pub speed: f64,
}

impl Cost {
    /// Whether pictures are coded faster than they come, and some to spare.
    pub fn keeps_up(self) -> bool {
        self.speed > 1.25
    }
}

/// Codes some pictures with one thread. Other work of this process meanwhile counts as well.
pub fn run(coder: Coder, size: Size, frame_rate: FrameRate, latency: Latency) -> Result<Cost, FfmpegError> {
    let count = (LENGTH.as_secs_f64() * frame_rate.as_f64()) as u32;
    let count = count.clamp(*PICTURES.start(), *PICTURES.end());
    let pixels = f64::from(size.width) * f64::from(size.height);
    let bitrate = (pixels * frame_rate.as_f64() * BITS_PER_PIXEL) as u32;
    let settings = EncoderSettings {
        size,
        frame_rate,
        rate: RateControl::Bitrate(bitrate.max(LEAST_BITRATE)),
        coder,
        look_ahead: (latency == Latency::Normal).then_some(LOOK_AHEAD),
        key_interval: Some(KEY_INTERVAL),
        threads: 1,
        colour: Colour::default(),
        aspect: PixelAspect::SQUARE,
    };
    let source = TestPictures::new(size, frame_rate);
    let pictures: Vec<Picture> = source.iter().take(count as usize).map(with_noise).collect();
    let started = Instant::now();
    let before = processor_time();
    let mut encoder = Encoder::new(&settings)?;
    let mut packets = 0;
    for picture in &pictures {
        encoder.push(picture, false)?;
        packets += drain(&mut encoder)?;
    }
    encoder.finish();
    packets += drain(&mut encoder)?;
    if packets == 0 {
        return Err(FfmpegError::Setting("these pictures: nothing came out"));
    }
    let video = f64::from(count) / frame_rate.as_f64();
    let spent = processor_time().saturating_sub(before).as_secs_f64();
    Ok(Cost { cores: spent / video, speed: video / started.elapsed().as_secs_f64() })
}

fn drain(encoder: &mut Encoder) -> Result<u32, FfmpegError> {
    let mut packets = 0;
    while encoder.pull()?.is_some() {
        packets += 1;
    }
    Ok(packets)
}

/// Alike on every run, and different on every picture.
fn with_noise(mut picture: Picture) -> Picture {
    let mut state = picture.pts().ticks() as u32 | 1;
    for row in picture.luma_mut().rows_mut() {
        for sample in row {
            // A linear congruential generator (Numerical Recipes); its high bits are good enough.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 16) as i16 % (NOISE + 1);
            *sample = sample.saturating_add_signed(noise as i8);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use media::ffmpeg::Preset;

    use super::*;

    #[test]
    fn thumbnails_are_coded_as_well() {
        let size = Size { width: 16, height: 16 };
        let cost = run(Coder::X264(Preset::Veryfast), size, FrameRate::whole(25), Latency::Normal).unwrap();
        assert!(cost.keeps_up(), "{cost:?}");
    }

    #[test]
    fn slower_presets_cost_more() {
        let size = Size { width: 160, height: 96 };
        let cost = |coder| run(coder, size, FrameRate::whole(25), Latency::Normal).unwrap();
        let [fast, slow] = [Preset::Ultrafast, Preset::Slow].map(|preset| cost(Coder::X264(preset)));
        assert!(fast.cores > 0.0 && slow.cores > 2.0 * fast.cores, "{fast:?} {slow:?}");
    }
}
