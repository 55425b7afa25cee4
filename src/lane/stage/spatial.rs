//! The spatial stage: received pictures in, larger ones out. Lanczos upsampling, and F-EDSR's residual where there is
//! a net and the lane can afford it.
//!
//! One picture is at the net at a time, on the engine's thread. It goes on when the next one is there; so the lane
//! decodes and upsamples the next picture, and encodes the one before, while the net works.

use std::sync::Arc;
use std::time::Instant;

use media::ffmpeg::{Filter, Scaler};
use media::picture::{FrameRate, Picture};

use super::net::LaneNet;
use super::{Load, Stage};
use crate::inference::prove::is_telling;
use crate::inference::{Demand, StreamModel};
use crate::lane::frame::{Frame, UpscaledBy};
use crate::lane::pace::Pace;
use crate::lane::parts::{LaneParts, Shared};
use crate::lane::stats::LaneStats;

pub(in crate::lane) struct Spatial {
    shared: Shared,
    model: Arc<StreamModel>,
    stats: Arc<LaneStats>,
    net: LaneNet,
    lanczos: Scaler,
    pace: Pace,
    /// What the library was asked for last.
    demand: Option<Demand>,
    /// As received.
    at_net: Option<Frame>,
}

impl Spatial {
    pub(in crate::lane) fn new(parts: &LaneParts) -> Self {
        Self {
            net: LaneNet::new(parts),
            shared: parts.shared.clone(),
            model: Arc::clone(&parts.model),
            stats: Arc::clone(&parts.stats),
            lanczos: Scaler::new(Filter::Lanczos),
            pace: Pace::default(),
            demand: None,
            at_net: None,
        }
    }

    /// Tells the library what to keep up with, and shows it what the stream looks like.
    fn introduce(&mut self, frame: &Frame) {
        let size = frame.picture.size();
        let of_this_size = self.demand.filter(|demand| demand.size == size);
        let key = frame.picture.key();
        // Another size cannot wait; a measured rate wavers, so it is looked at now and then only.
        if of_this_size.is_none()
            || key && of_this_size.is_none_or(|demand| !is_near(demand.frame_rate, frame.rate))
        {
            let demand = Demand { size, frame_rate: frame.rate };
            self.demand = Some(demand);
            self.stats.sized(size.scaled(self.shared.scale.into()));
            self.model.demanded(demand);
            self.shared.library.prepare(Arc::clone(&self.model), demand);
        }
        if key && is_telling(&frame.picture) {
            self.model.sampled(frame.picture.clone());
        }
    }

    /// By the Lanczos filter. `None`: the frame is lost, and counted so.
    fn upsample(&mut self, received: &Picture) -> Option<Picture> {
        // Pictures may bring parameter sets of their own; what was announced is not binding for them.
        let Some(size) = self.shared.enhanced(received.size()) else {
            let received = received.size();
            self.stats.lose(1, Some(&format_args!("{received} is larger than was announced, and too large")));
            return None;
        };
        let upsampled = self.lanczos.scale(received, size);
        upsampled.inspect_err(|error| self.stats.lose(1, Some(error))).ok()
    }

    /// The frame before, to be encoded while the net works on this one.
    fn hand_to_net(&mut self, received: Frame, lanczos: Picture) -> Vec<Frame> {
        // There is one net: it has to be back before it can go again.
        let mut leaving = self.flush();
        if self.net.submit(received.picture.clone(), lanczos) {
            self.at_net = Some(received);
        } else {
            leaving.extend(self.without_net(received));
        }
        leaving
    }

    /// The net failed, and the upsampled picture went with it.
    fn without_net(&mut self, received: Frame) -> Option<Frame> {
        let lanczos = self.upsample(&received.picture)?;
        Some(received.with(lanczos, UpscaledBy::LanczosNetFailed))
    }
}

impl Stage for Spatial {
    fn push(&mut self, mut frame: Frame, load: Load) -> Vec<Frame> {
        let started = Instant::now();
        let Some(lanczos) = self.upsample(&frame.picture) else { return Vec::new() };
        frame.spent += started.elapsed();
        self.introduce(&frame);
        if !load.ending {
            self.net.take_latest();
        }
        // Asked with and without a net: a lane whose net comes while it is behind is strained already.
        let affordable = self.pace.affords_net(load.backlog, frame.duration());
        let why_not = match (self.net.is_present(), affordable && !load.ending) {
            (true, true) if self.stats.net_rests() => UpscaledBy::LanczosNoGain,
            (true, true) => return self.hand_to_net(frame, lanczos),
            (true, false) => UpscaledBy::LanczosOverload,
            (false, _) => UpscaledBy::LanczosNoNet,
        };
        // Frames leave in order: the one at the net comes first.
        let mut leaving = self.flush();
        leaving.push(frame.with(lanczos, why_not));
        leaving
    }

    fn is_working(&self) -> bool {
        self.at_net.is_some()
    }

    fn flush(&mut self) -> Vec<Frame> {
        let Some(mut received) = self.at_net.take() else { return Vec::new() };
        let frame = match self.net.collect(received.picture.pts()) {
            Some((picture, took)) => {
                received.spent += took;
                Some(received.with(picture, UpscaledBy::FEdsr { took }))
            }
            None => self.without_net(received),
        };
        Vec::from_iter(frame)
    }
}

/// A tenth more or less changes nothing.
fn is_near(a: FrameRate, b: FrameRate) -> bool {
    (a.as_f64() / b.as_f64().max(0.001) - 1.0).abs() < 0.1
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use media::picture::Size;
    use media::time::MediaTime;

    use super::*;
    use crate::inference::fake::Behaviour;
    use crate::lane::fake::{Bench, Recorder, SMALL, Upscaling, frame, number};

    const CALM: Load = Load { backlog: MediaTime::ZERO, lane: Duration::ZERO, ending: false };

    fn bench() -> (Bench, Spatial) {
        let bench = Bench::new(Arc::new(Recorder::default()));
        let spatial = Spatial::new(&bench.parts);
        (bench, spatial)
    }

    fn end(bench: Bench, spatial: Spatial) {
        drop(spatial);
        bench.join();
    }

    fn ways(frames: &[Frame]) -> Vec<(i64, &'static str)> {
        let way = |frame: &Frame| match frame.upscaled {
            UpscaledBy::FEdsr { .. } => "net",
            UpscaledBy::LanczosOverload => "overload",
            UpscaledBy::LanczosNoNet => "no net",
            UpscaledBy::LanczosNetFailed => "failed",
            UpscaledBy::LanczosNoGain => "no gain",
        };
        frames.iter().map(|frame| (number(frame.picture.pts()), way(frame))).collect()
    }

    #[test]
    fn a_picture_goes_on_while_the_net_works_on_the_next_one() {
        let (bench, mut spatial) = bench();
        let (begun, begins) = sync_channel(1);
        let (tell, go_on) = sync_channel(1);
        bench.hand_over(Box::new(Upscaling(move |lr: &Picture, lanczos| {
            begun.send(number(lr.pts())).unwrap();
            go_on.recv().unwrap();
            Ok(lanczos)
        })));
        assert!(spatial.push(frame(0, SMALL), CALM).is_empty());
        assert!(spatial.is_working());
        assert_eq!(begins.recv().unwrap(), 0);
        tell.send(()).unwrap();
        // The net is not told to go on with the second picture: the first one must not wait for it.
        assert_eq!(ways(&spatial.push(frame(1, SMALL), CALM)), [(0, "net")]);
        assert_eq!(begins.recv().unwrap(), 1, "the net has it before the first one is encoded");
        tell.send(()).unwrap();
        let last = spatial.flush();
        assert_eq!(ways(&last), [(1, "net")]);
        assert_eq!(last[0].picture.size(), SMALL.scaled(2));
        assert!(!spatial.is_working() && spatial.flush().is_empty());
        end(bench, spatial);
    }

    #[test]
    fn without_a_net_or_time_for_it_pictures_go_on_at_once_and_in_order() {
        let (bench, mut spatial) = bench();
        assert_eq!(ways(&spatial.push(frame(0, SMALL), CALM)), [(0, "no net")]);
        bench.hand_over_fake(Behaviour::Nothing);
        assert!(spatial.push(frame(1, SMALL), CALM).is_empty());
        let far_behind = Load { backlog: MediaTime::from_millis(1500), ..CALM };
        assert_eq!(ways(&spatial.push(frame(2, SMALL), far_behind)), [(1, "net"), (2, "overload")]);
        let ending = Load { ending: true, ..CALM };
        assert_eq!(ways(&spatial.push(frame(3, SMALL), ending)), [(3, "overload")]);
        end(bench, spatial);
    }

    #[test]
    fn a_net_that_gains_nothing_rests_until_it_would() {
        let (bench, mut spatial) = bench();
        bench.hand_over_fake(Behaviour::Nothing);
        let stats = Arc::clone(&bench.parts.stats);
        stats.judged(30.0, -0.2);
        assert_eq!(ways(&spatial.push(frame(0, SMALL), CALM)), [(0, "no gain")]);
        stats.judged(30.0, 0.02);
        assert_eq!(ways(&spatial.push(frame(1, SMALL), CALM)), [(1, "no gain")]);
        stats.judged(30.0, 0.3);
        assert!(spatial.push(frame(2, SMALL), CALM).is_empty(), "it is at the net");
        stats.judged(30.0, 0.02);
        assert_eq!(ways(&spatial.push(frame(3, SMALL), CALM)), [(2, "net")]);
        stats.judged(30.0, -0.1);
        stats.unjudged();
        assert_eq!(ways(&spatial.push(frame(4, SMALL), CALM)), [(3, "net")]);
        assert_eq!(ways(&spatial.flush()), [(4, "net")]);
        let kinds: Vec<_> =
            stats.problems.list().into_iter().map(|problem| (problem.kind, problem.count)).collect();
        assert_eq!(kinds, [("net-rests".to_owned(), 2)]);
        end(bench, spatial);
    }

    #[test]
    fn a_net_that_fails_costs_no_picture_and_is_given_up() {
        let (bench, mut spatial) = bench();
        bench.hand_over_fake(Behaviour::Fail);
        let mut frames = Vec::new();
        for number in 0..7 {
            frames.extend(spatial.push(frame(number, SMALL), CALM));
        }
        frames.extend(spatial.flush());
        let failed = (0..5).map(|number| (number, "failed"));
        // The sixth has a net until the fifth is back.
        assert_eq!(ways(&frames)[..5], failed.collect::<Vec<_>>());
        assert_eq!(frames.len(), 7);
        assert_eq!(ways(&frames)[6], (6, "no net"));
        assert_eq!(bench.parts.stats.view().given_up, 0);
        end(bench, spatial);
    }

    #[test]
    fn a_net_that_is_lost_costs_no_picture_either() {
        let (bench, mut spatial) = bench();
        bench.hand_over_fake(Behaviour::Panic);
        assert!(spatial.push(frame(0, SMALL), CALM).is_empty());
        assert_eq!(ways(&spatial.push(frame(1, SMALL), CALM)), [(0, "failed"), (1, "failed")]);
        assert_eq!(ways(&spatial.push(frame(2, SMALL), CALM)), [(2, "no net")]);
        end(bench, spatial);
    }

    #[test]
    fn a_picture_that_would_be_too_large_is_lost_and_counted() {
        let (bench, mut spatial) = bench();
        assert!(spatial.push(frame(0, Size { width: 400, height: 400 }), CALM).is_empty());
        assert_eq!(bench.parts.stats.view().given_up, 1);
        assert!(bench.parts.stats.view().size.is_none());
        end(bench, spatial);
    }
}
