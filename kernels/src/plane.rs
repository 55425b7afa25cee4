//! How values lie in memory: rows of `channel / 4, x, channel % 4`, so that a vector holds neighbouring pixels with four channels each,
//! and the horizontal taps of a kernel are loads from neighbouring places.

use crate::quantise::{Coding, GROUP, Step};

/// Pixels of the widest vector.
pub const VECTOR: usize = 16;

/// Pixels on the left and on the right of every row, beyond whole vectors: as many as keep rows aligned.
const BORDER: usize = VECTOR;

/// A tensor of bytes, with the bytes of zeros around it.
#[derive(Debug, Clone)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub groups: usize,
    /// Rows above and below.
    border: usize,
    /// Bytes from a group of channels to the next.
    group_stride: usize,
    row_stride: usize,
    /// Of the first pixel that is not border.
    origin: usize,
    zeros: Vec<[u8; GROUP]>,
    data: Vec<u8>,
}

impl Plane {
    /// All zeros. `border` is how many rows kernels reach above and below.
    pub fn new(width: usize, height: usize, channels: usize, border: usize, coding: &Coding) -> Self {
        let groups = channels.div_ceil(GROUP);
        let group_stride = (BORDER + width.next_multiple_of(VECTOR) + BORDER) * GROUP;
        let row_stride = group_stride * groups;
        // One vector more, since memory begins where it will.
        let mut data = vec![0; row_stride * (height + 2 * border) + VECTOR * GROUP];
        let aligned = data.as_ptr().align_offset(VECTOR * GROUP).min(VECTOR * GROUP);
        let zeros: Vec<_> = (0..groups).map(|group| coding.zeros(group)).collect();
        for (number, line) in data[aligned..].chunks_exact_mut(group_stride).enumerate() {
            for pixel in line.chunks_exact_mut(GROUP) {
                pixel.copy_from_slice(&zeros[number % groups]);
            }
        }
        let origin = aligned + border * row_stride + BORDER * GROUP;
        Self { width, height, groups, border, group_stride, row_stride, origin, zeros, data }
    }

    /// Vectors that a row takes.
    pub fn vectors(&self) -> usize {
        self.width.div_ceil(VECTOR)
    }

    pub fn group_stride(&self) -> usize {
        self.group_stride
    }

    pub fn data(&self) -> &[u8] {
        &self.data
    }

    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Where the first pixel of a row lies.
    pub fn start(&self, y: usize) -> usize {
        self.origin + y * self.row_stride
    }

    /// How far from a pixel a step's inputs lie, in bytes. Panics if that is outside the borders.
    pub fn distance(&self, step: &Step) -> isize {
        assert!(
            step.row.unsigned_abs() <= self.border
                && step.column.unsigned_abs() < BORDER
                && step.group < self.groups
        );
        step.row * self.row_stride as isize
            + step.group as isize * self.group_stride as isize
            + step.column * GROUP as isize
    }

    pub fn has_shape_of(&self, other: &Self) -> bool {
        let shape = |plane: &Self| [plane.width, plane.height, plane.group_stride, plane.row_stride];
        shape(self) == shape(other)
    }

    /// Puts zeros behind the last pixel of a row again, where whole vectors were written.
    pub fn close_row(&mut self, y: usize) {
        let behind = self.width % VECTOR;
        if behind == 0 {
            return;
        }
        for group in 0..self.groups {
            let start = self.start(y) + group * self.group_stride + self.width * GROUP;
            let zeros = self.zeros[group];
            for pixel in self.data[start..][..(VECTOR - behind) * GROUP].chunks_exact_mut(GROUP) {
                pixel.copy_from_slice(&zeros);
            }
        }
    }

    /// How many pixels of each channel of a group have this byte.
    pub fn count(&self, group: usize, byte: u8) -> [usize; GROUP] {
        let mut counts = [0; GROUP];
        for y in 0..self.height {
            let start = self.start(y) + group * self.group_stride;
            let row = &self.data[start..][..self.width * GROUP];
            let mut columns = [0_u8; VECTOR * GROUP];
            let vectors = row.chunks_exact(VECTOR * GROUP);
            let rest = vectors.remainder();
            for vector in vectors {
                for (column, found) in columns.iter_mut().zip(vector) {
                    *column = column.saturating_add(u8::from(*found == byte));
                }
            }
            for (place, column) in columns.iter().enumerate() {
                counts[place % GROUP] += usize::from(*column);
            }
            for (place, found) in rest.iter().enumerate() {
                counts[place % GROUP] += usize::from(*found == byte);
            }
        }
        counts
    }

    /// The channels of a pixel.
    pub fn pixel(&self, x: usize, y: usize, channel: usize) -> u8 {
        self.data[self.start(y) + channel / GROUP * self.group_stride + x * GROUP + channel % GROUP]
    }

    /// Fills a row of a plane with one group from a row of luma: pixel `x` has the codes at `x`, `x + 1`, `x + 2` and `x + 3`, so that a
    /// kernel's row is multiplied four columns at a time. Columns on the left of the picture are filled as well.
    pub fn spread(&mut self, y: usize, luma: &[u8]) {
        let left = GROUP - 1;
        let start = self.start(y) - left * GROUP;
        let row = &mut self.data[start..][..(left + self.width) * GROUP];
        let code = |x: usize| x.checked_sub(left).and_then(|x| luma.get(x)).copied().unwrap_or(0);
        // All but the three on either side lie within the row.
        let inner = left..self.width.max(left);
        for (x, pixel) in row.chunks_exact_mut(GROUP).enumerate().filter(|(x, _)| !inner.contains(x)) {
            *pixel.first_chunk_mut().expect("a pixel has four") =
                std::array::from_fn::<u8, GROUP, _>(|column| code(x + column));
        }
        let pixels = row[left * GROUP..].chunks_exact_mut(GROUP);
        for (pixel, window) in pixels.zip(luma[..self.width].windows(GROUP)) {
            pixel.copy_from_slice(window);
        }
    }
}
