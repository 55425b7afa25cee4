//! One figure over time: what is usual for it, and when it leaves that.

use std::collections::VecDeque;

use super::lowess::{median, smooth};
use crate::record::Reason;
use crate::settings::{Bounds, Settings};

/// From the median of absolute deviations to a standard deviation, if they are distributed normally.
const NORMAL: f64 = 1.4826;

/// One figure over time.
#[derive(Debug)]
pub(super) struct Track {
    settings: Settings,
    bounds: Bounds,
    /// Time and value, the oldest first.
    samples: VecDeque<(f64, f64)>,
    /// How far the last samples were from where the curve before them pointed.
    deviations: VecDeque<f64>,
    /// A sample out of line, if the last one was: the next will tell whether it was the first of many.
    out_of_line: Option<(f64, f64)>,
    level: Option<f64>,
    /// Highest level since the figure settled.
    settled: Option<f64>,
    /// When the first sample came.
    since_s: Option<f64>,
}

impl Track {
    pub(super) fn new(bounds: Bounds, settings: &Settings) -> Self {
        Self {
            settings: *settings,
            bounds,
            samples: VecDeque::new(),
            deviations: VecDeque::new(),
            out_of_line: None,
            level: None,
            settled: None,
            since_s: None,
        }
    }

    /// Takes the value at `at_s`. Says how it changed, if it did: at once, or little by little.
    pub(super) fn push(&mut self, at_s: f64, value: f64, is_other_scene: bool) -> Option<Reason> {
        let since_s = *self.since_s.get_or_insert(at_s);
        let is_usual =
            self.samples.len() >= self.settings.least_looks && at_s - since_s >= self.settings.least_s;
        let Some(level) = self.level.filter(|_| is_usual) else {
            // What is usual is learnt from the first samples on, even where nothing is compared yet.
            if let Some(level) = self.level {
                self.remember_deviation(value - level);
            }
            self.take(at_s, value);
            return None;
        };
        let deviation = value - level;
        // Where the picture itself is another one, the coder's ups and downs are no excuse.
        let limit = if is_other_scene {
            self.bounds.cut
        } else {
            self.bounds.jump.max(self.settings.unusual * self.rare_deviation())
        };
        if deviation.abs() > limit {
            return self.stray(at_s, value, level);
        }
        // The last one was alone out of line: no change, but it tells how far samples stray.
        if let Some((_, alone)) = self.out_of_line.take() {
            self.remember_deviation(alone - level);
        }
        self.remember_deviation(deviation);
        let level = self.take(at_s, value);
        let settled = self.settled.map_or(level, |settled| settled.max(level));
        self.settled = Some(settled);
        let limit = self.bounds.decline?.max(self.settings.clear * self.usual_deviation());
        let is_decline = at_s - since_s >= self.settings.settled_s && level < settled - limit;
        is_decline.then_some(Reason::Decline)
    }

    /// A sample is out of line: with the one before it, on the same side, that is a jump.
    fn stray(&mut self, at_s: f64, value: f64, level: f64) -> Option<Reason> {
        let (before_s, before) = self.out_of_line.replace((at_s, value))?;
        if (before - level).signum() != (value - level).signum() {
            return None;
        }
        // The two are the first of the new level.
        self.restart();
        self.take(before_s, before);
        self.take(at_s, value);
        Some(if value < level { Reason::Drop } else { Reason::Rise })
    }

    /// The smoothed value at the newest sample.
    pub(super) fn level(&self) -> Option<f64> {
        self.level
    }

    /// Another scene, or another network: the level is not known any more. How far samples stray from it stays known.
    pub(super) fn restart(&mut self) {
        self.samples.clear();
        self.out_of_line = None;
        self.level = None;
        self.settled = None;
        self.since_s = None;
    }

    /// Every value so far would have been higher by `by`.
    pub(super) fn shift(&mut self, by: f64) {
        for (_, value) in self.samples.iter_mut().chain(&mut self.out_of_line) {
            *value += by;
        }
        for level in self.level.iter_mut().chain(&mut self.settled) {
            *level += by;
        }
    }

    /// What a decline is measured against is the level now.
    pub(super) fn settle(&mut self) {
        self.settled = self.level;
    }

    fn take(&mut self, at_s: f64, value: f64) -> f64 {
        remember(&mut self.samples, (at_s, value), self.settings.remembered_looks);
        let level =
            smooth(self.samples.make_contiguous(), at_s, self.settings.smoothed_looks).unwrap_or(value);
        self.level = Some(level);
        level
    }

    fn remember_deviation(&mut self, deviation: f64) {
        remember(&mut self.deviations, deviation.abs(), self.settings.remembered_looks);
    }

    /// What one sample in ten strays further than.
    fn rare_deviation(&self) -> f64 {
        let mut sorted: Vec<f64> = self.deviations.iter().copied().collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        sorted.get(sorted.len() / self.settings.once_in).copied().unwrap_or(0.0)
    }

    fn usual_deviation(&self) -> f64 {
        let deviations: Vec<f64> = self.deviations.iter().copied().collect();
        NORMAL * median(&deviations)
    }
}

fn remember<T>(memory: &mut VecDeque<T>, item: T, most: usize) {
    if memory.len() == most {
        memory.pop_front();
    }
    memory.push_back(item);
}
