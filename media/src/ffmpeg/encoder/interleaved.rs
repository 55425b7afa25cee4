//! Pictures as chips want them: luma, and behind it both kinds of chroma sample by sample (NV12).

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use super::super::frames;
use crate::picture::{Component, Picture};

/// A frame with a picture's samples, time and tags.
pub(super) fn interleaved(picture: &Picture) -> Video {
    let size = picture.size();
    let mut frame = Video::new(Pixel::NV12, size.width, size.height);
    let stride = frame.stride(0);
    for (to, from) in frame.data_mut(0).chunks_mut(stride).zip(picture.luma().rows()) {
        to[..from.len()].copy_from_slice(from);
    }
    let stride = frame.stride(1);
    let blue = picture.plane(Component::Cb);
    let red = picture.plane(Component::Cr);
    for (to, (blue, red)) in frame.data_mut(1).chunks_mut(stride).zip(blue.rows().zip(red.rows())) {
        for (pair, (blue, red)) in to.chunks_exact_mut(2).zip(blue.iter().zip(red)) {
            pair.copy_from_slice(&[*blue, *red]);
        }
    }
    frames::copy_properties(&mut frame, picture.frame());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameRate;
    use crate::picture::Size;
    use crate::synthetic::TestPictures;

    #[test]
    fn samples_stand_where_chips_look_for_them() {
        let size = Size { width: 66, height: 34 };
        let picture = TestPictures::new(size, FrameRate::whole(25)).picture(3);
        let frame = interleaved(&picture);
        assert_eq!(frame.pts(), picture.frame().pts());
        let [luma, chroma] = [0, 1].map(|plane| (frame.data(plane), frame.stride(plane)));
        assert_eq!(luma.0[33 * luma.1 + 65], picture.luma().rows().nth(33).unwrap()[65]);
        let sample = |component, x: usize, y| picture.plane(component).rows().nth(y).unwrap()[x];
        let pair = &chroma.0[16 * chroma.1 + 64..][..2];
        assert_eq!(pair, [sample(Component::Cb, 32, 16), sample(Component::Cr, 32, 16)]);
    }
}
