//! Adds a residual to a luma plane, undoing the pixel shuffle on the way. Plain loops that the compiler vectorises.

use media::picture::PlaneMut;

use crate::error::NetError;

/// Adds `residual`, in code values, laid out `H,W,scale,scale` over the low-resolution picture (before the pixel
/// shuffle, channels last), to a plane of `scale` times the size. Every sum is rounded to the nearest code value and clamped
/// to 0..=255. On an error the residual held NaN or infinity, and the plane is spoilt.
pub(crate) fn add(plane: &mut PlaneMut<'_>, residual: &[f32], scale: usize) -> Result<(), NetError> {
    match scale {
        2 => add_by::<2>(plane, residual),
        3 => add_by::<3>(plane, residual),
        _ => add_by::<4>(plane, residual),
    }
}

/// Adds `residual`, in code values, row by row, to a plane of the same size.
pub(crate) fn add_plane(plane: &mut PlaneMut<'_>, residual: &[f32]) -> Result<(), NetError> {
    let width = plane.width;
    let mut seen = 0;
    let rows = plane.data.chunks_mut(plane.stride).take(plane.height);
    for (row, residual) in rows.zip(residual.chunks_exact(width)) {
        for (pixel, &value) in row[..width].iter_mut().zip(residual) {
            seen |= exponent_is_full(value);
            *pixel = rounded(f32::from(*pixel) + value);
        }
    }
    finite(seen)
}

fn add_by<const SCALE: usize>(plane: &mut PlaneMut<'_>, residual: &[f32]) -> Result<(), NetError> {
    let width = plane.width;
    let cells = width / SCALE * SCALE * SCALE;
    let mut seen = 0;
    for (y, row) in plane.data.chunks_mut(plane.stride).take(plane.height).enumerate() {
        // A plane with more rows than the residual keeps the rest as it is.
        let Some(cells) = residual.get(y / SCALE * cells..).and_then(|rest| rest.get(..cells)) else { break };
        add_row::<SCALE>(&mut row[..width], cells, y % SCALE, &mut seen);
    }
    finite(seen)
}

fn add_row<const SCALE: usize>(row: &mut [u8], cells: &[f32], sub_row: usize, seen: &mut u32) {
    for (pixels, cell) in row.chunks_exact_mut(SCALE).zip(cells.chunks_exact(SCALE * SCALE)) {
        for (pixel, &value) in pixels.iter_mut().zip(&cell[sub_row * SCALE..][..SCALE]) {
            *seen |= exponent_is_full(value);
            *pixel = rounded(f32::from(*pixel) + value);
        }
    }
}

/// Nearest code value, ties to even. Adding 2^23 leaves no bits for a fraction, so the addition itself rounds; no call,
/// and vectors of any width.
fn rounded(value: f32) -> u8 {
    const NO_FRACTION: f32 = 8_388_608.0;
    (value.clamp(0.0, 255.0) + NO_FRACTION).to_bits() as u8
}

/// 1 for NaN and infinity, whose exponents are all ones; else 0. Sums of these find one bad value without a branch, so that
/// the loops stay vectors.
fn exponent_is_full(value: f32) -> u32 {
    const ALL_ONES: u32 = 0x7f80_0000;
    u32::from(value.to_bits() & ALL_ONES == ALL_ONES)
}

fn finite(seen: u32) -> Result<(), NetError> {
    if seen == 0 { Ok(()) } else { Err(NetError::not_finite()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds to a 4x4 plane with a gap of two bytes behind each row.
    fn add_to_grey(residual: &[f32], scale: usize) -> (Result<(), NetError>, Vec<u8>) {
        let size = 12 / scale * scale;
        let mut data = vec![100; (size + 2) * size];
        let sum = add(
            &mut PlaneMut { data: &mut data, stride: size + 2, width: size, height: size },
            residual,
            scale,
        );
        (sum, data)
    }

    #[test]
    fn cells_land_where_the_pixel_shuffle_puts_them() {
        for scale in 2..=4 {
            let small = 12 / scale;
            let residual: Vec<f32> = (0..144).map(|value| value as f32 - 50.0).collect();
            let (sum, data) = add_to_grey(&residual, scale);
            assert!(sum.is_ok());
            for (y, row) in data.chunks(14).enumerate() {
                for (x, &pixel) in row[..12].iter().enumerate() {
                    let cell = (y / scale * small + x / scale) * scale * scale;
                    let expected = 50 + cell + y % scale * scale + x % scale;
                    assert_eq!(usize::from(pixel), expected, "x{scale} at {x},{y}");
                }
                assert_eq!(row[12..], [100, 100], "the gap is left alone");
            }
        }
    }

    #[test]
    fn sums_are_rounded_and_clamped() {
        let values = [0.49, -0.49, 0.51, 155.4, 400.0, -100.4, -1e30, 1e30];
        let mut row = [100; 8];
        let cells: Vec<f32> = values.chunks(2).flat_map(|pair| [pair[0], pair[1], 0.0, 0.0]).collect();
        add_row::<2>(&mut row, &cells, 0, &mut 0);
        assert_eq!(row, [100, 100, 101, 255, 255, 0, 0, 255]);
    }

    #[test]
    fn what_is_not_finite_is_told() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut residual = vec![0.0; 144];
            residual[77] = bad;
            assert!(add_to_grey(&residual, 2).0.is_err());
        }
    }
}
