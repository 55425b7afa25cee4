//! What a lane is fed with, and the bounds of the queue between a stream's ingest task and its lane thread.

use std::sync::Arc;

use media::VideoConfig;
use media::flow::{KeyQueue, Overflow, Queued};
use media::packet::Packet;

/// Coded pictures that may wait: ten seconds at 60 pictures a second, far beyond where a lane skips by itself.
const MAX_PACKETS: usize = 600;

/// Bytes that may wait; bounds memory when pictures are large.
const MAX_BYTES: usize = 32 << 20;

/// What a lane is fed with.
#[derive(Debug, Clone)]
pub enum LaneInput {
    /// The pictures that follow are coded like this.
    Config(Arc<VideoConfig>),
    /// What follows does not continue what came before.
    Discontinuity,
    /// One coded picture.
    Picture(Packet),
}

impl Queued for LaneInput {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Picture(packet) => Some(packet),
            Self::Config(_) | Self::Discontinuity => None,
        }
    }

    fn replaces(&self, older: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(older)
    }
}

/// An empty queue for a lane. Under overflow the oldest pictures go, up to the next keyframe.
pub fn lane_queue() -> KeyQueue<LaneInput> {
    KeyQueue::new(MAX_PACKETS, Overflow::DropGop).with_max_bytes(MAX_BYTES)
}
