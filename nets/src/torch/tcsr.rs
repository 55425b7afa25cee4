//! The forward pass of TCSR, for training and for service.

mod ofrnet;
mod planes;

use models::Architecture as _;
use models::arch::TensorSpec;
use models::arch::tcsr::{EMBEDDING, FLOW_BLOCKS, MULTIPLE, STACK, TcsrConfig};
use tch::{Kind, TchError, Tensor};

use crate::torch::convolution::{Convolution, blocks, convolutions, through};
use crate::torch::warp::warp;
use ofrnet::Level;
use planes::{Target, detail, difference, stack};

pub use planes::halve;

/// Brings what the last convolution makes to the size of residuals, a code value or two, so that a step of the optimiser
/// is no larger there than it is elsewhere.
const RESIDUAL_UNIT: f64 = 1.0 / 64.0;

/// A TCSR over whatever tensors it was given: trainable variables or frozen copies.
#[derive(Debug)]
pub struct Tcsr {
    config: TcsrConfig,
    ofr: [Level; 2],
    target: Convolution,
    neighbour: Convolution,
    merge: Convolution,
    first: Convolution,
    body: Vec<[Convolution; 2]>,
    last: Convolution,
}

/// What the net makes of `2k+1` pictures.
#[derive(Debug)]
pub struct Output {
    /// What to add to the target, `N,1,H,W`.
    pub residual: Tensor,
    /// The neighbours, the oldest first.
    pub neighbours: Vec<Aligned>,
}

/// A neighbour, brought into line with the target.
#[derive(Debug)]
pub struct Aligned {
    /// The neighbour warped along the flow, `N,1,H,W`, enlarged to multiples of four as everything here.
    pub picture: Tensor,
    /// From target to neighbour, `N,2,H,W` in pixels.
    pub flow: Tensor,
    /// The same between the pictures at half their size.
    pub half_flow: Tensor,
    /// How much of it every pixel deserves, 0..1, `N,1,H,W`.
    pub attention: Tensor,
}

impl Tcsr {
    /// Builds the net from its tensors, asked for in the order of [`TcsrConfig`]'s list.
    pub fn new<E>(
        config: TcsrConfig,
        tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
    ) -> Result<Self, E> {
        let mut next = convolutions(config.tensors(), tensor);
        let [first, second] = FLOW_BLOCKS;
        Ok(Self {
            config,
            ofr: [Level::new(first, &mut next)?, Level::new(second, &mut next)?],
            target: next()?,
            neighbour: next()?,
            merge: next()?,
            first: next()?,
            body: blocks(config.blocks, &mut next)?,
            last: next()?,
        })
    }

    pub fn config(&self) -> TcsrConfig {
        self.config
    }

    /// Luma of consecutive pictures, `N,2k+1,H,W` in 0..1, single precision. Convolutions compute in `kind`; pictures,
    /// flows and sums stay in single precision.
    pub fn forward(&self, pictures: &Tensor, kind: Kind) -> Result<Output, TchError> {
        let (_, count, height, width) = pictures.size4()?;
        let missing = |side: i64| (-side).rem_euclid(MULTIPLE as i64);
        // Repeating the border makes no edges that the net would see.
        let pictures = match (missing(height), missing(width)) {
            (0, 0) => pictures.shallow_clone(),
            (below, right) => pictures.f_replication_pad2d([0, right, 0, below])?,
        };
        // The target stands between its neighbours.
        let middle = count / 2;
        let target = Target::new(pictures.f_narrow(1, middle, 1)?)?;
        // Once for all neighbours.
        let wanted = embed(&self.target, &target.detail, kind)?;
        let mut neighbours = Vec::with_capacity(count as usize - 1);
        let mut news = Vec::with_capacity(count as usize);
        for index in (0..count).filter(|index| *index != middle) {
            let neighbour = pictures.f_narrow(1, index, 1)?;
            let aligned = self.align(&neighbour, &target, &wanted, kind)?;
            news.push(difference(&aligned.picture, &target.picture)?.f_mul_(&aligned.attention)?);
            neighbours.push(aligned);
        }
        let planes: Vec<&Tensor> = news.iter().chain([&target.detail]).collect();
        let merged = self.merge.forward(&stack(&planes, kind)?)?.f_relu_()?;
        let features = through(&self.body, self.first.forward(&merged)?)?;
        let residual = self.last.forward(&features)?.f_pixel_shuffle(2)?.f_to_kind(Kind::Float)?;
        let residual = residual.f_mul_scalar(RESIDUAL_UNIT)?.f_narrow(2, 0, height)?.f_narrow(3, 0, width)?;
        Ok(Output { residual, neighbours })
    }

    fn align(
        &self,
        neighbour: &Tensor,
        target: &Target,
        wanted: &Tensor,
        kind: Kind,
    ) -> Result<Aligned, TchError> {
        let [half_flow, flow] = ofrnet::flows(neighbour, target, &self.ofr, kind)?;
        let picture = warp(neighbour, &flow)?;
        let offered = embed(&self.neighbour, &detail(&picture)?, kind)?;
        let attention = likeness(&offered, wanted)?.f_sigmoid()?.f_pixel_shuffle(2)?;
        Ok(Aligned { picture, flow, half_flow, attention })
    }
}

/// A picture's detail `N,1,H,W` to features `N,4E,H/2,W/2`: what attention compares.
fn embed(convolution: &Convolution, detail: &Tensor, kind: Kind) -> Result<Tensor, TchError> {
    convolution.forward(&stack(&[detail], kind)?)
}

/// The dot product of every pixel's features, `N,4,H/2,W/2` in single precision. As a convolution with ones, which is ten
/// times as fast as a sum over eight neighbouring channels.
fn likeness(offered: &Tensor, wanted: &Tensor) -> Result<Tensor, TchError> {
    let product = offered.f_mul(wanted)?;
    let stack = STACK as i64;
    let embedding = EMBEDDING as i64;
    let ones = Tensor::f_eye(stack, (product.f_kind()?, product.device()))?
        .f_repeat_interleave_self_int(embedding, 1, None)?
        .f_reshape([stack, stack * embedding, 1, 1])?;
    product.f_conv2d(&ones, None::<&Tensor>, [1, 1], [0, 0], [1, 1], 1)?.f_to_kind(Kind::Float)
}
