//! How many pictures a second the second stage may refine: what is measured to be left over.
//!
//! Pure: no clock. Per picture, the time that it stands, less what accelerator and lane were busy, is saved up; a
//! refined picture spends what refining takes. Under load the measured times grow, and the budget shrinks by itself.

use std::time::Duration;

use super::select::RefineReason;

/// Share of a picture's time that may be spent at all; the rest is for bursts and busy neighbours.
const SHARE: f64 = 0.75;
/// Refined pictures' worth of time that can be saved up.
const MOST_SAVED: f64 = 4.0;
/// Share of a picture's time that sums of measurements may be off by.
const ROUNDING: f64 = 1e-3;
/// Share of a new measurement in the running means.
const MEMORY: f64 = 0.1;

/// Time saved up for the second stage.
#[derive(Debug, Default)]
pub struct Budget {
    /// What refining a picture takes; unknown at first.
    cost: Option<Duration>,
    /// Seconds; below zero after a keyframe on credit.
    saved: f64,
    /// Running mean of what a picture leaves over, in seconds per second.
    spare: f64,
}

impl Budget {
    /// Refining a picture took this long.
    pub fn measured(&mut self, took: Duration) {
        let mean = |cost: Duration| cost.mul_f64(1.0 - MEMORY) + took.mul_f64(MEMORY);
        self.cost = Some(self.cost.map_or(took, mean));
    }

    /// What refining a picture takes; `None` while it is not known.
    pub fn cost(&self) -> Option<Duration> {
        self.cost
    }

    /// Refining a picture is expected to take this long, whatever it took before. Nothing is saved up.
    pub fn expect(&mut self, cost: Option<Duration>) {
        *self = Self { cost, ..Self::default() };
    }

    /// A picture has come that stands for `frame`. `busy`: what the lane, or the accelerator with the nets that run on
    /// every picture of all streams, has worked since the one before; `lanes` share what is left over.
    pub fn earn(&mut self, frame: Duration, busy: Duration, lanes: usize) {
        let Some(cost) = self.cost.map(|cost| cost.as_secs_f64()) else { return };
        let frame = frame.as_secs_f64();
        let left = (frame * SHARE - busy.as_secs_f64()).max(0.0) / lanes.max(1) as f64;
        self.saved = (self.saved + left).min(MOST_SAVED * cost);
        if frame > 0.0 {
            self.spare += MEMORY * (left / frame - self.spare);
        }
    }

    /// A picture is being refined.
    pub fn spend(&mut self) {
        self.saved -= self.cost.unwrap_or_default().as_secs_f64();
    }

    /// The weakest reason that a picture may be refined for now: the more is saved up, the weaker. `None`: for none.
    pub fn affordable(&self) -> Option<RefineReason> {
        let cost = self.cost?.as_secs_f64();
        match self.saved + ROUNDING * cost {
            // Nothing more can be saved up: what is not used now is lost.
            saved if saved >= MOST_SAVED * cost => Some(RefineReason::Spare),
            saved if saved >= cost => Some(RefineReason::Change),
            // On credit, but not if nothing has been left over lately.
            saved if saved >= 0.0 && self.spare > 0.0 => Some(RefineReason::Key),
            _ => None,
        }
    }

    /// Pictures a second that can be afforded as things are.
    pub fn per_second(&self) -> f64 {
        self.cost.map_or(0.0, |cost| self.spare / cost.as_secs_f64().max(1e-6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const FRAME: Duration = millis(40);

    fn after(pictures: usize, cost: u64, busy: u64, lanes: usize) -> Budget {
        let mut budget = Budget::default();
        budget.measured(millis(cost));
        (0..pictures).for_each(|_| budget.earn(FRAME, millis(busy), lanes));
        budget
    }

    #[test]
    fn what_is_left_over_is_saved_up_and_spent() {
        // 40 ms, of which 30 may be used and 10 are: 20 ms a picture.
        let mut budget = after(9, 200, 10, 1);
        assert_eq!(budget.affordable(), Some(RefineReason::Key));
        budget.earn(FRAME, millis(10), 1);
        assert_eq!(budget.affordable(), Some(RefineReason::Change));
        (0..30).for_each(|_| budget.earn(FRAME, millis(10), 1));
        assert_eq!(budget.affordable(), Some(RefineReason::Spare));
        for _ in 0..3 {
            budget.spend();
            assert_eq!(budget.affordable(), Some(RefineReason::Change));
        }
        budget.spend();
        assert_eq!(budget.affordable(), Some(RefineReason::Key));
        budget.spend();
        assert_eq!(budget.affordable(), None);
        assert!((after(200, 200, 10, 1).per_second() - 2.5).abs() < 0.01);
    }

    #[test]
    fn a_busy_machine_affords_nothing_not_even_keyframes() {
        for busy in [30, 35, 60] {
            assert_eq!(after(100, 50, busy, 1).affordable(), None, "{busy}");
        }
        assert_eq!(Budget::default().affordable(), None, "while the cost is not known");
    }

    #[test]
    fn lanes_share_and_a_fast_machine_affords_every_picture() {
        let shared = after(500, 100, 10, 2).per_second();
        assert!((2.0 * shared - after(500, 100, 10, 1).per_second()).abs() < 0.1);
        let fast = after(100, 5, 10, 1);
        assert_eq!(fast.affordable(), Some(RefineReason::Spare));
        assert!(fast.per_second() > 25.0);
    }
}
