//! Which size is sent, and where a picture stands in it: pictures keep their shape on every screen.
//!
//! What is sent has square pixels. Where a size was asked for, a picture of another shape stands between black bars.

use anyhow::anyhow;
use media::ffmpeg::{FfmpegError, Filter, Scaler};
use media::picture::{Component, PixelAspect, Range};
use media::{Picture, Size};

use crate::config::codable;
use crate::failure::Failure;

/// Largest size that is chosen where none was given, lying or upright; what thin uplinks can carry.
const USUAL_LIMIT: Size = Size { width: 480, height: 270 };
/// Shapes that differ by less are the same: it is not seen, and sides have to be even.
const SAME_SHAPE: f64 = 0.02;
/// The same in samples, for small pictures.
const SAME_SIDE: f64 = 2.0;

/// The size of the picture in square pixels.
pub fn shape(picture: &Picture) -> Size {
    picture.pixel_aspect().display_size(picture.size())
}

/// The size that is sent where none was given: half of the source as it is shown, at most `USUAL_LIMIT`, even.
pub fn usual_size(shown: Size) -> Result<Size, Failure> {
    let longer = f64::from(shown.width.max(shown.height));
    let shorter = f64::from(shown.width.min(shown.height));
    let most = (f64::from(USUAL_LIMIT.width) / longer).min(f64::from(USUAL_LIMIT.height) / shorter).min(0.5);
    let long_side = even(longer * most);
    // From the side as it came out: what one side is rounded by does not bend the other.
    let short_side = even(shorter * f64::from(long_side) / longer);
    let size = if shown.width >= shown.height {
        Size { width: long_side, height: short_side }
    } else {
        Size { width: short_side, height: long_side }
    };
    codable(size).map_err(|_| {
        Failure::refused(anyhow!("{shown} cannot be made smaller by half and coded; give --size"))
    })
}

/// The size at which a picture that is shown at `shown` stands in a video of size `video`: all of it, if the shapes are the same.
pub fn inner(shown: Size, video: Size) -> Size {
    let ratio = |size: Size| f64::from(size.width) / f64::from(size.height);
    let wider = ratio(shown) / ratio(video);
    let height = f64::from(video.width) / ratio(shown);
    let width = f64::from(video.height) * ratio(shown);
    let is_near = |side: f64, whole: u32| (side - f64::from(whole)).abs() <= SAME_SIDE;
    if (wider - 1.0).abs() <= SAME_SHAPE || is_near(height, video.height) || is_near(width, video.width) {
        video
    } else if wider > 1.0 {
        Size { height: even(height).max(2), ..video }
    } else {
        Size { width: even(width).max(2), ..video }
    }
}

fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32) * 2
}

/// Makes pictures of any shape fit.
pub struct Framer {
    scaler: Scaler,
}

impl Default for Framer {
    fn default() -> Self {
        Self { scaler: Scaler::new(Filter::Area) }
    }
}

impl Framer {
    /// The picture as it stands in a video of size `video`, `factor` times as large: what a network of this factor should make of
    /// the same picture with the factor 1. Time, key and colour are kept.
    pub fn frame(&mut self, picture: &Picture, video: Size, factor: u32) -> Result<Picture, FfmpegError> {
        let inner = inner(shape(picture), video);
        let mut scaled = self.scaler.scale(picture, inner.scaled(factor))?;
        scaled.set_pixel_aspect(PixelAspect::SQUARE);
        if inner == video {
            return Ok(scaled);
        }
        // Even, so that colours stay beside their luma.
        let left = (video.width - inner.width) / 4 * 2 * factor;
        let top = (video.height - inner.height) / 4 * 2 * factor;
        Ok(between_bars(&scaled, video.scaled(factor), left, top))
    }
}

/// A black picture of `size` with `picture` in it, `left` and `top` samples from its corner.
fn between_bars(picture: &Picture, size: Size, left: u32, top: u32) -> Picture {
    let mut whole = Picture::new(size);
    whole.copy_properties_from(picture);
    let black = if picture.colour().range == Range::Full { 0 } else { 16 };
    for component in Component::ALL {
        let (value, share) = if component == Component::Y { (black, 1) } else { (128, 2) };
        let left = (left / share) as usize;
        let mut plane = whole.plane_mut(component);
        plane.fill(value);
        let rows = plane.rows_mut().skip((top / share) as usize);
        for (to, from) in rows.zip(picture.plane(component).rows()) {
            to[left..left + from.len()].copy_from_slice(from);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn the_usual_size_keeps_the_shape() {
        let table = [
            (size(1280, 720), "480x270"),
            (size(1920, 1080), "480x270"),
            (size(640, 360), "320x180"),
            (size(1080, 1920), "270x480"),
            (size(360, 640), "180x320"),
            (size(1024, 576), "480x270"), // 720x576 with pixels of 64:45
            (size(768, 576), "360x270"),
            (size(720, 540), "360x270"), // 720x480 with pixels of 8:9
            (size(2560, 1080), "480x202"),
            (size(641, 361), "320x180"),
        ];
        for (shown, expected) in table {
            assert_eq!(usual_size(shown).unwrap().to_string(), expected, "{shown}");
        }
        assert!(usual_size(size(20, 20)).is_err());
    }

    /// Every shape is sent as it is, within a sample, and fills what is sent.
    #[test]
    fn the_usual_size_needs_no_bars() {
        for width in (40..4096).step_by(37) {
            for height in (40..4096).step_by(41) {
                let shown = size(width, height);
                let Ok(sent) = usual_size(shown) else { continue };
                assert!(sent.width.is_multiple_of(2) && sent.height.is_multiple_of(2));
                assert_eq!(inner(shown, sent), sent, "{shown} in {sent}");
                let crooked =
                    f64::from(sent.width) * f64::from(height) / f64::from(width) - f64::from(sent.height);
                let across =
                    f64::from(sent.height) * f64::from(width) / f64::from(height) - f64::from(sent.width);
                assert!(crooked.abs().min(across.abs()) <= 1.0, "{shown} as {sent}");
            }
        }
    }

    #[test]
    fn another_shape_stands_between_bars() {
        let table = [
            (size(640, 360), size(480, 272), size(480, 272)),
            (size(1920, 1080), size(480, 270), size(480, 270)),
            (size(1080, 1920), size(480, 270), size(152, 270)),
            (size(1920, 800), size(480, 270), size(480, 200)),
            (size(640, 480), size(270, 480), size(270, 202)),
            (size(4000, 16), size(64, 64), size(64, 2)),
        ];
        for (shown, video, expected) in table {
            assert_eq!(inner(shown, video), expected, "{shown} in {video}");
        }
    }

    #[test]
    fn bars_are_black_and_as_wide_on_both_sides_at_every_factor() {
        let mut upright = Picture::new(size(90, 160));
        for component in Component::ALL {
            upright.plane_mut(component).fill(200);
        }
        for factor in [1, 2, 3] {
            let framed = Framer::default().frame(&upright, size(64, 36), factor).unwrap();
            assert_eq!(framed.size(), size(64, 36).scaled(factor));
            // 20 of 64 columns are the picture.
            let row = framed.luma().rows().nth(5).unwrap();
            let expected = |x: usize| if (22..42).contains(&(x / factor as usize)) { 200 } else { 16 };
            assert!(row.iter().enumerate().all(|(x, &sample)| sample == expected(x)), "{factor}: {row:?}");
            let chroma = framed.plane(Component::Cb).rows().nth(5).unwrap();
            let expected = |x: usize| if (11..21).contains(&(x / factor as usize)) { 200 } else { 128 };
            assert!(
                chroma.iter().enumerate().all(|(x, &sample)| sample == expected(x)),
                "{factor}: {chroma:?}"
            );
        }
    }

    #[test]
    fn oblong_pixels_are_sent_as_square_ones() {
        let mut picture = Picture::new(size(720, 576));
        picture.set_pixel_aspect(PixelAspect::new(64, 45));
        assert_eq!(shape(&picture), size(1024, 576));
        let framed = Framer::default().frame(&picture, size(480, 270), 1).unwrap();
        assert_eq!((framed.size(), framed.pixel_aspect()), (size(480, 270), PixelAspect::SQUARE));
    }
}
