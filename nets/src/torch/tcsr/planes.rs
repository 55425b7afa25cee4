//! What the convolutions of TCSR see of pictures.

use tch::{Kind, TchError, Tensor};

/// Brings differences between pictures, a few code values, to the size of the other inputs.
const DETAIL_UNIT: f64 = 16.0;
/// Side of the square whose mean is left out of a picture's detail.
const AROUND: i64 = 5;

/// The picture to refine and what is made of it once, for all neighbours.
pub(super) struct Target {
    pub(super) picture: Tensor,
    pub(super) detail: Tensor,
    /// At half the size.
    pub(super) half: Tensor,
    pub(super) half_detail: Tensor,
}

impl Target {
    pub(super) fn new(picture: Tensor) -> Result<Self, TchError> {
        let half = halve(&picture)?;
        Ok(Self { detail: detail(&picture)?, half_detail: detail(&half)?, picture, half })
    }
}

/// Planes `N,C,H,W` as convolutions take them: one after the other, 2x2 pixels stacked as channels. Rounded first, so that
/// less is moved.
pub(super) fn stack(planes: &[&Tensor], kind: Kind) -> Result<Tensor, TchError> {
    let rounded = planes.iter().map(|plane| plane.f_to_kind(kind)).collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&rounded, 1)?.f_pixel_unshuffle(2)
}

/// What one picture has beyond another.
pub(super) fn difference(a: &Tensor, b: &Tensor) -> Result<Tensor, TchError> {
    a.f_sub(b)?.f_mul_scalar(DETAIL_UNIT)
}

/// What a picture has beyond the mean of its surroundings: how bright it is says nothing about how to sharpen it.
pub(super) fn detail(picture: &Tensor) -> Result<Tensor, TchError> {
    let around = picture.f_avg_pool2d([AROUND; 2], [1, 1], [AROUND / 2; 2], false, false, None)?;
    difference(picture, &around)
}

/// Half the size, the mean of 2x2 pixels.
pub fn halve(picture: &Tensor) -> Result<Tensor, TchError> {
    picture.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
}
