//! A lane as a chain: front (decoder), stages, back (encoder).
//!
//! Frames pass it one by one. What overlaps does so inside a stage: the spatial one gives a frame on when the next one
//! is at its net, so that the encoder works beside the net.

use std::sync::Arc;
use std::time::Duration;

use media::VideoConfig;

use super::back::Back;
use super::frame::Frame;
use super::front::{Front, Next};
use super::parts::LaneParts;
use super::stage::{Load, Spatial, Stage, Temporal};

/// How long the lane waits for input before what is held back goes on without it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lives on the lane's thread.
pub(super) struct Chain {
    front: Front,
    stages: Vec<Box<dyn Stage>>,
    back: Back,
}

impl Chain {
    pub(super) fn new(parts: &LaneParts) -> Self {
        let mut stages: Vec<Box<dyn Stage>> = vec![Box::new(Spatial::new(parts))];
        if let Some(second) = &parts.shared.second_stage {
            stages.push(Box::new(Temporal::new(second, &parts.shared.engine, Arc::clone(&parts.stats))));
        }
        Self {
            front: Front::new(Arc::clone(&parts.queue), Arc::clone(&parts.stats)),
            stages,
            back: Back::new(parts.shared.encode.clone(), parts.output.clone(), Arc::clone(&parts.stats)),
        }
    }

    /// How the pictures are coded, as far as it is known.
    pub(super) fn config(&self) -> Option<Arc<VideoConfig>> {
        self.front.config()
    }

    /// Goes on where a broken chain was.
    pub(super) fn resume(&mut self, config: Arc<VideoConfig>) {
        self.front.configure(config);
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(&mut self) {
        loop {
            match self.front.next(self.patience()) {
                Next::Frames(frames) => self.pass_all(frames, 0),
                Next::Break(frames) => self.pass_and_flush(frames),
                Next::Nothing => self.catch_up(),
                Next::End(frames) => {
                    self.pass_and_flush(frames);
                    return self.back.finish();
                }
            }
        }
    }

    fn is_working(&self) -> bool {
        self.stages.iter().any(|stage| stage.is_working())
    }

    /// While a stage works, there is something to wait for even if nothing comes.
    fn patience(&self) -> Duration {
        if self.is_working() { Duration::ZERO } else { PATIENCE }
    }

    /// Nothing waits: what is at work goes on, or, after [`PATIENCE`] without anything at work, what is held back.
    fn catch_up(&mut self) {
        if !self.is_working() {
            return self.flush();
        }
        // Not everything: a frame that is held back for the next ones need not give them up yet.
        for at in 0..self.stages.len() {
            if self.stages[at].is_working() {
                let frames = self.stages[at].flush();
                self.pass_all(frames, at + 1);
            }
        }
    }

    /// What comes later does not continue these frames.
    fn pass_and_flush(&mut self, frames: Vec<Frame>) {
        self.pass_all(frames, 0);
        self.flush();
    }

    fn flush(&mut self) {
        // In their order, so that what one stage gives on is inside the next one when that is flushed.
        for at in 0..self.stages.len() {
            let frames = self.stages[at].flush();
            self.pass_all(frames, at + 1);
        }
    }

    fn pass_all(&mut self, frames: Vec<Frame>, at: usize) {
        // Each frame goes all the way before the next one moves: so the first of two is encoded while the net works
        // on the second.
        for frame in frames {
            self.pass(frame, at);
        }
    }

    fn pass(&mut self, frame: Frame, at: usize) {
        // Read for each stage anew: waiting for a net takes time.
        let load =
            Load { backlog: self.front.backlog(), lane: self.back.busy(), ending: self.front.is_ending() };
        match self.stages.get_mut(at) {
            Some(stage) => {
                let frames = stage.push(frame, load);
                self.pass_all(frames, at + 1);
            }
            None => self.back.push(&frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use media::packet::Unit;
    use media::picture::Picture;
    use nets::{NetError, NetErrorKind};
    use parking_lot::{Condvar, Mutex};

    use super::*;
    use crate::lane::fake::{Bench, SMALL, Upscaling, coded, number};
    use crate::lane::queue::LaneInput;
    use crate::out::{Arrival, Rendition, Sink, SinkError};

    const PICTURES: i64 = 6;
    const LAST: i64 = PICTURES - 1;

    /// Net and output meet here: the net ends a picture only once the one before has left, and a picture leaves only
    /// once the net has begun the next one. A lane in which they do not overlap gets neither.
    #[derive(Debug)]
    struct Rendezvous {
        /// The newest pictures that the net has begun and that have left.
        newest: Mutex<(i64, i64)>,
        changed: Condvar,
    }

    impl Rendezvous {
        fn meet(&self, note: impl FnOnce(&mut (i64, i64)), until: impl Fn(&(i64, i64)) -> bool) -> bool {
            let mut newest = self.newest.lock();
            note(&mut newest);
            self.changed.notify_all();
            let deadline = Instant::now() + Duration::from_secs(10);
            !self.changed.wait_while_until(&mut newest, |newest| !until(newest), deadline).timed_out()
        }
    }

    impl Sink for Rendezvous {
        fn unit(&self, _: Rendition, unit: &Unit, _: Arrival) -> Result<(), SinkError> {
            let Unit::Packet(packet) = unit else { return Ok(()) };
            let this = number(packet.pts);
            let has_next = self.meet(|_| {}, |newest| this == LAST || newest.0 > this);
            assert!(has_next, "picture {this} was encoded before the net had the next one");
            self.meet(|newest| newest.1 = this, |_| true);
            Ok(())
        }

        fn discontinuity(&self) -> Result<(), SinkError> {
            Ok(())
        }

        fn finish(&self) -> Result<(), SinkError> {
            Ok(())
        }
    }

    #[test]
    fn the_picture_before_is_encoded_while_the_net_works() {
        let rendezvous = Arc::new(Rendezvous { newest: Mutex::new((-1, -1)), changed: Condvar::new() });
        let bench = Bench::new(Arc::clone(&rendezvous) as _);
        let meeting = Arc::clone(&rendezvous);
        bench.hand_over(Box::new(Upscaling(move |lr: &Picture, lanczos| {
            let this = number(lr.pts());
            if meeting.meet(|newest| newest.0 = this, |newest| newest.1 >= this - 1) {
                return Ok(lanczos);
            }
            Err(NetError::new(NetErrorKind::Engine, "the picture before does not leave"))
        })));
        let (config, packets) = coded(SMALL, 0, PICTURES);
        bench.parts.queue.push(LaneInput::Config(config));
        bench.feed(packets);
        std::thread::scope(|scope| {
            let lane = scope.spawn(|| Chain::new(&bench.parts).run());
            // Not before: what waits when a lane ends is not given to the net.
            assert!(rendezvous.meet(|_| {}, |newest| newest.1 == LAST), "not all pictures have left");
            bench.parts.queue.close();
            lane.join().unwrap();
        });
        let figures = bench.parts.stats.view();
        assert_eq!((figures.f_edsr, figures.inside()), (PICTURES as u64, 0));
        bench.join();
    }
}
