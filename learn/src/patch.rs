//! Square cut-outs, turned over and around: eight views of every patch.

/// Appends the `side`x`side` square at `(x, y)` of a plane, each value mapped, in one of the eight symmetries of a square: of
/// its number, three bits count (transposed, upside down, mirrored). The square must lie within the plane.
pub(super) fn copy<T: Copy>(
    plane: &[T],
    stride: usize,
    (x, y): (usize, usize),
    side: usize,
    orientation: u8,
    out: &mut Vec<f32>,
    map: impl Fn(T) -> f32,
) {
    let line = |index: usize| &plane[(y + index) * stride + x..][..side];
    let [transposed, upside_down, mirrored] = [4, 2, 1].map(|bit| orientation & bit != 0);
    for row in 0..side {
        let row = if upside_down { side - 1 - row } else { row };
        match (transposed, mirrored) {
            (false, false) => out.extend(line(row).iter().map(|&value| map(value))),
            (false, true) => out.extend(line(row).iter().rev().map(|&value| map(value))),
            (true, false) => out.extend((0..side).map(|index| map(line(index)[row]))),
            (true, true) => out.extend((0..side).rev().map(|index| map(line(index)[row]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientations_are_the_eight_views_of_a_square() {
        // 0 1 2
        // 3 4 5   cut out: 4 5 over 7 8
        // 6 7 8
        let plane: Vec<u8> = (0..9).collect();
        let views: Vec<_> = (0..8)
            .map(|number| {
                let mut out = Vec::new();
                copy(&plane, 3, (1, 1), 2, number, &mut out, f32::from);
                out.into_iter().map(|value| value as u8).collect::<Vec<_>>()
            })
            .collect();
        let expected: [[u8; 4]; 8] = [
            [4, 5, 7, 8],
            [5, 4, 8, 7],
            [7, 8, 4, 5],
            [8, 7, 5, 4],
            [4, 7, 5, 8],
            [7, 4, 8, 5],
            [5, 8, 4, 7],
            [8, 5, 7, 4],
        ];
        assert_eq!(views, expected);
    }

    #[test]
    fn small_and_large_patch_are_turned_alike() {
        let small: Vec<u8> = vec![1, 2, 3, 4];
        let large: Vec<u8> = vec![1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4];
        for number in 0..8 {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            copy(&small, 2, (0, 0), 2, number, &mut a, f32::from);
            copy(&large, 4, (0, 0), 4, number, &mut b, f32::from);
            let corners = [b[0], b[3], b[12], b[15]];
            assert_eq!(a, corners);
        }
    }
}
