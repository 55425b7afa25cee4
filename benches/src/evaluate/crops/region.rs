//! A piece of a picture, and the one in which a picture is most wrong.

use media::quality::SquaredError;
use media::{Picture, Size};

/// Steps in which pieces are tried.
const STEP: usize = 4;

/// A piece of a picture, in pixels of luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) size: Size,
}

impl Region {
    /// The piece with the largest squared error of luma; the first from the top left, where several have it. Both pictures
    /// have the same size; the piece is smaller than wanted if they are.
    pub(super) fn of_largest_error(shown: &Picture, original: &Picture, wanted: Size) -> Self {
        let whole = original.size();
        let size = Size { width: wanted.width.min(whole.width), height: wanted.height.min(whole.height) };
        let sums = Sums::new(shown, original);
        let (width, height) = (size.width as usize, size.height as usize);
        let mut best = (0, Self { x: 0, y: 0, size });
        for y in (0..=whole.height as usize - height).step_by(STEP) {
            for x in (0..=whole.width as usize - width).step_by(STEP) {
                let error = sums.within(x, y, width, height);
                if error > best.0 {
                    best = (error, Self { x: x as u32, y: y as u32, size });
                }
            }
        }
        best.1
    }

    /// The error in this piece.
    pub(super) fn error(&self, shown: &Picture, original: &Picture) -> SquaredError {
        let (x, y) = (self.x as usize, self.y as usize);
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let rows = shown.luma().rows().zip(original.luma().rows()).skip(y).take(height);
        let squares = rows.flat_map(|(a, b)| squares(&a[x..x + width], &b[x..x + width]));
        SquaredError { sum: squares.sum(), count: self.size.area() }
    }
}

fn squares(a: &[u8], b: &[u8]) -> impl Iterator<Item = u64> {
    a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
}

/// Errors left of and above every pixel (a summed-area table), with a line and a column of zeros in front.
struct Sums {
    sums: Vec<u64>,
    stride: usize,
}

impl Sums {
    fn new(shown: &Picture, original: &Picture) -> Self {
        let stride = original.size().width as usize + 1;
        let mut sums = vec![0; stride];
        for (a, b) in shown.luma().rows().zip(original.luma().rows()) {
            let above = sums.len() - stride;
            let mut row = 0;
            sums.push(0);
            for (column, square) in (1..).zip(squares(a, b)) {
                row += square;
                sums.push(sums[above + column] + row);
            }
        }
        Self { sums, stride }
    }

    fn within(&self, x: usize, y: usize, width: usize, height: usize) -> u64 {
        let at = |x: usize, y: usize| self.sums[y * self.stride + x];
        at(x + width, y + height) + at(x, y) - at(x, y + height) - at(x + width, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(size: Size) -> Picture {
        let mut picture = Picture::new(size);
        picture.luma_mut().fill(50);
        picture
    }

    #[test]
    fn the_piece_is_where_the_errors_are() {
        let size = Size { width: 64, height: 48 };
        let (original, mut shown) = (flat(size), flat(size));
        let mut luma = shown.luma_mut();
        luma.rows_mut().skip(20).take(8).for_each(|row| row[40..48].fill(60));
        let wanted = Size { width: 8, height: 8 };
        let found = Region::of_largest_error(&shown, &original, wanted);
        assert_eq!(found, Region { x: 40, y: 20, size: wanted });
        assert_eq!(found.error(&shown, &original), SquaredError { sum: 6400, count: 64 });
    }

    #[test]
    fn small_and_perfect_pictures_have_a_piece_too() {
        let size = Size { width: 16, height: 8 };
        let found = Region::of_largest_error(&flat(size), &flat(size), Size { width: 240, height: 136 });
        assert_eq!(found, Region { x: 0, y: 0, size });
    }
}
