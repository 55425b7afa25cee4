//! The second stage in a lane: a selected picture is held back until the pictures after it are there, and refined.
//!
//! Pictures leave in the order in which they came. Those that are not selected leave at once, unless one before them is
//! held back; so only a selected picture costs latency: `k` pictures and the time of refining. Neighbours are pictures
//! as F-EDSR made them, never refined ones, as in training.

use std::collections::VecDeque;
use std::time::Duration;

use media::picture::{Picture, Size};

use super::Finished;
use super::refiner::RefinerSeat;
use crate::inference::{EngineHandle, SecondStage};
use crate::lane::budget::{Budget, Spent};
use crate::lane::select::{Purse, Reason, Selector};
use crate::lane::stats::Refinement;

/// After so many pictures for which refining would take too long, it is believed to take what it took when the server
/// began: ten seconds or so.
const RETRY: u32 = 300;

/// After so many pictures in a row, a second or so, it is no passing backlog that keeps pictures from being refined.
const BLOCKED: u32 = 30;

/// How the lane is when a picture has come out of the first stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// How long a picture stands.
    pub(super) frame: Duration,
    /// What the lane was busy with the picture before, without nets.
    pub(super) lane: Duration,
    /// Refining may take this long before the lane is behind.
    pub(super) room: Duration,
}

pub(super) struct Temporal {
    stage: SecondStage,
    seat: RefinerSeat,
    engine: EngineHandle,
    radius: usize,
    selector: Selector,
    budget: Budget,
    /// The last pictures that left, as the first stage made them; at most `radius`.
    past: VecDeque<Picture>,
    held: VecDeque<Held>,
    size: Option<Size>,
    /// Pictures in a row for which refining would have taken too long.
    idle: u32,
    /// The accelerator's busy time when the last picture came.
    accelerator: Duration,
}

/// A picture that has not left yet.
struct Held {
    finished: Finished,
    /// As the first stage made it; none if it was made plainly.
    first: Option<Picture>,
    reason: Option<Reason>,
}

impl Temporal {
    pub(super) fn new(stage: &SecondStage, engine: &EngineHandle) -> Self {
        Self {
            stage: stage.clone(),
            seat: RefinerSeat::new(stage.package().clone(), engine.clone()),
            engine: engine.clone(),
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

    /// Takes the next picture; answers the pictures that may leave now.
    pub(super) fn arrive(&mut self, finished: Finished, situation: Situation) -> Vec<Finished> {
        let first = finished.is_first_stage().then(|| finished.picture.clone());
        let leaving = self.fit(finished.picture.size());
        let purse = self.purse(situation);
        let complete = self.past.len() + self.held.len() >= self.radius;
        let reason = match &first {
            Some(_) if complete => self.selector.choose(finished.coded, purse),
            _ => None,
        };
        if reason.is_some() {
            self.budget.spend();
        }
        self.held.push_back(Held { finished, first, reason });
        leaving.into_iter().chain(self.release()).collect()
    }

    /// Nothing follows for now: everything leaves, as it is.
    pub(super) fn flush(&mut self) -> Vec<Finished> {
        self.past.clear();
        self.held.drain(..).map(|held| held.finished).collect()
    }

    /// Whether a picture is held back.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Pictures a second that can be afforded; 0 while one picture would take longer than the lane may fall behind.
    pub(super) fn per_second(&self) -> f64 {
        let blocked = self.seat.is_lost() || self.idle >= BLOCKED;
        if blocked { 0.0 } else { self.budget.per_second() }
    }

    /// Pictures of another size are no neighbours, and cost something else.
    fn fit(&mut self, size: Size) -> Vec<Finished> {
        if self.size.replace(size) == Some(size) {
            return Vec::new();
        }
        self.budget.expect(self.stage.cost(size));
        self.flush()
    }

    fn purse(&mut self, situation: Situation) -> Purse {
        let busy = self.engine.busy();
        let accelerator = busy.saturating_sub(std::mem::replace(&mut self.accelerator, busy));
        let Situation { frame, lane, room } = situation;
        self.budget.earn(Spent { frame, accelerator, lane, lanes: self.stage.lanes() });
        // Pictures that wait to be refined take their time first.
        let waiting = self.held.iter().filter(|held| held.reason.is_some()).count();
        let needed = self.budget.cost().map(|cost| cost * (waiting as u32 + 1));
        let fits = !self.seat.is_lost() && needed.is_some_and(|needed| needed <= room);
        self.idle = if fits { 0 } else { self.idle + 1 };
        if self.idle == RETRY {
            // A machine that was busy may be idle again.
            self.idle = BLOCKED;
            self.budget.expect(self.size.and_then(|size| self.stage.cost(size)));
        }
        if fits { self.budget.purse() } else { Purse::Empty }
    }

    /// What need not wait any longer leaves, the selected ones refined.
    fn release(&mut self) -> Vec<Finished> {
        let mut leaving = Vec::new();
        while let Some(front) = self.held.front() {
            if front.reason.is_some() && self.held.len() <= self.radius {
                break;
            }
            let refined = front.reason.and_then(|reason| self.refine(reason));
            let Some(Held { mut finished, first, .. }) = self.held.pop_front() else { break };
            if let Some((picture, refinement)) = refined {
                finished.picture = picture;
                finished.refined = Some(refinement);
            }
            match first {
                Some(first) => self.past.push_back(first),
                None => self.past.clear(),
            }
            while self.past.len() > self.radius {
                self.past.pop_front();
            }
            leaving.push(finished);
        }
        leaving
    }

    /// Has the picture at the front refined; `None` if its neighbours are not of the first stage, or the net failed.
    fn refine(&mut self, reason: Reason) -> Option<(Picture, Refinement)> {
        let following = self.held.iter().take(self.radius + 1).map(|held| held.first.as_ref());
        let pictures: Option<Vec<Picture>> =
            self.past.iter().map(Some).chain(following).map(Option::<&Picture>::cloned).collect();
        let pictures = pictures.filter(|pictures| pictures.len() == 2 * self.radius + 1)?;
        let (picture, took) = self.seat.refine(pictures)?;
        self.budget.measured(took);
        Some((picture, Refinement { reason, took }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use media::time::MediaTime;

    use super::*;
    use crate::inference::Engine;
    use crate::inference::fake::FakeBackend;
    use crate::lane::select::Coded;
    use crate::lane::stats::Made;

    const SIZE: Size = Size { width: 32, height: 18 };
    /// A machine with all the time in the world.
    const LEISURE: Situation =
        Situation { frame: Duration::from_secs(10), lane: Duration::ZERO, room: Duration::from_secs(60) };

    fn finished(index: i64, made: Made, size: Size) -> Finished {
        let mut picture = Picture::new(size);
        picture.luma_mut().data.fill(100);
        picture.set_pts(MediaTime::from_millis(40 * index));
        let coded = Coded { key: false, bytes: 1000 };
        let (dts, spent) = (picture.pts(), Duration::ZERO);
        Finished { picture, made, dts, spent, net: None, coded, refined: None }
    }

    fn numbers(leaving: &[Finished]) -> Vec<i64> {
        leaving.iter().map(|finished| finished.picture.pts().as_millis() / 40).collect()
    }

    /// With the net timed.
    fn temporal(engine: &Engine) -> Temporal {
        let handle = engine.handle();
        let temporal = Temporal::new(&SecondStage::stock(&handle, &Arc::default()), &handle);
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
            let leaving = temporal.arrive(finished(index, Made::FEdsr, SIZE), LEISURE);
            // The first has no neighbour before it; every other waits for the one after it.
            let expected = if index == 0 { vec![0] } else { vec![index - 1] };
            assert_eq!(numbers(&leaving), if index == 1 { vec![] } else { expected });
            all.extend(leaving);
        }
        assert!(temporal.holds());
        all.extend(temporal.flush());
        assert_eq!(numbers(&all), (0..12).collect::<Vec<_>>());
        let refined = all.iter().filter(|finished| finished.refined.is_some()).count();
        assert_eq!(refined, 10, "all but the first and the last");
        drop(temporal);
        engine.join();
    }

    #[test]
    fn plain_pictures_and_other_sizes_are_no_neighbours() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let other = Size { width: 48, height: 32 };
        let kinds = [
            (Made::FEdsr, SIZE),
            (Made::FEdsr, SIZE),
            (Made::PlainOverload, SIZE),
            (Made::FEdsr, SIZE),
            (Made::FEdsr, SIZE),
            (Made::FEdsr, other),
        ];
        let mut all = Vec::new();
        for (index, (made, size)) in (0..).zip(kinds) {
            all.extend(temporal.arrive(finished(index, made, size), LEISURE));
        }
        all.extend(temporal.flush());
        assert_eq!(numbers(&all), (0..6).collect::<Vec<_>>());
        assert!(all.iter().all(|finished| finished.refined.is_none()));
        drop(temporal);
        engine.join();
    }

    #[test]
    fn a_lane_that_is_behind_refines_nothing() {
        let engine = FakeBackend::default().engine();
        let mut temporal = temporal(&engine);
        let behind = Situation { room: Duration::ZERO, ..LEISURE };
        for index in 0..6 {
            let leaving = temporal.arrive(finished(index, Made::FEdsr, SIZE), behind);
            assert_eq!(numbers(&leaving), [index], "nothing is held back");
        }
        drop(temporal);
        engine.join();
    }
}
