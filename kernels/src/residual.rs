//! What comes out of a net is added to the picture that it belongs to.

use crate::plane::Plane;
use crate::quantise::GROUP;

/// Adds a row of cells to the `scale` rows of the large picture that they are; `rows` begins with the first of them, `stride` apart.
/// Sums are saturated.
pub(crate) fn add_row(cells: &Plane, y: usize, scale: usize, rows: &mut [u8], stride: usize) {
    for line in 0..scale {
        let row = &mut rows[line * stride..][..cells.width * scale];
        if scale == 2 {
            let start = cells.start(y);
            let cells = &cells.data()[start..][..cells.width * GROUP];
            for (pixels, cell) in row.chunks_exact_mut(2).zip(cells.chunks_exact(GROUP)) {
                pixels[0] = pixels[0].saturating_add_signed(cell[2 * line] as i8);
                pixels[1] = pixels[1].saturating_add_signed(cell[2 * line + 1] as i8);
            }
        } else {
            for (x, pixels) in row.chunks_exact_mut(scale).enumerate() {
                for (column, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = pixel.saturating_add_signed(cells.pixel(x, y, line * scale + column) as i8);
                }
            }
        }
    }
}
