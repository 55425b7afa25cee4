//! From the server to the viewer: what its encoder makes of pictures, as a player decodes them.

use anyhow::{Result, ensure};
use media::ffmpeg::Encoder;
use media::{FrameRate, Picture};
use sharpcast::out::EncodeSettings;

use super::footage::decode;
use crate::processor_time;

/// Seconds from one keyframe to the next: the source's, which the server follows.
const KEY_INTERVAL: f64 = 2.0;

/// What comes out of the way.
pub struct Viewed {
    /// One for every picture.
    pub pictures: Vec<Picture>,
    /// Bits a second that a viewer receives.
    pub bitrate: f64,
    /// Processor seconds that coding a second took.
    pub cores: f64,
}

/// Codes consecutive pictures as the server does, and decodes them.
pub fn view(pictures: &[Picture], rate: FrameRate, settings: &EncodeSettings) -> Result<Viewed> {
    let first = &pictures[0];
    let settings = settings.encoder(first.size(), rate, first.colour(), first.pixel_aspect());
    let between_keys = ((KEY_INTERVAL * rate.as_f64()).round() as usize).max(1);
    let before = processor_time();
    let mut encoder = Encoder::new(&settings)?;
    let mut packets = Vec::with_capacity(pictures.len());
    for (number, picture) in pictures.iter().enumerate() {
        let mut picture = picture.clone();
        picture.set_pts(rate.time_of(number as i64));
        encoder.push(&picture, number.is_multiple_of(between_keys))?;
        packets.extend(encoder.pull()?);
    }
    encoder.finish();
    while let Some(packet) = encoder.pull()? {
        packets.push(packet);
    }
    let seconds = pictures.len() as f64 / rate.as_f64();
    let cores = (processor_time() - before) / seconds;
    let bytes: usize = packets.iter().map(|packet| packet.data.len()).sum();
    let viewed = decode(&encoder.config(), &packets)?;
    ensure!(viewed.len() == pictures.len(), "the way out lost pictures");
    Ok(Viewed { pictures: viewed, bitrate: bytes as f64 * 8.0 / seconds, cores })
}
