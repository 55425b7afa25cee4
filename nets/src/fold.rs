//! The last convolution of F-EDSR, through the pixel shuffle.

use models::FEdsrConfig;

/// A convolution over the small picture.
pub(crate) struct Folded {
    pub(crate) weight: Vec<f32>,
    /// `scale², tail · scale², 3, 3`
    pub(crate) shape: [usize; 4],
    pub(crate) bias: Vec<f32>,
}

/// The last convolution (3x3 over the large picture, `tail` to 1) as one over the small picture, with the multiplication
/// by 255.
///
/// Pixel `(s·y + i, s·x + j)` of the large picture lies in cell `(y, x)` of the small one, as output `i·s + j`. The pixel
/// one above it lies in the same cell or in the one above, as channel `c·s² + ((i - 1) mod s)·s + j`, and so on for all
/// nine; every tap goes to the one place where its pixel was before the shuffle. Zeros around the one picture are zeros
/// around the other, so both give the same, also at the border.
pub(crate) fn fold_last(config: FEdsrConfig, weight: &[f32], bias: f32) -> Folded {
    let scale = usize::from(config.scale);
    let tail = usize::from(config.tail);
    let area = scale * scale;
    let mut folded = vec![0.0; area * tail * area * 9];
    for (tap, &value) in weight.iter().enumerate() {
        let feature = tap / 9;
        let ky = tap / 3 % 3;
        let kx = tap % 3;
        for output in 0..area {
            // Row of the wanted pixel counted from the top of the cell above, so that it is never negative.
            let row = scale + output / scale + ky - 1;
            let column = scale + output % scale + kx - 1;
            let channel = feature * area + row % scale * scale + column % scale;
            folded[((output * tail * area + channel) * 3 + row / scale) * 3 + column / scale] = value * 255.0;
        }
    }
    Folded { weight: folded, shape: [area, tail * area, 3, 3], bias: vec![bias * 255.0; area] }
}
