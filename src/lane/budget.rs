//! How many pictures a second the second stage may refine: what is measured to be left over.
//!
//! Pure: no clock. Per picture, the time that it stands, less what accelerator and lane were busy, is saved up; a
//! refined picture spends what refining takes. Under load the measured times grow, and the budget shrinks by itself.

use std::time::Duration;

use super::select::Purse;

/// Share of a picture's time that may be spent at all; the rest is for bursts and busy neighbours.
const SHARE: f64 = 0.75;
/// Refined pictures' worth of time that can be saved up.
const MOST_SAVED: f64 = 4.0;
/// Share of a picture's time that sums of measurements may be off by.
const ROUNDING: f64 = 1e-3;
/// Share of a new measurement in the running means.
const MEMORY: f64 = 0.1;

/// What a picture's time was needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// How long the picture stands.
    pub frame: Duration,
    /// What the accelerator was busy with nets that run on every picture, of all streams, since the picture before.
    pub accelerator: Duration,
    /// What the lane was busy with everything else.
    pub lane: Duration,
    /// Lanes that share what the accelerator has left.
    pub lanes: usize,
}

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

    /// A picture has left.
    pub fn earn(&mut self, spent: Spent) {
        let Some(cost) = self.cost.map(|cost| cost.as_secs_f64()) else { return };
        let frame = spent.frame.as_secs_f64();
        let busy = spent.accelerator.max(spent.lane).as_secs_f64();
        let left = (frame * SHARE - busy).max(0.0) / spent.lanes.max(1) as f64;
        self.saved = (self.saved + left).min(MOST_SAVED * cost);
        if frame > 0.0 {
            self.spare += MEMORY * (left / frame - self.spare);
        }
    }

    /// A picture is being refined.
    pub fn spend(&mut self) {
        self.saved -= self.cost.unwrap_or_default().as_secs_f64();
    }

    /// What can be afforded now.
    pub fn purse(&self) -> Purse {
        let Some(cost) = self.cost.map(|cost| cost.as_secs_f64()) else { return Purse::Empty };
        match self.saved + ROUNDING * cost {
            saved if saved >= MOST_SAVED * cost => Purse::Full,
            saved if saved >= cost => Purse::Enough,
            // Nothing has been left over lately: then not even on credit.
            saved if saved >= 0.0 && self.spare > 0.0 => Purse::Credit,
            _ => Purse::Empty,
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

    const fn spent(accelerator: u64) -> Spent {
        Spent { frame: millis(40), accelerator: millis(accelerator), lane: millis(10), lanes: 1 }
    }

    fn after(pictures: usize, cost: u64, spent: Spent) -> Budget {
        let mut budget = Budget::default();
        budget.measured(millis(cost));
        (0..pictures).for_each(|_| budget.earn(spent));
        budget
    }

    #[test]
    fn what_is_left_over_is_saved_up_and_spent() {
        // 40 ms, of which 30 may be used and 10 are: 20 ms a picture.
        let mut budget = after(9, 200, spent(10));
        assert_eq!(budget.purse(), Purse::Credit);
        budget.earn(spent(10));
        assert_eq!(budget.purse(), Purse::Enough);
        (0..30).for_each(|_| budget.earn(spent(10)));
        assert_eq!(budget.purse(), Purse::Full);
        for _ in 0..3 {
            budget.spend();
            assert_eq!(budget.purse(), Purse::Enough);
        }
        budget.spend();
        assert_eq!(budget.purse(), Purse::Credit);
        budget.spend();
        assert_eq!(budget.purse(), Purse::Empty);
        assert!((after(200, 200, spent(10)).per_second() - 2.5).abs() < 0.01);
    }

    #[test]
    fn a_busy_machine_affords_nothing_not_even_key_pictures() {
        for busy in [spent(30), spent(60), Spent { lane: millis(35), ..spent(1) }] {
            assert_eq!(after(100, 50, busy).purse(), Purse::Empty, "{busy:?}");
        }
        assert_eq!(Budget::default().purse(), Purse::Empty, "while the cost is not known");
    }

    #[test]
    fn lanes_share_and_a_fast_machine_affords_every_picture() {
        let shared = after(500, 100, Spent { lanes: 2, ..spent(10) }).per_second();
        assert!((2.0 * shared - after(500, 100, spent(10)).per_second()).abs() < 0.1);
        let fast = after(100, 5, spent(2));
        assert_eq!(fast.purse(), Purse::Full);
        assert!(fast.per_second() > 25.0);
    }
}
