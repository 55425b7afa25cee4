//! What a lane works with.

use std::sync::Arc;

use media::flow::KeyQueue;
use media::picture::Size;

use super::queue::LaneInput;
use super::stats::LaneStats;
use crate::inference::{EngineHandle, LibraryHandle, SecondStage, StreamModel};
use crate::out::{EncodeSettings, Output};

/// What all lanes share: who runs nets, who builds them, how the output is coded.
#[derive(Debug, Clone)]
pub struct Shared {
    pub engine: EngineHandle,
    pub library: LibraryHandle,
    /// What refines selected pictures, where that is wanted.
    pub second_stage: Option<SecondStage>,
    pub encode: EncodeSettings,
    /// Largest enhanced picture.
    pub max_size: Size,
    /// Upscaling factor.
    pub scale: u8,
}

impl Shared {
    /// Size of the enhanced pictures of received ones of this size; `None` if they would be too large.
    pub fn enhanced(&self, received: Size) -> Option<Size> {
        let large = received.scaled(self.scale.into());
        (large.is_supported() && large.area() <= self.max_size.area()).then_some(large)
    }
}

/// Everything that one lane works with.
#[derive(Debug, Clone)]
pub struct LaneParts {
    pub shared: Shared,
    /// What it is fed with.
    pub queue: Arc<KeyQueue<LaneInput>>,
    pub stats: Arc<LaneStats>,
    /// Where the enhanced units go.
    pub output: Output,
    /// The stream's nets.
    pub model: Arc<StreamModel>,
}
