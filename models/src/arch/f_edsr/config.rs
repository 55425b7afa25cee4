//! Parameters of an F-EDSR, its presets, and the names and shapes that follow from them (which are the package format).

use std::fmt;
use std::str::FromStr;

use crate::arch::{Architecture, TensorSpec};
use crate::error::{ModelError, ModelErrorKind};

/// Widest net that is accepted: four times the widest preset's cost is beyond any live use.
pub const MAX_CHANNELS: u16 = 128;
/// Deepest net that is accepted, twice the deepest preset.
pub const MAX_BLOCKS: u16 = 32;
/// Widest tail that is accepted; each of its features costs a convolution at the size of the large picture.
pub const MAX_TAIL: u16 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FEdsrConfig {
    /// Feature channels of head and body.
    pub channels: u16,
    pub blocks: u16,
    /// Upscaling factor of width and height, 2 to 4.
    pub scale: u8,
    /// Features per pixel of the large picture, after the pixel shuffle.
    pub tail: u16,
}

impl FEdsrConfig {
    /// The net with these parameters and the usual tail, `channels / scale²` (at least 2), so that the convolutions of the
    /// tail cost no more than one of the body.
    pub fn new(channels: u16, blocks: u16, scale: u8) -> Result<Self, ModelError> {
        let area = u16::from(scale) * u16::from(scale);
        let tail = channels.checked_div(area).unwrap_or(0).max(2);
        Self { channels, blocks, scale, tail }.checked()
    }

    /// Whether it may take longer than `other`. As many weights in more and thinner layers would.
    pub fn is_larger_than(&self, other: Self) -> bool {
        self.channels > other.channels
            || self.blocks > other.blocks
            || self.tail > other.tail
            || self.parameters() > other.parameters()
    }
}

impl Architecture for FEdsrConfig {
    const NAME: &'static str = "f-edsr";
    const BASE: &'static str = "lanczos";

    fn checked(self) -> Result<Self, ModelError> {
        let Self { channels, blocks, scale, tail } = self;
        let what = if !(1..=MAX_CHANNELS).contains(&channels) {
            format!("{channels} channels; an F-EDSR has 1 to {MAX_CHANNELS}")
        } else if !(1..=MAX_BLOCKS).contains(&blocks) {
            format!("{blocks} blocks; an F-EDSR has 1 to {MAX_BLOCKS}")
        } else if !(2..=4).contains(&scale) {
            format!("scale {scale}; an F-EDSR scales by 2, 3 or 4")
        } else if !(1..=MAX_TAIL).contains(&tail) {
            format!("a tail of {tail} features; an F-EDSR has 1 to {MAX_TAIL}")
        } else {
            return Ok(self);
        };
        Err(ModelError::new(ModelErrorKind::Parameters, what))
    }

    fn fields(&self) -> Vec<(&'static str, u16)> {
        let Self { channels, blocks, scale, tail } = *self;
        vec![("channels", channels), ("blocks", blocks), ("scale", scale.into()), ("tail", tail)]
    }

    fn read<E>(mut number: impl FnMut(&'static str) -> Result<u16, E>) -> Result<Self, E> {
        Ok(Self {
            channels: number("channels")?,
            blocks: number("blocks")?,
            // What does not fit is outside the limits, too.
            scale: u8::try_from(number("scale")?).unwrap_or(u8::MAX),
            tail: number("tail")?,
        })
    }

    fn tensors(&self) -> Vec<TensorSpec> {
        let channels = usize::from(self.channels);
        let tail = usize::from(self.tail);
        let shuffled = tail * usize::from(self.scale).pow(2);
        let mut specs = Vec::with_capacity(2 * (4 + 2 * usize::from(self.blocks)));
        let mut convolution = |name: &str, inputs: usize, outputs: usize, kernel: usize| {
            TensorSpec::convolution(&mut specs, name, inputs, outputs, kernel);
        };
        convolution("head", 1, channels, 5);
        for block in 0..self.blocks {
            convolution(&format!("body.{block}.conv1"), channels, channels, 3);
            convolution(&format!("body.{block}.conv2"), channels, channels, 3);
        }
        convolution("close", channels, channels, 3);
        convolution("up", channels, shuffled, 3);
        convolution("last", tail, 1, 3);
        specs
    }
}

impl fmt::Display for FEdsrConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f-edsr {}x{} (x{}, tail {})", self.channels, self.blocks, self.scale, self.tail)
    }
}

/// The sizes that have names. At 480x270 by 2, with one thread of a Zen 4 core in bfloat16, they take 13, 23, 36 and 210 ms
/// per picture; the last is for GPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// 8 channels, 2 blocks.
    Nano,
    /// 16 channels, 2 blocks.
    Mini,
    /// 16 channels, 4 blocks.
    Small,
    /// 32 channels, 8 blocks.
    Base,
    /// 64 channels, 16 blocks.
    Large,
}

impl Preset {
    pub const ALL: [Self; 5] = [Self::Nano, Self::Mini, Self::Small, Self::Base, Self::Large];

    pub fn config(self, scale: u8) -> Result<FEdsrConfig, ModelError> {
        let (channels, blocks) = match self {
            Self::Nano => (8, 2),
            Self::Mini => (16, 2),
            Self::Small => (16, 4),
            Self::Base => (32, 8),
            Self::Large => (64, 16),
        };
        FEdsrConfig::new(channels, blocks, scale)
    }

    pub fn of(config: FEdsrConfig) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.config(config.scale) == Ok(config))
    }

    /// Lower-case name, as written in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nano => "nano",
            Self::Mini => "mini",
            Self::Small => "small",
            Self::Base => "base",
            Self::Large => "large",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::ALL.into_iter().find(|preset| preset.name() == text).ok_or_else(|| {
            let what = format!("no preset is called {text:?}; there are nano, mini, small, base and large");
            ModelError::new(ModelErrorKind::Word, what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: Result<FEdsrConfig, ModelError>) -> String {
        let error = config.unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Parameters);
        error.what
    }

    #[test]
    fn presets_are_told_by_name_and_by_parameters() {
        for preset in Preset::ALL {
            assert_eq!(preset.to_string().parse(), Ok(preset));
            for scale in 2..=4 {
                assert_eq!(Preset::of(preset.config(scale).unwrap()), Some(preset));
            }
        }
        assert!("Nano ".parse::<Preset>().is_err());
    }

    #[test]
    fn names_and_shapes_are_part_of_the_format() {
        let config = FEdsrConfig::new(8, 1, 2).unwrap();
        let listed: Vec<_> =
            config.tensors().into_iter().map(|spec| format!("{} {:?}", spec.name, spec.shape)).collect();
        assert_eq!(
            listed,
            [
                "head.weight [8, 1, 5, 5]",
                "head.bias [8]",
                "body.0.conv1.weight [8, 8, 3, 3]",
                "body.0.conv1.bias [8]",
                "body.0.conv2.weight [8, 8, 3, 3]",
                "body.0.conv2.bias [8]",
                "close.weight [8, 8, 3, 3]",
                "close.bias [8]",
                "up.weight [8, 8, 3, 3]",
                "up.bias [8]",
                "last.weight [1, 2, 3, 3]",
                "last.bias [1]",
            ]
        );
    }

    #[test]
    fn parameters_outside_the_limits_are_refused() {
        assert!(refused(FEdsrConfig::new(0, 2, 2)).starts_with("0 channels"));
        assert!(refused(FEdsrConfig::new(16, 0, 2)).starts_with("0 blocks"));
        assert!(refused(FEdsrConfig::new(16, 2, 0)).starts_with("scale 0"));
        assert!(refused(FEdsrConfig::new(16, 2, 255)).starts_with("scale 255"));
        let wide = FEdsrConfig { channels: 16, blocks: 2, scale: 2, tail: MAX_TAIL + 1 };
        assert!(refused(wide.checked()).starts_with("a tail of 33"));
    }
}
