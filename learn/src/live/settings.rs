//! What a trainer is made with.

use std::path::PathBuf;

use models::{FEdsrConfig, Package, Preset, stock};
use nets::Device;

use crate::threshold::Limits;

/// When training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// When the picture asks for it, until it has gained enough.
    #[default]
    Adaptive,
    /// All the time.
    Always,
    /// Once, at the beginning.
    Once,
}

/// What a trainer is made with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The network.
    pub config: FEdsrConfig,
    /// What training begins from, and what the server has unless it is [told otherwise](super::AdaptiveTrainer::set_server); none:
    /// plain upsampling.
    pub start: Option<Package>,
    /// When training goes on.
    pub policy: Policy,
    /// When a training has gained enough.
    pub limits: Limits,
    /// Where to train.
    pub device: Device,
    /// Equal seeds and equal pairs make equal networks.
    pub seed: u64,
    /// Least seconds of video between two offers of one training; the last one of a training need not wait.
    pub offer_every_s: f64,
    /// Where what trainings gained is remembered.
    pub state: Option<PathBuf>,
}

/// The weights that come with the program for this network, if there are any.
pub fn stock_package(config: FEdsrConfig) -> Option<Package> {
    Preset::of(config).and_then(stock::package).filter(|package| package.config() == config)
}
