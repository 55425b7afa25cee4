//! The feeding end of a lane: what it is told, and what it is spared.

use std::sync::Arc;

use media::VideoConfig;
use media::flow::KeyQueue;
use media::packet::Packet;

use crate::inference::StreamModel;
use crate::lane::queue::{LaneInput, lane_queue};
use crate::lane::{Lane, LaneParts, LaneStats, Shared};
use crate::out::{Rendition, Sinks};
use crate::problems::Problems;

/// The feeding end of a lane.
#[derive(Debug)]
pub struct LaneFeed {
    pub shared: Shared,
    pub stats: Arc<LaneStats>,
    rendition: Rendition,
    queue: Arc<KeyQueue<LaneInput>>,
    lane: Option<Lane>,
    /// What the lane was told last; `None` while the pictures are too large for it.
    config: Option<Arc<VideoConfig>>,
}

impl LaneFeed {
    pub fn rendition(&self) -> Rendition {
        self.rendition
    }

    pub(super) fn start(
        shared: &Shared,
        sinks: &Sinks,
        model: &Arc<StreamModel>,
        problems: &Problems,
    ) -> std::io::Result<Self> {
        let rendition = Rendition::enhanced(shared.scale);
        let queue = Arc::new(lane_queue());
        let stats = Arc::new(LaneStats::new(model.name.clone(), problems.clone()));
        let lane = Lane::start(LaneParts {
            shared: shared.clone(),
            queue: Arc::clone(&queue),
            stats: Arc::clone(&stats),
            output: sinks.output(rendition),
            model: Arc::clone(model),
        })?;
        Ok(Self { shared: shared.clone(), rendition, stats, queue, lane: Some(lane), config: None })
    }

    pub(super) fn configure(&mut self, config: &Arc<VideoConfig>, sinks: &Sinks, problems: &Problems) {
        if self.shared.enhanced(config.size()).is_none() {
            problems.report(
                "too-large-to-enhance",
                format!(
                    "pictures of {} would be enhanced beyond {}, so the stream is handed out as received; send it smaller, \
                     or raise max_size",
                    config.size(),
                    self.shared.max_size
                ),
            );
            self.config = None;
            return;
        }
        if config.format().is_beyond_420_8 {
            problems.report(
                "reduced-to-enhance",
                "the pictures have more than 8 bits or more colour than 4:2:0, which is what is enhanced: the enhanced pictures \
                 have less of that than the source; to spend the bits on what counts, send 8 bits in 4:2:0",
            );
        }
        // Ahead of the first unit: playlists that are read before it wait for this rendition.
        sinks.expect(self.rendition);
        if self.config.as_ref() != Some(config) {
            self.config = Some(Arc::clone(config));
            self.queue.push(LaneInput::Config(Arc::clone(config)));
        }
    }

    pub(super) fn feed(&self, packet: Packet) {
        if self.config.is_none() {
            return;
        }
        let dts = packet.dts;
        // Counted before the lane can finish it.
        self.stats.received(dts);
        let dropped = self.queue.push(LaneInput::Picture(packet));
        if dropped > 0 {
            tracing::warn!(dropped, %dts, "the lane's queue is full");
            self.stats.overflowed(dropped);
        }
    }

    /// What follows does not continue what came.
    pub(super) fn discontinuity(&self) {
        self.queue.push(LaneInput::Discontinuity);
    }

    /// The lane itself, for whoever ends it.
    pub(super) fn take_lane(&mut self) -> Option<Lane> {
        self.lane.take()
    }
}
