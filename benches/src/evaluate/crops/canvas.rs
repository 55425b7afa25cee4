//! An RGB picture that is put together from tiles and labels, and saved as PNG.

use std::convert::Infallible;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::Result;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_9X18_BOLD as FONT;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::text::{Baseline, Text};

/// Height of a line of text with its margins.
pub(super) const LABEL_HEIGHT: u32 = FONT.character_size.height + 2 * MARGIN;
const MARGIN: u32 = 3;

/// The picture; black where nothing was drawn.
pub(super) struct Canvas {
    size: media::Size,
    rgb: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(size: media::Size) -> Self {
        Self { size, rgb: vec![0; size.area() as usize * 3] }
    }

    /// Writes white text to the right of and below a corner, as much of it as fits into the width.
    pub(super) fn label(&mut self, text: &str, (left, top): (u32, u32), width: u32) {
        let fitting = (width.saturating_sub(2 * MARGIN) / FONT.character_size.width) as usize;
        let text: String = text.chars().take(fitting).collect();
        let corner = Point::new((left + MARGIN) as i32, (top + MARGIN) as i32);
        let style = MonoTextStyle::new(&FONT, Rgb888::WHITE);
        match Text::with_baseline(&text, corner, style, Baseline::Top).draw(self) {
            Ok(_) => {}
            Err(never) => match never {},
        }
    }

    /// Fills a rectangle with pixels by column and row in it.
    pub(super) fn tile(
        &mut self,
        (left, top): (u32, u32),
        size: media::Size,
        pixel: impl Fn(u32, u32) -> [u8; 3],
    ) {
        for y in 0..size.height {
            for x in 0..size.width {
                self.set(left + x, top + y, pixel(x, y));
            }
        }
    }

    /// Writes a PNG.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let mut encoder =
            png::Encoder::new(BufWriter::new(File::create(path)?), self.size.width, self.size.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        Ok(writer.finish()?)
    }

    /// What lies outside is left out.
    fn set(&mut self, x: u32, y: u32, rgb: [u8; 3]) {
        if x < self.size.width && y < self.size.height {
            let first = (y as usize * self.size.width as usize + x as usize) * 3;
            self.rgb[first..first + 3].copy_from_slice(&rgb);
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.size.width, self.size.height)
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (at.x.try_into(), at.y.try_into()) {
                self.set(x, y, [colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_is_what_a_reader_of_png_sees() {
        let size = media::Size { width: 60, height: LABEL_HEIGHT + 4 };
        let mut canvas = Canvas::new(size);
        canvas.label("truth, and much that does not fit", (0, 0), size.width);
        canvas.tile((1, LABEL_HEIGHT), media::Size { width: 2, height: 2 }, |x, y| [x as u8, y as u8, 9]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canvas.png");
        canvas.save(&path).unwrap();

        let mut reader =
            png::Decoder::new(std::io::BufReader::new(File::open(&path).unwrap())).read_info().unwrap();
        let mut read = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut read).unwrap();
        assert_eq!((info.width, info.height), (size.width, size.height));
        let row = &read[(LABEL_HEIGHT as usize + 1) * 60 * 3..];
        assert_eq!(row[..12], [0, 0, 0, 0, 1, 9, 1, 1, 9, 0, 0, 0]);
        let label = &read[..LABEL_HEIGHT as usize * 60 * 3];
        assert!(label.contains(&255), "nothing is written");
    }
}
