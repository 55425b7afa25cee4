//! One figure over time: what is usual for it, and when it leaves that.

use std::collections::VecDeque;

use super::lowess::{median, smooth};
use crate::Reason;

/// Samples that the smoothed curve is drawn through: four seconds at two looks a second.
const NEAREST: usize = 8;
/// Samples that are remembered, for what is usual.
const REMEMBERED: usize = 32;
/// Before so many samples and so many seconds nothing is usual: coders make keyframes worse than the last picture before
/// them and mend that until the next, every two seconds or so, and all of that is one scene.
const LEAST: usize = 6;
const LEAST_S: f64 = 4.0;
/// A jump is so many times as far as what is seen once in ten samples.
const UNUSUAL: f64 = 1.5;
const ONCE_IN: usize = 10;
/// A decline of the curve is so many times the usual deviation from it: even the curve moves a little.
const CLEAR: f64 = 3.0;
/// It has to have been up for so many seconds.
const SETTLED_S: f64 = 8.0;
/// From the median of absolute deviations to a standard deviation, if they are distributed normally.
const NORMAL: f64 = 1.4826;

/// What counts as a change, in dB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Least jump from one sample to the next.
    pub(super) jump: f64,
    /// The same where another scene is shown.
    pub(super) cut: f64,
    /// Least fall of the smoothed curve below what it had settled at, if that says anything.
    pub(super) decline: Option<f64>,
}

/// One figure over time.
#[derive(Debug, Default)]
pub(super) struct Track {
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
    /// Takes the value at `at_s`.
    pub(super) fn push(
        &mut self,
        at_s: f64,
        value: f64,
        other_scene: bool,
        bounds: Bounds,
    ) -> Option<Reason> {
        let since_s = *self.since_s.get_or_insert(at_s);
        let Some(level) = self.level.filter(|_| self.samples.len() >= LEAST && at_s - since_s >= LEAST_S)
        else {
            if let Some(level) = self.level {
                remember(&mut self.deviations, (value - level).abs());
            }
            self.take(at_s, value);
            return None;
        };
        let deviation = value - level;
        let limit = if other_scene { bounds.cut } else { bounds.jump.max(UNUSUAL * self.rare_deviation()) };
        if deviation.abs() > limit {
            if let Some((before_s, before)) = self.out_of_line.replace((at_s, value))
                && (before - level).signum() == deviation.signum()
            {
                self.restart();
                self.take(before_s, before);
                self.take(at_s, value);
                return Some(if deviation < 0.0 { Reason::Drop } else { Reason::Rise });
            }
            return None;
        }
        if let Some((_, alone)) = self.out_of_line.take() {
            remember(&mut self.deviations, (alone - level).abs());
        }
        remember(&mut self.deviations, deviation.abs());
        let level = self.take(at_s, value);
        let settled = self.settled.map_or(level, |settled| settled.max(level));
        self.settled = Some(settled);
        let limit = bounds.decline?.max(CLEAR * self.usual_deviation());
        (at_s - since_s >= SETTLED_S && level < settled - limit).then_some(Reason::Decline)
    }

    /// The smoothed value at the newest sample.
    pub(super) fn level(&self) -> Option<f64> {
        self.level
    }

    /// Another scene, or another network: the level is not known any more. How far samples stray from it stays known.
    pub(super) fn restart(&mut self) {
        self.samples.clear();
        (self.out_of_line, self.level, self.settled, self.since_s) = (None, None, None, None);
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
        remember(&mut self.samples, (at_s, value));
        let level = smooth(self.samples.make_contiguous(), at_s, NEAREST).unwrap_or(value);
        self.level = Some(level);
        level
    }

    /// What one sample in ten strays further than.
    fn rare_deviation(&self) -> f64 {
        let mut sorted: Vec<f64> = self.deviations.iter().copied().collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        sorted.get(sorted.len() / ONCE_IN).copied().unwrap_or(0.0)
    }

    fn usual_deviation(&self) -> f64 {
        let deviations: Vec<f64> = self.deviations.iter().copied().collect();
        NORMAL * median(&deviations)
    }
}

fn remember<T>(memory: &mut VecDeque<T>, item: T) {
    if memory.len() == REMEMBERED {
        memory.pop_front();
    }
    memory.push_back(item);
}
