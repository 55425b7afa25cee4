//! What happens to pictures between decoder and encoder, one stage after the other.

pub(super) mod net;
mod refiner;
mod spatial;
mod temporal;

use std::time::Duration;

use media::time::MediaTime;

use super::frame::Frame;

pub(super) use spatial::Spatial;
pub(super) use temporal::Temporal;

/// One step of a lane. Frames go on in the order in which they came; a stage may keep some of them for a while, and
/// counts those that it loses.
pub(super) trait Stage {
    /// Takes the next frame; answers those that go on now, which need not include it.
    fn push(&mut self, frame: Frame, load: Load) -> Vec<Frame>;

    /// Whether a frame inside will be ready without further input.
    fn is_working(&self) -> bool {
        false
    }

    /// Nothing follows for now: everything inside goes on. Waits for work that has begun.
    fn flush(&mut self) -> Vec<Frame>;
}

/// How busy the lane is when a frame comes to a stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Received video that the lane has not begun.
    pub(super) backlog: MediaTime,
    /// What the lane spent on the frame that left last, without nets.
    pub(super) lane: Duration,
    /// The stream ends: what is left is upsampled by Lanczos and encoded.
    pub(super) ending: bool,
}
