//! The temporal stage: a selected picture is held back until the pictures after it are there, and refined by TCSR.
//!
//! Frames that are not selected leave at once, unless one before them is held back; so only a selected one costs
//! latency: `radius` pictures and the time of refining. Neighbours are pictures as F-EDSR made them, never refined
//! ones, as in training.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::picture::{Picture, Size};

use super::refiner::LaneRefiner;
use super::{Load, Stage};
use crate::inference::{EngineHandle, SecondStage};
use crate::lane::budget::Budget;
use crate::lane::frame::Frame;
use crate::lane::pace;
use crate::lane::select::{RefineReason, Selector};
use crate::lane::stats::LaneStats;

/// After this many pictures for which refining would take too long, it is timed by the server's first measurement
/// again: ten seconds or so.
const RETRY: u32 = 300;

/// After this many pictures in a row, a second or so, it is no passing backlog that keeps pictures from being refined.
const BLOCKED: u32 = 30;

pub(in crate::lane) struct Temporal {
    stage: SecondStage,
    refiner: LaneRefiner,
    engine: EngineHandle,
    stats: Arc<LaneStats>,
    /// Neighbours on either side.
    radius: usize,
    selector: Selector,
    budget: Budget,
    /// The last pictures that left, as F-EDSR made them; at most `radius`.
    past: VecDeque<Picture>,
    /// Frames that have not left yet, none of them refined.
    held: VecDeque<Frame>,
    size: Option<Size>,
    /// Pictures in a row for which refining would have taken too long.
    idle: u32,
    /// The accelerator's busy time when the last picture came.
    accelerator: Duration,
}

impl Stage for Temporal {
    fn push(&mut self, mut frame: Frame, load: Load) -> Vec<Frame> {
        if load.ending {
            let mut leaving = self.flush();
            leaving.push(frame);
            return leaving;
        }
        let mut leaving = self.fit(frame.picture.size());
        let affordable = self.affordable(&frame, load);
        let complete = self.past.len() + self.held.len() >= self.radius;
        if frame.is_from_net() && complete {
            frame.chosen = self.selector.choose(frame.picture.key(), frame.bytes, affordable);
        }
        if frame.chosen.is_some() {
            // Now and not when it is refined: the frames until then must not spend it again.
            self.budget.spend();
        }
        self.held.push_back(frame);
        self.release(&mut leaving);
        self.stats.affordable(self.per_second());
        leaving
    }

    fn flush(&mut self) -> Vec<Frame> {
        // What comes later is no neighbour of what was.
        self.past.clear();
        self.held.drain(..).collect()
    }
}

impl Temporal {
    pub(in crate::lane) fn new(stage: &SecondStage, engine: &EngineHandle, stats: Arc<LaneStats>) -> Self {
        Self {
            stage: stage.clone(),
            refiner: LaneRefiner::new(stage.package().clone(), engine.clone()),
            engine: engine.clone(),
            stats,
            radius: stage.package().config().radius.into(),
            selector: Selector::default(),
            budget: Budget::default(),
            past: VecDeque::new(),
            held: VecDeque::new(),
            size: None,
            idle: 0,
            accelerator: engine.busy(),
        }
    }

    /// Pictures a second that can be afforded; 0 while one picture would take longer than the lane may fall behind.
    fn per_second(&self) -> f64 {
        let blocked = self.refiner.is_lost() || self.idle >= BLOCKED;
        if blocked { 0.0 } else { self.budget.per_second() }
    }

    /// Pictures of another size are no neighbours, and cost something else.
    fn fit(&mut self, size: Size) -> Vec<Frame> {
        if self.size.replace(size) == Some(size) {
            return Vec::new();
        }
        self.budget.expect(self.stage.cost(size));
        self.flush()
    }

    /// The weakest reason that this frame may be refined for. Called once for every frame: it earns, too.
    fn affordable(&mut self, frame: &Frame, load: Load) -> Option<RefineReason> {
        let accelerator = self.engine.busy();
        let since_last = accelerator.saturating_sub(self.accelerator);
        self.accelerator = accelerator;
        let stands = frame.duration();
        // Accelerator and lane work side by side: the busier one decides.
        self.budget.earn(stands.to_duration(), since_last.max(load.lane), self.stage.lanes());
        // At the limit the spatial net would be left out for single pictures.
        let room = (pace::strained(stands) * 3 / 4 - load.backlog).to_duration();
        // Pictures that wait to be refined take their time first.
        let waiting = self.held.iter().filter(|held| held.chosen.is_some()).count();
        let needed = self.budget.cost().map(|cost| cost * (waiting as u32 + 1));
        let fits = !self.refiner.is_lost() && needed.is_some_and(|needed| needed <= room);
        self.idle = if fits { 0 } else { self.idle + 1 };
        if self.idle == RETRY {
            // A machine that was busy may be idle again.
            self.idle = BLOCKED;
            self.budget.expect(self.size.and_then(|size| self.stage.cost(size)));
        }
        self.budget.affordable().filter(|_| fits)
    }

    /// What need not wait any longer leaves, the selected ones refined.
    fn release(&mut self, leaving: &mut Vec<Frame>) {
        while let Some(first) = self.held.front() {
            let chosen = first.chosen.is_some();
            if chosen && self.held.len() <= self.radius {
                break;
            }
            // Before it leaves `held`, where its neighbours are.
            let refined = if chosen { self.refine_first() } else { None };
            let Some(mut frame) = self.held.pop_front() else { break };
            if frame.is_from_net() {
                self.past.push_back(frame.picture.clone());
            } else {
                // Neighbours have to be next to each other.
                self.past.clear();
            }
            while self.past.len() > self.radius {
                self.past.pop_front();
            }
            if let Some((picture, took)) = refined {
                frame.picture = picture;
                frame.refined = Some(took);
            }
            leaving.push(frame);
        }
    }

    /// Has the first held picture refined; `None` if its neighbours are not from the net, or the refiner failed.
    fn refine_first(&mut self) -> Option<(Picture, Duration)> {
        let following = self.held.iter().take(self.radius + 1);
        let following = following.map(|held| held.is_from_net().then(|| held.picture.clone()));
        let pictures: Option<Vec<Picture>> = self.past.iter().cloned().map(Some).chain(following).collect();
        let pictures = pictures.filter(|pictures| pictures.len() == 2 * self.radius + 1)?;
        let refined = self.refiner.refine(pictures)?;
        self.budget.measured(refined.1);
        Some(refined)
    }
}

#[cfg(test)]
mod tests {
    use media::picture::FrameRate;
    use media::time::MediaTime;

    use super::*;
    use crate::inference::Engine;
    use crate::inference::fake::{Behaviour, FakeBackend};
    use crate::lane::fake;
    use crate::lane::frame::UpscaledBy;

    const SIZE: Size = Size { width: 32, height: 18 };
    /// A machine with all the time in the world.
    const LEISURE: Load = Load { backlog: MediaTime::ZERO, lane: Duration::ZERO, ending: false };
    const F_EDSR: UpscaledBy = UpscaledBy::FEdsr { took: Duration::ZERO };

    /// Stands for ten seconds.
    fn frame(index: i64, upscaled: UpscaledBy, size: Size) -> Frame {
        Frame { upscaled, rate: FrameRate { num: 1, den: 10 }, ..fake::frame(index, size) }
    }

    fn numbers(leaving: &[Frame]) -> Vec<i64> {
        leaving.iter().map(|frame| frame.picture.pts().as_millis() / 40).collect()
    }

    /// With the net timed.
    fn temporal(engine: &Engine) -> Temporal {
        let handle = engine.handle();
        let temporal = Temporal::new(&SecondStage::stock(&handle, &Arc::default()), &handle, fake::stats());
        // Jobs are done in order.
        handle.run(|_| ()).unwrap().wait(Duration::from_secs(60)).unwrap();
        temporal
    }

    #[test]
    fn selected_pictures_wait_for_the_next_one_and_all_leave_in_order() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let mut all = Vec::new();
        for index in 0..12 {
            let leaving = temporal.push(frame(index, F_EDSR, SIZE), LEISURE);
            // The first has no neighbour before it; every other waits for the one after it.
            let expected = if index == 0 { vec![0] } else { vec![index - 1] };
            assert_eq!(numbers(&leaving), if index == 1 { vec![] } else { expected });
            all.extend(leaving);
        }
        assert!(!temporal.held.is_empty());
        all.extend(temporal.flush());
        assert_eq!(numbers(&all), (0..12).collect::<Vec<_>>());
        let refined = all.iter().filter(|frame| frame.refined.is_some()).count();
        assert_eq!(refined, 10, "all but the first and the last");
        drop(temporal);
        engine.join();
    }

    #[test]
    fn lanczos_pictures_and_other_sizes_are_no_neighbours() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let other = Size { width: 48, height: 32 };
        let kinds = [
            (F_EDSR, SIZE),
            (F_EDSR, SIZE),
            (UpscaledBy::LanczosOverload, SIZE),
            (F_EDSR, SIZE),
            (F_EDSR, SIZE),
            (F_EDSR, other),
        ];
        let mut all = Vec::new();
        for (index, (upscaled, size)) in (0..).zip(kinds) {
            all.extend(temporal.push(frame(index, upscaled, size), LEISURE));
        }
        all.extend(temporal.flush());
        assert_eq!(numbers(&all), (0..6).collect::<Vec<_>>());
        assert!(all.iter().all(|frame| frame.refined.is_none()));
        drop(temporal);
        engine.join();
    }

    #[test]
    fn a_refiner_that_fails_costs_no_picture_and_is_given_up() {
        let engine = FakeBackend::new(Behaviour::Fail).engine();
        let mut temporal = temporal(&engine);
        let mut all = Vec::new();
        for index in 0..12 {
            all.extend(temporal.push(frame(index, F_EDSR, SIZE), LEISURE));
        }
        assert!(temporal.refiner.is_lost() && temporal.held.is_empty());
        assert_eq!(numbers(&all), (0..12).collect::<Vec<_>>());
        assert!(all.iter().all(|frame| frame.is_from_net() && frame.refined.is_none()));
        drop(temporal);
        engine.join();
    }

    #[test]
    fn when_the_stream_ends_nothing_is_held_back() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let mut all = Vec::new();
        for index in 0..3 {
            all.extend(temporal.push(frame(index, F_EDSR, SIZE), LEISURE));
        }
        let ending = Load { ending: true, ..LEISURE };
        all.extend(temporal.push(frame(3, F_EDSR, SIZE), ending));
        assert_eq!(numbers(&all), [0, 1, 2, 3]);
        drop(temporal);
        engine.join();
    }

    #[test]
    fn a_lane_that_is_behind_refines_nothing() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let behind = Load { backlog: MediaTime::from_secs_f64(60.0), ..LEISURE };
        for index in 0..6 {
            let leaving = temporal.push(frame(index, F_EDSR, SIZE), behind);
            assert_eq!(numbers(&leaving), [index], "nothing is held back");
        }
        drop(temporal);
        engine.join();
    }
}
