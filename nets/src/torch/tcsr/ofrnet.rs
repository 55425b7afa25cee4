//! OFRnet: how the target's pixels lie in a neighbour.

use tch::{Kind, TchError, Tensor};

use super::planes::{Target, difference, halve, stack};
use crate::torch::convolution::{Convolution, blocks, through};
use crate::torch::warp::{enlarge, warp};

/// Brings a flow of usual length to the size of the other inputs.
const FLOW_UNIT: f64 = 1.0 / 16.0;

/// Convolutions from two stacked pictures to a flow of their size.
#[derive(Debug)]
pub(super) struct Level {
    head: Convolution,
    body: Vec<[Convolution; 2]>,
    flow: Convolution,
}

impl Level {
    /// With this many residual blocks, from the net's next convolutions.
    pub(super) fn new<E>(count: u16, mut next: impl FnMut() -> Result<Convolution, E>) -> Result<Self, E> {
        Ok(Self { head: next()?, body: blocks(count, &mut next)?, flow: next()? })
    }

    /// Planes `N,C,H,W` to flow `N,2,H,W`, in pixels; sides are even.
    fn forward(&self, planes: &[&Tensor], kind: Kind) -> Result<Tensor, TchError> {
        let stacked = stack(planes, kind)?;
        let features = through(&self.body, self.head.forward(&stacked)?.f_relu_()?)?;
        self.flow.forward(&features)?.f_pixel_shuffle(2)?.f_to_kind(Kind::Float)
    }
}

/// The flow from target to neighbour, `N,2,H,W` in pixels: of the pictures at half their size, and of the pictures.
/// Those are `N,1,H,W` in 0..1 with sides that are multiples of four. Convolutions compute in `kind`.
pub(super) fn flows(
    neighbour: &Tensor,
    target: &Target,
    levels: &[Level; 2],
    kind: Kind,
) -> Result<[Tensor; 2], TchError> {
    let Target { picture, detail, half: small, half_detail: small_detail } = target;
    // From a flow of zero: the warp changes nothing.
    let planes = [&difference(&halve(neighbour)?, small)?, small_detail];
    let half = levels[0].forward(&planes, kind)?;
    let so_far = enlarge(&half)?;
    // The second level sees what the first left over, so it only has to correct.
    let aligned = warp(neighbour, &so_far)?;
    let planes = [&difference(&aligned, picture)?, detail, &so_far.f_mul_scalar(FLOW_UNIT)?];
    let full = levels[1].forward(&planes, kind)?.f_add(&so_far)?;
    Ok([half, full])
}
