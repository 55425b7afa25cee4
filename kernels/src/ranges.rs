//! Which values each channel takes.

use crate::float::{Channels, Place, forward};
use crate::net::Net;

/// The share of values at either end that may be cut off: a single bright pixel must not cost all others their resolution.
const CUT: f64 = 0.0001;

/// Of a channel: from the least to the largest value; zero is always between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub least: f32,
    pub most: f32,
}

/// Of every tensor, by channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    pub trunk: Vec<Range>,
    pub inner: Vec<Vec<Range>>,
    pub up: Vec<Range>,
}

impl Range {
    const NONE: Self = Self { least: 0.0, most: 0.0 };

    fn of(values: &mut [f32]) -> Self {
        let cut = (values.len() as f64 * CUT) as usize;
        let last = values.len() - 1;
        let (_, least, _) = values.select_nth_unstable_by(cut, f32::total_cmp);
        let least = least.min(0.0);
        let (_, most, _) = values.select_nth_unstable_by(last - cut, f32::total_cmp);
        Self { least, most: most.max(0.0) }
    }

    fn widen(&mut self, other: Self) {
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }
}

impl Ranges {
    /// None yet.
    pub fn new(net: &Net) -> Self {
        let none = |count: usize| vec![Range::NONE; count];
        Self {
            trunk: none(net.head.outputs),
            inner: net.blocks.iter().map(|[first, _]| none(first.outputs)).collect(),
            up: none(net.up.outputs),
        }
    }

    /// Runs the net on a picture, `width` wide and without gaps, and widens the ranges by what it sees. Whether all of it was finite.
    pub fn observe(&mut self, net: &Net, luma: &[u8], width: usize) -> bool {
        let mut finite = true;
        let mut values = Vec::new();
        let last = forward(net, luma, width, |place, channels| {
            let ranges = match place {
                Place::Trunk => &mut self.trunk,
                Place::Inner(number) => &mut self.inner[number],
                Place::Up => &mut self.up,
                Place::Last => return,
            };
            for (channel, range) in ranges.iter_mut().enumerate() {
                gather(channels, channel, &mut values);
                finite &= values.iter().all(|value| value.is_finite());
                range.widen(Range::of(&mut values));
            }
        });
        gather(&last, 0, &mut values);
        finite && values.iter().all(|value| value.is_finite())
    }
}

fn gather(channels: &Channels, channel: usize, values: &mut Vec<f32>) {
    values.clear();
    for y in 0..channels.height() {
        values.extend_from_slice(channels.row(channel, y));
    }
}
