//! Moving a picture along an optical flow.

use tch::{Device, Kind, TchError, Tensor};

/// Bilinear, border pixels repeated, the corners of the grid at the centres of the corner pixels.
const BILINEAR: i64 = 0;
const BORDER: i64 = 1;
const ALIGN_CORNERS: bool = true;

/// Backward warp: pixel `(x, y)` of the answer is `picture` at `(x + u, y + v)`, bilinear between pixels, the border repeated
/// outside. `picture` is `N,C,H,W`, `flow` is `N,2,H,W` in pixels, `u` (to the right) before `v` (down); single precision.
pub fn warp(picture: &Tensor, flow: &Tensor) -> Result<Tensor, TchError> {
    let (.., height, width) = flow.size4()?;
    let axis = |length: i64, shape: [i64; 4]| -> Result<Tensor, TchError> {
        Tensor::f_arange(length, (Kind::Float, Device::Cpu))?.f_to_device(flow.device())?.f_reshape(shape)
    };
    // Grids are in -1..=1 from the first pixel to the last; a picture of one pixel has only itself.
    let unit = |length: i64| 2.0 / (length - 1).max(1) as f64;
    let x = flow.f_narrow(1, 0, 1)?.f_add(&axis(width, [1, 1, 1, width])?)?;
    let y = flow.f_narrow(1, 1, 1)?.f_add(&axis(height, [1, 1, height, 1])?)?;
    let x = x.f_mul_scalar(unit(width))?.f_sub_scalar(1.0)?;
    let y = y.f_mul_scalar(unit(height))?.f_sub_scalar(1.0)?;
    let grid = Tensor::f_cat(&[x, y], 1)?.f_permute([0, 2, 3, 1])?;
    picture.f_grid_sampler(&grid, BILINEAR, BORDER, ALIGN_CORNERS)
}

/// A flow for a picture of twice the size: bilinear, its values doubled.
pub fn enlarge(flow: &Tensor) -> Result<Tensor, TchError> {
    let (.., height, width) = flow.size4()?;
    flow.f_upsample_bilinear2d([2 * height, 2 * width], false, None, None)?.f_mul_scalar(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Tensor {
        Tensor::from_slice(&[0.0_f32, 1.0, 2.0, 10.0, 11.0, 12.0, 20.0, 21.0, 22.0]).reshape([1, 1, 3, 3])
    }

    fn flow(u: f32, v: f32) -> Tensor {
        Tensor::from_slice(&[[u; 9], [v; 9]].concat()).reshape([1, 2, 3, 3])
    }

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.reshape([-1])).unwrap()
    }

    /// Worked out by hand.
    #[test]
    fn pixels_come_from_where_the_flow_points_to() {
        let table: [(f32, f32, [f32; 9]); 4] = [
            (0.0, 0.0, [0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 20.0, 21.0, 22.0]),
            (1.0, 0.0, [1.0, 2.0, 2.0, 11.0, 12.0, 12.0, 21.0, 22.0, 22.0]),
            (0.0, -1.0, [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 10.0, 11.0, 12.0]),
            (0.5, 0.5, [5.5, 6.5, 7.0, 15.5, 16.5, 17.0, 20.5, 21.5, 22.0]),
        ];
        for (u, v, expected) in table {
            let found = values(&warp(&picture(), &flow(u, v)).unwrap());
            let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(near, "({u}, {v}): {found:?}");
        }
    }

    #[test]
    fn a_row_or_a_column_or_a_pixel_can_be_warped() {
        for (height, width) in [(1, 1), (1, 4), (4, 1)] {
            let picture = Tensor::rand([1, 1, height, width], (Kind::Float, Device::Cpu));
            let still = Tensor::zeros([1, 2, height, width], (Kind::Float, Device::Cpu));
            assert!(warp(&picture, &still).unwrap().allclose(&picture, 1e-5, 1e-6, false));
        }
    }

    #[test]
    fn an_enlarged_flow_points_twice_as_far() {
        let large = enlarge(&flow(1.5, -2.0)).unwrap();
        assert_eq!(large.size(), [1, 2, 6, 6]);
        let values = values(&large);
        assert!(values[..36].iter().all(|u| (u - 3.0).abs() < 1e-6), "{values:?}");
        assert!(values[36..].iter().all(|v| (v + 4.0).abs() < 1e-6), "{values:?}");
    }
}
