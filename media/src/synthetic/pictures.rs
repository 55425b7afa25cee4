//! Moving test pictures.

use crate::picture::{Colour, Component, FrameRate, Picture, Range, Size};

/// Pictures of a drifting pattern; number `n` is the same on every run.
#[derive(Clone, Debug)]
pub struct TestPictures {
    size: Size,
    frame_rate: FrameRate,
}

const COLOUR: Colour = Colour {
    range: Range::Limited,
    matrix: Colour::BT709,
    primaries: Colour::BT709,
    transfer: Colour::BT709,
};

impl TestPictures {
    /// Pictures of this size; the frame rate gives them their times.
    ///
    /// Panics if the size is not [supported](Size::is_supported).
    pub fn new(size: Size, frame_rate: FrameRate) -> Self {
        assert!(size.is_supported(), "pictures of {size} cannot exist");
        Self { size, frame_rate }
    }

    pub fn size(&self) -> Size {
        self.size
    }

    pub fn frame_rate(&self) -> FrameRate {
        self.frame_rate
    }

    pub fn picture(&self, index: u32) -> Picture {
        let mut picture = Picture::new(self.size);
        picture.set_pts(self.frame_rate.time_of(index.into()));
        picture.set_colour(COLOUR);
        let shift = index as usize;
        for (y, row) in picture.luma_mut().rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                *sample = luma(x + 2 * shift, y + shift);
            }
        }
        for (component, step) in [(Component::Cb, 1), (Component::Cr, 2)] {
            for (y, row) in picture.plane_mut(component).rows_mut().enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = 64 + triangle(x * step + y + shift, 256) / 2;
                }
            }
        }
        picture
    }

    /// All pictures from number 0 on, without end.
    pub fn iter(&self) -> impl Iterator<Item = Picture> {
        (0..=u32::MAX).map(|index| self.picture(index))
    }
}

/// Slow gradient, squares with sharp edges on it, and diagonal lines of three samples inside every second square.
fn luma(x: usize, y: usize) -> u8 {
    let ground = 48 + triangle(x + y, 512) / 2;
    match ((x / 24) % 2, (y / 24) % 2) {
        (0, 0) => ground + 48,
        (1, 1) if (x + 2 * y) % 6 < 3 => ground + 60,
        _ => ground,
    }
}

/// Up from 0 to 255 and down again, once per `period`.
fn triangle(position: usize, period: usize) -> u8 {
    let phase = position % period * 510 / period;
    phase.min(510 - phase).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_move_and_repeat() {
        let pictures = TestPictures::new(Size { width: 64, height: 48 }, FrameRate::whole(25));
        let (first, second) = (pictures.picture(0), pictures.picture(1));
        assert_eq!(second.pts(), FrameRate::whole(25).frame_duration());
        assert!(first.luma().rows().ne(second.luma().rows()));
        assert!(first.luma().rows().eq(pictures.iter().next().unwrap().luma().rows()));
        assert!(first.luma().rows().flatten().all(|sample| (16..=235).contains(sample)));
    }
}
