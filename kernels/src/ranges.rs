//! Which values each channel takes.

use crate::float::{Channels, Place, forward};
use crate::net::Net;

/// Of a channel: from the least to the largest value; zero is always between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub least: f32,
    pub most: f32,
}

/// Of every tensor, by channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// Head, sums of the blocks, close with the head.
    pub trunk: Vec<Vec<Range>>,
    pub inner: Vec<Vec<Range>>,
    pub up: Vec<Range>,
}

impl Range {
    const NONE: Self = Self { least: 0.0, most: 0.0 };

    fn of(values: &[f32]) -> Self {
        let mut range = Self::NONE;
        for value in values {
            range.least = range.least.min(*value);
            range.most = range.most.max(*value);
        }
        range
    }

    fn widen(&mut self, other: Self) {
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }
}

impl Ranges {
    /// All tensors.
    pub(crate) fn tensors_mut(&mut self) -> impl Iterator<Item = &mut Vec<Range>> {
        self.trunk.iter_mut().chain(&mut self.inner).chain([&mut self.up])
    }

    /// None yet.
    pub fn new(net: &Net) -> Self {
        let none = |count: usize| vec![Range::NONE; count];
        Self {
            trunk: vec![none(net.head.outputs); net.blocks.len() + 2],
            inner: net.blocks.iter().map(|[first, _]| none(first.outputs)).collect(),
            up: none(net.up.outputs),
        }
    }

    /// Whether a value lies outside of `other`.
    pub fn exceed(&self, other: &Self) -> bool {
        let all = |ranges: &Self| -> Vec<Range> {
            ranges.trunk.iter().chain(&ranges.inner).flatten().chain(&ranges.up).copied().collect()
        };
        let beyond = |(own, other): (Range, Range)| own.least < other.least || own.most > other.most;
        all(self).into_iter().zip(all(other)).any(beyond)
    }

    /// All of them multiplied.
    #[must_use]
    pub fn widened(&self, factor: f32) -> Self {
        let mut wider = self.clone();
        for range in wider.tensors_mut().flatten() {
            *range = Range { least: range.least * factor, most: range.most * factor };
        }
        wider
    }

    /// Runs the net on a picture, `width` wide and without gaps, and widens the ranges by what it sees. Answers what the net makes of it;
    /// `None` if not all was finite.
    pub fn observe(&mut self, net: &Net, luma: &[u8], width: usize) -> Option<Channels> {
        let mut finite = true;
        let last = forward(net, luma, width, |place, channels| {
            let rows = |channel: usize| (0..channels.height()).map(move |y| channels.row(channel, y));
            finite &= (0..channels.channels()).flat_map(rows).flatten().all(|value| value.is_finite());
            let ranges = match place {
                Place::Trunk(number) => &mut self.trunk[number],
                Place::Inner(number) => &mut self.inner[number],
                Place::Up => &mut self.up,
                Place::Last => return,
            };
            for (channel, range) in ranges.iter_mut().enumerate() {
                rows(channel).for_each(|row| range.widen(Range::of(row)));
            }
        });
        finite.then_some(last)
    }
}
