//! Pictures and settings for tests.

use media::ffmpeg::{Coder, Preset};
use media::picture::{Colour, Component, Size};
use media::{FrameRate, MediaTime, Picture};

use super::{Chosen, Latency, TranscoderSettings};

/// 64x48 at 25 pictures a second.
pub(crate) fn settings(latency: Latency) -> TranscoderSettings {
    TranscoderSettings {
        size: Size { width: 64, height: 48 },
        bitrate: "100k".parse().unwrap(),
        frame_rate: FrameRate { num: 25, den: 1 },
        colour: Colour::default(),
        latency,
        chosen: Chosen { coder: Coder::X264(Preset::Veryfast), threads: 1 },
    }
}

/// The `n`th picture of such a stream, all of one value.
pub(crate) fn flat(size: Size, n: i64, value: u8) -> Picture {
    let mut picture = Picture::new(size);
    for component in Component::ALL {
        picture.plane_mut(component).fill(value);
    }
    picture.set_pts(MediaTime::from_millis(40 * n));
    picture
}
