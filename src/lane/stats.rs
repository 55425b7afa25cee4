//! What became of every picture that came in.
//!
//! All counts change under one lock, so that whoever reads sees
//! `frames_in == f_edsr + plain + skipped + inside` at every moment, exactly.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use media::picture::Size;
use media::time::MediaTime;

use super::select::Reason;

/// Pictures whose times make up the medians: two seconds or so.
const RECENT: usize = 64;

/// Refined pictures that are remembered with their reasons.
const CHOSEN: usize = 16;

/// How an outgoing picture was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// By the net.
    FEdsr,
    /// Plainly: the machine could not keep up.
    PlainOverload,
    /// Plainly: no net was in use.
    PlainNoNet,
    /// Plainly: the net failed on this picture.
    PlainFailed,
}

/// How the second stage improved a picture that the first one had made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refinement {
    /// Why this picture.
    pub reason: Reason,
    /// How long it took.
    pub took: Duration,
}

/// The counts of one lane.
#[derive(Debug, Default)]
pub struct LaneStats(Mutex<Figures>);

/// A consistent view of the counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Size of outgoing pictures, once there is one.
    pub size: Option<Size>,
    /// Coded pictures that came in.
    pub frames_in: u64,
    /// Made by the net.
    pub f_edsr: u64,
    /// Made plainly, by reason.
    pub plain_overload: u64,
    /// See [`Made::PlainNoNet`].
    pub plain_no_net: u64,
    /// See [`Made::PlainFailed`].
    pub plain_failed: u64,
    /// Taken from the queue by the lane.
    pub taken: u64,
    /// Of these, never shown: skipped or damaged.
    pub given_up: u64,
    /// Dropped from the queue because it was full.
    pub overflowed: u64,
    /// Times that the lane was started again after it broke.
    pub restarts: u64,
    /// Newest received decode time.
    pub newest: Option<MediaTime>,
    /// Decode time up to which the lane is done.
    pub done: Option<MediaTime>,
    /// Of those made by the net, refined by the second stage because they were keyframes.
    pub refined_key: u64,
    /// The same, because much had changed.
    pub refined_change: u64,
    /// The same, because there was time.
    pub refined_spare: u64,
    /// The last refined pictures, the oldest first.
    pub chosen: VecDeque<(MediaTime, Reason)>,
    /// Pictures a second that the second stage can afford.
    pub affordable: f64,
    net: Recent,
    refiner: Recent,
    lane: Recent,
}

impl Figures {
    /// Made plainly, for whatever reason.
    pub fn plain(&self) -> u64 {
        self.plain_overload + self.plain_no_net + self.plain_failed
    }

    /// Refined by the second stage, for whatever reason.
    pub fn refined(&self) -> u64 {
        self.refined_key + self.refined_change + self.refined_spare
    }

    /// Never shown, for whatever reason.
    pub fn skipped(&self) -> u64 {
        self.given_up + self.overflowed
    }

    /// Pictures that came in and are neither shown nor given up yet.
    pub fn inside(&self) -> u64 {
        self.frames_in.saturating_sub(self.f_edsr + self.plain() + self.skipped())
    }

    /// Of these, the ones that the lane has taken from its queue.
    fn at_work(&self) -> u64 {
        self.taken.saturating_sub(self.f_edsr + self.plain() + self.given_up)
    }

    /// Received video that the lane has not finished.
    pub fn backlog(&self) -> MediaTime {
        match (self.newest, self.done) {
            (Some(newest), Some(done)) if self.inside() > 0 => (newest - done).max(MediaTime::ZERO),
            _ => MediaTime::ZERO,
        }
    }

    /// Median time in the net.
    pub fn net(&self) -> Duration {
        self.net.median()
    }

    /// Median time in the second stage.
    pub fn refiner(&self) -> Duration {
        self.refiner.median()
    }

    /// Median time in the whole lane.
    pub fn lane(&self) -> Duration {
        self.lane.median()
    }
}

impl LaneStats {
    /// A coded picture came in.
    pub fn received(&self, dts: MediaTime) {
        let mut figures = self.figures();
        figures.frames_in += 1;
        figures.newest = Some(dts);
    }

    /// Pictures were dropped because the queue was full.
    pub fn overflowed(&self, count: u64) {
        self.figures().overflowed += count;
    }

    /// The lane took pictures from its queue.
    pub fn taken(&self, count: u64) {
        self.figures().taken += count;
    }

    /// Pictures that the lane had taken will never be shown.
    pub fn given_up(&self, count: u64) {
        self.figures().given_up += count;
    }

    /// A picture left. `busy`: the time that it took without waiting; `net`: of that, in the net.
    pub fn shown(&self, made: Made, busy: Duration, net: Option<Duration>) {
        let mut figures = self.figures();
        match made {
            Made::FEdsr => figures.f_edsr += 1,
            Made::PlainOverload => figures.plain_overload += 1,
            Made::PlainNoNet => figures.plain_no_net += 1,
            Made::PlainFailed => figures.plain_failed += 1,
        }
        figures.lane.add(busy);
        if let Some(net) = net {
            figures.net.add(net);
        }
    }

    /// A picture that left was refined before.
    pub fn refined(&self, pts: MediaTime, refinement: Refinement) {
        let mut figures = self.figures();
        match refinement.reason {
            Reason::Key => figures.refined_key += 1,
            Reason::Change => figures.refined_change += 1,
            Reason::Spare => figures.refined_spare += 1,
        }
        figures.refiner.add(refinement.took);
        if figures.chosen.len() == CHOSEN {
            figures.chosen.pop_front();
        }
        figures.chosen.push_back((pts, refinement.reason));
    }

    /// The second stage can afford this many pictures a second.
    pub fn affordable(&self, per_second: f64) {
        self.figures().affordable = per_second;
    }

    /// Everything up to this decode time has left or is given up.
    pub fn done(&self, dts: MediaTime) {
        self.figures().done = Some(dts);
    }

    /// The lane broke, and with it everything that it worked on.
    pub fn broke(&self) {
        let mut figures = self.figures();
        figures.given_up += figures.at_work();
        figures.restarts += 1;
    }

    /// Outgoing pictures have this size from now on.
    pub fn sized(&self, size: Size) {
        self.figures().size = Some(size);
    }

    /// A consistent view.
    pub fn view(&self) -> Figures {
        self.figures().clone()
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        // Plain additions: complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last values of a duration.
#[derive(Debug, Clone, Default, PartialEq)]
struct Recent(VecDeque<Duration>);

impl Recent {
    fn add(&mut self, value: Duration) {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    fn median(&self) -> Duration {
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_accounted_for_even_when_the_lane_breaks() {
        let stats = LaneStats::default();
        for index in 0..10 {
            stats.received(MediaTime::from_millis(index * 40));
        }
        stats.overflowed(1);
        stats.taken(5);
        stats.shown(Made::FEdsr, Duration::from_millis(9), Some(Duration::from_millis(5)));
        stats.shown(Made::PlainOverload, Duration::from_millis(5), None);
        stats.given_up(1);
        assert_eq!(stats.view().inside(), 6);
        stats.broke();
        let figures = stats.view();
        assert_eq!((figures.inside(), figures.skipped(), figures.restarts), (4, 4, 1));
        assert_eq!((figures.plain(), figures.net()), (1, Duration::from_millis(5)));
    }

    #[test]
    fn the_backlog_is_what_is_received_and_not_done() {
        let stats = LaneStats::default();
        assert_eq!(stats.view().backlog(), MediaTime::ZERO);
        stats.received(MediaTime::from_millis(1000));
        stats.done(MediaTime::from_millis(400));
        assert_eq!(stats.view().backlog(), MediaTime::from_millis(600));
        stats.overflowed(1);
        assert_eq!(stats.view().backlog(), MediaTime::ZERO);
    }
}
