//! `--train`.

use learn::Settings;
use learn::policy::{Adaptive, Fixed, Policy};

/// Which policy decides when training begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PolicyChoice {
    /// When the picture asks for it, until it has gained enough.
    #[default]
    Adaptive,
    /// All the time.
    Always,
    /// Once, at the beginning.
    Once,
}

impl PolicyChoice {
    pub fn with(self, settings: &Settings) -> Box<dyn Policy> {
        match self {
            Self::Adaptive => Box::new(Adaptive::new(settings)),
            Self::Always => Box::new(Fixed::Always),
            Self::Once => Box::new(Fixed::Once),
        }
    }
}
