//! Parameters of a TCSR, and the names and shapes that follow from them.

use std::fmt;

use crate::arch::{Architecture, TensorSpec};
use crate::error::{ModelError, ModelErrorKind};

/// Widest net that is accepted.
pub const MAX_CHANNELS: u16 = 64;
/// Deepest reconstruction that is accepted.
pub const MAX_BLOCKS: u16 = 16;
/// Most neighbours on either side.
pub const MAX_RADIUS: u16 = 3;

/// Residual blocks of the two levels of OFRnet.
pub const FLOW_BLOCKS: [u16; 2] = [3, 1];
/// Pixels of the large picture that are stacked as channels: 2x2.
pub const STACK: usize = 4;
/// Sides that the net computes on are multiples of this: half of them is stacked two by two.
pub const MULTIPLE: usize = 4;
/// Features per pixel of the large picture that decide on attention.
pub const EMBEDDING: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcsrConfig {
    /// Feature channels of fusion and reconstruction.
    pub channels: u16,
    /// Feature channels of OFRnet.
    pub flow: u16,
    /// Residual blocks of the reconstruction.
    pub blocks: u16,
    /// Neighbours on either side, `k`: the net sees `2k + 1` pictures.
    pub radius: u16,
}

impl TcsrConfig {
    /// The stock net: a quarter of a second for 960x540 on one thread of a Zen 4 core in bfloat16.
    pub const STOCK: Self = Self { channels: 24, flow: 16, blocks: 3, radius: 1 };

    /// Pictures that the net sees at once, the middle one of which it improves.
    pub fn pictures(&self) -> usize {
        2 * usize::from(self.radius) + 1
    }
}

impl Architecture for TcsrConfig {
    const NAME: &'static str = "tcsr";
    const BASE: &'static str = "f-edsr";

    fn checked(self) -> Result<Self, ModelError> {
        let Self { channels, flow, blocks, radius } = self;
        let wide = [channels, flow].into_iter().find(|channels| !(1..=MAX_CHANNELS).contains(channels));
        let what = if let Some(channels) = wide {
            format!("{channels} channels; a TCSR has 1 to {MAX_CHANNELS}, for features and for flow")
        } else if !(1..=MAX_BLOCKS).contains(&blocks) {
            format!("{blocks} blocks; a TCSR has 1 to {MAX_BLOCKS}")
        } else if !(1..=MAX_RADIUS).contains(&radius) {
            format!("a radius of {radius}; a TCSR sees 1 to {MAX_RADIUS} neighbours on either side")
        } else {
            return Ok(self);
        };
        Err(ModelError::new(ModelErrorKind::Parameters, what))
    }

    fn fields(&self) -> Vec<(&'static str, u16)> {
        let Self { channels, flow, blocks, radius } = *self;
        vec![("channels", channels), ("flow", flow), ("blocks", blocks), ("radius", radius)]
    }

    fn read<E>(mut number: impl FnMut(&'static str) -> Result<u16, E>) -> Result<Self, E> {
        Ok(Self {
            channels: number("channels")?,
            flow: number("flow")?,
            blocks: number("blocks")?,
            radius: number("radius")?,
        })
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let channels = usize::from(self.channels);
        let flow = usize::from(self.flow);
        let mut specs = Vec::new();
        let mut convolution = |name: &str, inputs: usize, outputs: usize| {
            TensorSpec::convolution(&mut specs, name, inputs, outputs, 3);
        };
        // Neighbour's difference and target; on level 2 with the flow so far. Two components of flow come out.
        for (level, inputs) in [(1, 2 * STACK), (2, 4 * STACK)] {
            convolution(&format!("ofr{level}.head"), inputs, flow);
            for block in 0..FLOW_BLOCKS[level - 1] {
                convolution(&format!("ofr{level}.body.{block}.conv1"), flow, flow);
                convolution(&format!("ofr{level}.body.{block}.conv2"), flow, flow);
            }
            convolution(&format!("ofr{level}.flow"), flow, 2 * STACK);
        }
        convolution("fusion.target", STACK, EMBEDDING * STACK);
        convolution("fusion.neighbour", STACK, EMBEDDING * STACK);
        convolution("fusion.merge", self.pictures() * STACK, channels);
        convolution("reconstruction.conv", channels, channels);
        for block in 0..self.blocks {
            convolution(&format!("reconstruction.body.{block}.conv1"), channels, channels);
            convolution(&format!("reconstruction.body.{block}.conv2"), channels, channels);
        }
        convolution("reconstruction.last", channels, STACK);
        specs
    }
}

impl fmt::Display for TcsrConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, flow, blocks, radius } = self;
        write!(f, "tcsr {channels}x{blocks} (flow {flow}, radius {radius})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stock_net_is_small() {
        assert_eq!(TcsrConfig::STOCK.checked(), Ok(TcsrConfig::STOCK));
        assert!(TcsrConfig::STOCK.parameters() < 100_000);
    }

    #[test]
    fn parameters_outside_the_limits_are_refused() {
        let refused = |config: Result<TcsrConfig, ModelError>| config.unwrap_err().what;
        let stock = TcsrConfig::STOCK;
        assert!(refused(TcsrConfig { channels: 65, ..stock }.checked()).starts_with("65 channels"));
        assert!(refused(TcsrConfig { flow: 0, ..stock }.checked()).starts_with("0 channels"));
        assert!(refused(TcsrConfig { blocks: 17, ..stock }.checked()).starts_with("17 blocks"));
        assert!(refused(TcsrConfig { radius: 0, ..stock }.checked()).starts_with("a radius of 0"));
    }
}
