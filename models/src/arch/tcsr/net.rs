//! The forward pass of TCSR, for training and for service.

use tch::{Kind, TchError, Tensor};

use super::{
    config::{EMBEDDING, STACK, TcsrConfig},
    ofrnet::{Flow, OfrNet},
};
use crate::arch::{
    Architecture as _, Convolution, Convolutions, ResidualBlock, TensorSpec, convolution::through, warp::warp,
};

/// Sides that the net computes on are multiples of this: half of them is stacked two by two.
const MULTIPLE: i64 = 4;

/// A TCSR over whatever tensors it was given: trainable variables or frozen copies.
#[derive(Debug)]
pub struct Tcsr {
    config: TcsrConfig,
    ofr: OfrNet,
    target: Convolution,
    neighbour: Convolution,
    merge: Convolution,
    first: Convolution,
    body: Vec<ResidualBlock>,
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
    /// The neighbour warped along the flow, `N,1,H,W`.
    pub picture: Tensor,
    /// Flow of either level, in pixels, on the enlarged picture.
    pub flow: Flow,
    /// How much of it every pixel deserves, 0..1, `N,1,H,W` on the enlarged picture.
    pub attention: Tensor,
}

impl Tcsr {
    /// Builds the net from its tensors, asked for in the order of [`TcsrConfig`]'s list.
    pub fn new<E>(
        config: TcsrConfig,
        tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
    ) -> Result<Self, E> {
        let specs = config.tensors();
        let mut convolutions = Convolutions::new(&specs, tensor);
        Ok(Self {
            config,
            ofr: OfrNet::new(&mut convolutions)?,
            target: convolutions.next()?,
            neighbour: convolutions.next()?,
            merge: convolutions.next()?,
            first: convolutions.next()?,
            body: convolutions.blocks(config.blocks)?,
            last: convolutions.next()?,
        })
    }

    /// The parameters of the net.
    pub fn config(&self) -> TcsrConfig {
        self.config
    }

    /// Luma of consecutive pictures, `N,2k+1,H,W` in 0..1, single precision. Convolutions compute in `kind`; pictures,
    /// flows and sums stay in single precision.
    pub fn forward(&self, pictures: &Tensor, kind: Kind) -> Result<Output, TchError> {
        let (_, count, height, width) = pictures.size4()?;
        let missing = |side: i64| (MULTIPLE - side % MULTIPLE) % MULTIPLE;
        let pictures = match (missing(height), missing(width)) {
            (0, 0) => pictures.shallow_clone(),
            (below, right) => pictures.f_replication_pad2d([0, right, 0, below])?,
        };
        let middle = count / 2;
        let target = pictures.f_narrow(1, middle, 1)?;
        let wanted = embed(&self.target, &target, kind)?;
        let mut neighbours = Vec::with_capacity(count as usize - 1);
        let mut features = Vec::with_capacity(count as usize);
        for index in (0..count).filter(|index| *index != middle) {
            let neighbour = pictures.f_narrow(1, index, 1)?;
            let aligned = self.align(&neighbour, &target, &wanted, kind)?;
            let news = aligned.picture.f_sub(&target)?.f_mul(&aligned.attention)?;
            features.push(news.f_pixel_unshuffle(2)?);
            neighbours.push(aligned);
        }
        features.push(target.f_pixel_unshuffle(2)?);
        let merged = self.merge.forward(&Tensor::f_cat(&features, 1)?.f_to_kind(kind)?)?.f_relu()?;
        let features = through(&self.body, self.first.forward(&merged)?)?;
        let residual = self.last.forward(&features)?.f_to_kind(Kind::Float)?.f_pixel_shuffle(2)?;
        let residual = residual.f_narrow(2, 0, height)?.f_narrow(3, 0, width)?;
        Ok(Output { residual, neighbours })
    }

    fn align(
        &self,
        neighbour: &Tensor,
        target: &Tensor,
        wanted: &Tensor,
        kind: Kind,
    ) -> Result<Aligned, TchError> {
        let flow = self.ofr.forward(neighbour, target, kind)?;
        let picture = warp(neighbour, &flow.full)?;
        let offered = embed(&self.neighbour, &picture, kind)?;
        let likeness = offered.f_mul(wanted)?.f_to_kind(Kind::Float)?;
        let likeness = likeness.f_sum_dim_intlist([2_i64].as_slice(), false, Kind::Float)?;
        let attention = likeness.f_sigmoid()?.f_pixel_shuffle(2)?;
        Ok(Aligned { picture, flow, attention })
    }
}

/// A picture `N,1,H,W` to features `N,4,E,H/2,W/2`: what attention compares.
fn embed(convolution: &Convolution, picture: &Tensor, kind: Kind) -> Result<Tensor, TchError> {
    let stacked = picture.f_pixel_unshuffle(2)?.f_to_kind(kind)?;
    let features = convolution.forward(&stacked)?;
    let (batch, _, height, width) = features.size4()?;
    features.f_reshape([batch, STACK as i64, EMBEDDING as i64, height, width])
}
