//! From the server to the viewer: what its encoder makes of pictures, as a player decodes them.

use anyhow::{Result, ensure};
use media::ffmpeg::{Decoder, Encoder};
use media::{FrameRate, Picture};
use sharpcast::out::EncodeSettings;

/// Seconds from one keyframe to the next: the source's, which the server follows.
const KEY_INTERVAL: f64 = 2.0;

/// What comes out of the way.
pub struct Viewed {
    /// One for every picture.
    pub pictures: Vec<Picture>,
    /// Bits a second that a viewer receives.
    pub bitrate: f64,
}

/// Codes consecutive pictures as the server does, and decodes them.
pub fn view(pictures: &[Picture], rate: FrameRate, settings: &EncodeSettings) -> Result<Viewed> {
    let first = &pictures[0];
    let settings = settings.encoder(first.size(), rate, first.colour(), first.pixel_aspect());
    let mut encoder = Encoder::new(&settings)?;
    let mut decoder = Decoder::new(&encoder.config())?;
    let between_keys = ((KEY_INTERVAL * rate.as_f64()).round() as usize).max(1);
    let mut viewed = Viewed { pictures: Vec::with_capacity(pictures.len()), bitrate: 0.0 };
    let mut bytes = 0;
    for (number, picture) in pictures.iter().enumerate() {
        let mut picture = picture.clone();
        picture.set_pts(rate.time_of(number as i64));
        encoder.push(&picture, number.is_multiple_of(between_keys))?;
        bytes += decode(&mut encoder, &mut decoder, &mut viewed.pictures)?;
    }
    encoder.finish();
    bytes += decode(&mut encoder, &mut decoder, &mut viewed.pictures)?;
    decoder.finish();
    while let Some(picture) = decoder.pull()? {
        viewed.pictures.push(picture);
    }
    ensure!(viewed.pictures.len() == pictures.len(), "the way out lost pictures");
    viewed.bitrate = bytes as f64 * 8.0 * rate.as_f64() / pictures.len() as f64;
    Ok(viewed)
}

/// Decodes what is coded; answers how many bytes that were.
fn decode(encoder: &mut Encoder, decoder: &mut Decoder, pictures: &mut Vec<Picture>) -> Result<usize> {
    let mut bytes = 0;
    while let Some(packet) = encoder.pull()? {
        bytes += packet.data.len();
        decoder.push(&packet)?;
        while let Some(picture) = decoder.pull()? {
            pictures.push(picture);
        }
    }
    Ok(bytes)
}
