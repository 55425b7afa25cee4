//! What travels through a lane.

use std::time::Duration;

use media::picture::{FrameRate, Picture};
use media::time::MediaTime;

use super::select::RefineReason;

/// How an outgoing picture was made large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpscaledBy {
    /// The net, in this time.
    FEdsr { took: Duration },
    /// The machine could not keep up.
    LanczosOverload,
    /// No net was in use.
    LanczosNoNet,
    /// The net failed on this picture.
    LanczosNetFailed,
    /// The net gains nothing.
    LanczosNoGain,
}

/// A picture on its way from the decoder to the encoder, with what is known of it.
pub(super) struct Frame {
    /// As received; upscaled from the spatial stage on.
    pub(super) picture: Picture,
    /// What it was coded in.
    pub(super) bytes: usize,
    /// The stream's when it was received.
    pub(super) rate: FrameRate,
    /// Decode time of the packet that completed it. When the frame has left, the lane is done up to here.
    pub(super) dts: MediaTime,
    /// The lane's time for it, the spatial net included, waiting not.
    pub(super) spent: Duration,
    /// By no net as long as no stage says otherwise.
    pub(super) upscaled: UpscaledBy,
    /// Why the temporal stage is to refine it.
    pub(super) chosen: Option<RefineReason>,
    /// What refining took, if it worked.
    pub(super) refined: Option<Duration>,
}

impl Frame {
    /// How long it stands.
    pub(super) fn duration(&self) -> MediaTime {
        self.rate.frame_duration()
    }

    /// Whether the spatial net made it.
    pub(super) fn is_from_net(&self) -> bool {
        matches!(self.upscaled, UpscaledBy::FEdsr { .. })
    }

    /// The same frame with a larger picture.
    pub(super) fn with(self, picture: Picture, upscaled: UpscaledBy) -> Self {
        Self { picture, upscaled, ..self }
    }
}
