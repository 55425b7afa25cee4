//! YUV to RGB for looking at (ITU-R BT.601, BT.709, BT.2020), chroma from the nearest sample.

use media::Picture;
use media::picture::{Colour, Component, Range};

/// How samples become red, green and blue.
pub(super) struct Conversion {
    /// Code value of black, and how much a step of luma is.
    luma: (f64, f64),
    /// How much a step of chroma is.
    chroma: f64,
    /// Shares of red and blue in luma.
    red: f64,
    blue: f64,
}

impl Conversion {
    /// What is not said is taken for high-definition television in limited range.
    pub(super) fn new(colour: Colour) -> Self {
        let (red, blue) = match colour.matrix {
            Colour::BT601_MATRIX | 5 => (0.299, 0.114),
            Colour::BT2020_MATRIX => (0.2627, 0.0593),
            _ => (0.2126, 0.0722),
        };
        let (luma, chroma) = match colour.range {
            Range::Full => ((0.0, 1.0), 1.0),
            Range::Limited | Range::Unspecified => ((16.0, 255.0 / 219.0), 255.0 / 224.0),
        };
        Self { luma, chroma, red, blue }
    }

    /// The pixel in a column and a row, which the picture has.
    pub(super) fn rgb(&self, picture: &Picture, x: u32, y: u32) -> [u8; 3] {
        let sample = |component, x: u32, y: u32| {
            let plane = picture.plane(component);
            f64::from(plane.data[y as usize * plane.stride + x as usize])
        };
        let luma = (sample(Component::Y, x, y) - self.luma.0) * self.luma.1;
        let cb = (sample(Component::Cb, x / 2, y / 2) - 128.0) * self.chroma;
        let cr = (sample(Component::Cr, x / 2, y / 2) - 128.0) * self.chroma;
        let red = luma + 2.0 * (1.0 - self.red) * cr;
        let blue = luma + 2.0 * (1.0 - self.blue) * cb;
        let green = (luma - self.red * red - self.blue * blue) / (1.0 - self.red - self.blue);
        [red, green, blue].map(|value| value.round().clamp(0.0, 255.0) as u8)
    }
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    fn pixel(colour: Colour, samples: [u8; 3]) -> [u8; 3] {
        let mut picture = Picture::new(Size { width: 4, height: 4 });
        for (component, value) in Component::ALL.into_iter().zip(samples) {
            picture.plane_mut(component).fill(value);
        }
        Conversion::new(colour).rgb(&picture, 3, 3)
    }

    /// Primary colours of the standards' tables of colour bars.
    #[test]
    fn known_colours() {
        let hd = Colour::default();
        assert_eq!(pixel(hd, [16, 128, 128]), [0, 0, 0]);
        assert_eq!(pixel(hd, [235, 128, 128]), [255, 255, 255]);
        assert_eq!(pixel(hd, [63, 102, 240]), [255, 1, 0]);
        let sd = Colour { matrix: Colour::BT601_MATRIX, ..hd };
        assert_eq!(pixel(sd, [41, 240, 110]), [0, 0, 255]);
        let full = Colour { range: Range::Full, ..hd };
        assert_eq!(pixel(full, [200, 128, 128]), [200, 200, 200]);
    }
}
