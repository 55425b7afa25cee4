//! The shape of pixels: what H.264, MP4 and FFmpeg call sample or pixel aspect ratio.

use std::fmt;

use super::Size;
use super::size::greatest_common_divisor;

/// How wide a pixel is to its height, in lowest terms; square by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelAspect {
    num: u16,
    den: u16,
}

impl PixelAspect {
    pub const SQUARE: Self = Self { num: 1, den: 1 };
    /// The most oblong pixels that are believed, in either direction: the standard's own go up to 2:1, and half of a
    /// picture for each eye makes 4:1 at most. Beyond it stands damage.
    const MOST: u64 = 8;

    /// Pixels `num` wide and `den` high. What is nothing (0:1 says "unknown") or not believable is square.
    pub fn new(num: u32, den: u32) -> Self {
        let wide = u64::from(num);
        let high = u64::from(den);
        if num == 0 || den == 0 || wide > high * Self::MOST || high > wide * Self::MOST {
            return Self::SQUARE;
        }
        let reduced = |num: u32, den: u32| {
            let divisor = greatest_common_divisor(num.into(), den.into()) as u32;
            [num / divisor, den / divisor]
        };
        let [mut num, mut den] = reduced(num, den);
        // Bitstreams have 16 bits for each.
        while num > u16::MAX.into() || den > u16::MAX.into() {
            [num, den] = reduced(num / 2, den / 2);
        }
        Self { num: num as u16, den: den as u16 }
    }

    pub fn num(self) -> u16 {
        self.num
    }

    pub fn den(self) -> u16 {
        self.den
    }

    pub fn is_square(self) -> bool {
        self == Self::SQUARE
    }

    /// The size in square pixels at which a picture of `size` has its shape and loses nothing: wider or higher, as
    /// browsers show it.
    pub fn display_size(self, size: Size) -> Size {
        let stretch = |side: u32, by: u16, to: u16| {
            let stretched = (u64::from(side) * u64::from(by) + u64::from(to) / 2) / u64::from(to);
            u32::try_from(stretched).unwrap_or(u32::MAX)
        };
        if self.num >= self.den {
            Size { width: stretch(size.width, self.num, self.den), ..size }
        } else {
            Size { height: stretch(size.height, self.den, self.num), ..size }
        }
    }
}

impl Default for PixelAspect {
    fn default() -> Self {
        Self::SQUARE
    }
}

impl fmt::Display for PixelAspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn aspects_are_reduced_and_absurd_ones_are_square() {
        let table = [
            ((16, 11), "16:11"),
            ((128, 90), "64:45"),
            ((2, 1), "2:1"),
            ((1, 8), "1:8"),
            ((7, 7), "1:1"),
            ((0, 1), "1:1"),
            ((1, 0), "1:1"),
            ((0, 0), "1:1"),
            ((9, 1), "1:1"),
            ((1, 65_535), "1:1"),
            ((1_000_001, 1_000_000), "1:1"),
            ((u32::MAX, u32::MAX - 1), "1:1"),
            ((4_000_000_000, 1_000_000_001), "4:1"),
        ];
        for ((num, den), text) in table {
            let aspect = PixelAspect::new(num, den);
            assert_eq!(aspect.to_string(), text, "{num}:{den}");
        }
    }

    #[test]
    fn pictures_are_shown_in_their_shape_and_never_smaller() {
        let size = |width, height| Size { width, height };
        let table = [
            (PixelAspect::SQUARE, size(640, 360), size(640, 360)),
            (PixelAspect::new(16, 11), size(352, 288), size(512, 288)),
            (PixelAspect::new(64, 45), size(720, 576), size(1024, 576)),
            (PixelAspect::new(8, 9), size(720, 480), size(720, 540)),
            (PixelAspect::new(10, 11), size(704, 480), size(704, 528)),
        ];
        for (aspect, coded, shown) in table {
            assert_eq!(aspect.display_size(coded), shown, "{aspect}");
        }
    }

    proptest! {
        #[test]
        fn any_aspect_is_believable(num: u32, den: u32, width in 1_u32..=4096, height in 1_u32..=4096) {
            let aspect = PixelAspect::new(num, den);
            prop_assert!(aspect.num() > 0 && aspect.den() > 0);
            let shown = aspect.display_size(Size { width, height });
            prop_assert!(shown.width >= width && shown.height >= height);
            prop_assert!(shown.width <= width * 9 && shown.height <= height * 9);
        }
    }
}
