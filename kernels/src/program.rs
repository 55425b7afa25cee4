//! A net that runs: packed for kernels, with its buffers.

use std::sync::Arc;

use crate::change::Change;
use crate::convolve::{Instructions, Layer};
use crate::net::Net;
use crate::plane::Plane;
use crate::quantise::{Coding, GROUP, Quantised};
use crate::ranges::{Range, Ranges};
use crate::residual;

/// The share of pixels that may lie at the end of a range; more, and the range was too narrow.
const CUT_OFF: f64 = 0.00005;

/// What is added to a range that was too narrow, at the end where it was, as a share of it.
const WIDER: f32 = 0.25;

/// A net in 8 bits. Buffers are made with the first picture of a size, and used for all that follow.
#[derive(Debug)]
pub struct Program {
    instructions: Instructions,
    scale: usize,
    codings: Codings,
    head: Arc<Quantised>,
    blocks: Vec<[Arc<Quantised>; 2]>,
    close: Arc<Quantised>,
    up: Arc<Quantised>,
    last: Arc<Quantised>,
    reuse: Option<u8>,
    ready: Option<Ready>,
}

/// How the bytes of each tensor are read.
#[derive(Debug)]
struct Codings {
    trunk: Vec<Coding>,
    inner: Vec<Coding>,
    up: Coding,
}

/// What belongs to one size of pictures. Every plane keeps what it has from the picture before, so that only what changes is computed.
#[derive(Debug)]
struct Ready {
    /// What the planes were made of; none yet.
    seen: Option<Vec<u8>>,
    change: Change,
    picture: Plane,
    trunk: Vec<Plane>,
    inner: Vec<Plane>,
    up: Plane,
    last: Plane,
    layers: Layers,
}

#[derive(Debug)]
struct Layers {
    head: Layer,
    blocks: Vec<[Layer; 2]>,
    close: Layer,
    up: Layer,
    last: Layer,
}

impl Program {
    /// Packs a net whose tensors have these ranges.
    pub fn new(net: &Net, ranges: &Ranges, instructions: Instructions) -> Self {
        let all = |ranges: &[Vec<Range>]| ranges.iter().map(|ranges| Coding::of(ranges)).collect();
        let codings =
            Codings { trunk: all(&ranges.trunk), inner: all(&ranges.inner), up: Coding::of(&ranges.up) };
        let Codings { trunk, inner, up } = &codings;
        let blocks = net.blocks.iter().enumerate().map(|(number, [first, second])| {
            let before = &trunk[number];
            let inner = &inner[number];
            [
                Quantised::new(first, before, inner).into(),
                Quantised::sum(second, inner, before, &trunk[number + 1]).into(),
            ]
        });
        let [head, .., deepest, features] = &trunk[..] else { unreachable!("a net has blocks") };
        Self {
            instructions,
            scale: net.scale,
            head: Quantised::head(&net.head, head).into(),
            blocks: blocks.collect(),
            close: Quantised::sum(&net.close, deepest, head, features).into(),
            up: Quantised::new(&net.up, features, up).into(),
            last: Quantised::last(&net.last, up).into(),
            codings,
            reuse: Some(0),
            ready: None,
        }
    }

    /// What is made of pixels that stay the same is not computed again; pixels that are no further than this from what they were then
    /// count as the same. `None`: everything is computed for every picture.
    pub fn set_reuse(&mut self, tolerance: Option<u8>) {
        self.reuse = tolerance;
    }

    /// Adds what the net makes of `luma` (rows `stride` apart, `width` by `height`) to `large`, a plane of `scale` times the size whose
    /// rows are `large_stride` apart. Panics if a plane is smaller than that.
    pub fn run(&mut self, luma: Luma<'_>, large: &mut [u8], large_stride: usize) {
        let Luma { width, height, stride, data } = luma;
        let scale = self.scale;
        assert!(
            width > 0 && height > 0 && stride >= width && data.len() >= stride * (height - 1) + width,
            "the luma has {width}x{height} pixels"
        );
        assert!(
            large_stride >= width * scale
                && large.len() >= large_stride * (height * scale - 1) + width * scale,
            "the large picture has {scale} times as many each way"
        );
        let ready = match self.ready.take() {
            Some(ready) if ready.picture.width == width && ready.picture.height == height => ready,
            _ => self.prepare(width, height),
        };
        let ready = self.ready.insert(ready);
        ready.look(luma, self.reuse);
        ready.run(self.instructions);
        for y in 0..height {
            residual::add_row(&ready.last, y, scale, &mut large[y * scale * large_stride..], large_stride);
        }
    }

    fn prepare(&self, width: usize, height: usize) -> Ready {
        let plane = |coding: &Coding| Plane::new(width, height, coding.scale.len(), 1, coding);
        let Codings { trunk, inner, up } = &self.codings;
        let picture = Plane::new(width, height, 1, 2, &Coding::codes());
        let trunk: Vec<Plane> = trunk.iter().map(plane).collect();
        let inner: Vec<Plane> = inner.iter().map(plane).collect();
        let up = plane(up);
        let blocks = self.blocks.iter().zip(&trunk).zip(&inner);
        let blocks = blocks
            .map(|(([first, second], trunk), inner)| [Layer::new(first, trunk), Layer::new(second, inner)]);
        let layers = Layers {
            head: Layer::new(&self.head, &picture),
            blocks: blocks.collect(),
            close: Layer::new(&self.close, &trunk[0]),
            up: Layer::new(&self.up, &trunk[0]),
            last: Layer::new(&self.last, &up),
        };
        let last = Plane::new(width, height, GROUP * self.last.groups, 1, &Coding::residuals(0));
        let change = Change::new(width, height);
        Ready { seen: None, change, picture, trunk, inner, up, last, layers }
    }

    /// Looks for values of the last picture that lay outside of their ranges, and widens those: `ranges` are the ones that this was
    /// packed with. Whether there were any; then it is to be packed again.
    pub fn widen(&self, ranges: &mut Ranges) -> bool {
        let Some(ready) = &self.ready else { return false };
        let planes = ready.trunk.iter().chain(&ready.inner).chain([&ready.up]);
        let Codings { trunk, inner, up } = &self.codings;
        let codings = trunk.iter().chain(inner).chain([up]);
        let mut found = false;
        for ((plane, coding), ranges) in planes.zip(codings).zip(ranges.tensors_mut()) {
            let most = (plane.width * plane.height) as f64 * CUT_OFF;
            for group in 0..plane.groups {
                let low = plane.count(group, 0);
                let high = plane.count(group, 255);
                for (channel, range) in ranges.iter_mut().enumerate().skip(group * GROUP).take(GROUP) {
                    let zero = coding.zero[channel];
                    let step = (range.most - range.least) * WIDER;
                    // Where a range ends with zero, nothing is cut off: it is a ReLU's, or a border's.
                    if zero > 0 && low[channel % GROUP] as f64 > most {
                        range.least -= step;
                        found = true;
                    }
                    if zero < 255 && high[channel % GROUP] as f64 > most {
                        range.most += step;
                        found = true;
                    }
                }
            }
        }
        found
    }
}

/// Luma of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Luma<'a> {
    pub width: usize,
    pub height: usize,
    /// Bytes from a row to the next.
    pub stride: usize,
    pub data: &'a [u8],
}

impl Ready {
    /// Takes what has changed into the picture.
    fn look(&mut self, luma: Luma<'_>, reuse: Option<u8>) {
        let Luma { width, height, stride, data } = luma;
        let rows = || data.chunks(stride).take(height).map(|row| &row[..width]);
        match (&mut self.seen, reuse) {
            (Some(seen), Some(tolerance)) => self.change.look(data, stride, seen, tolerance),
            (seen, _) => {
                self.change.fill();
                let seen = seen.get_or_insert_default();
                seen.clear();
                rows().for_each(|row| seen.extend_from_slice(row));
            }
        }
        let seen = self.seen.iter().flat_map(|seen| seen.chunks_exact(width));
        for (y, row) in seen.enumerate().take(height) {
            if self.change.runs(y).next().is_some() {
                self.picture.spread(y, row);
            }
        }
    }

    fn run(&mut self, with: Instructions) {
        let Self { change, picture, trunk, inner, up, last, layers, .. } = self;
        let height = picture.height;
        let mut plane = |layer: &Layer, input: &Plane, before: Option<&Plane>, output: &mut Plane| {
            // Sums add what changes no further than what is convolved.
            change.grow(layer.half());
            for y in 0..height {
                for vectors in change.runs(y) {
                    layer.row(with, input, before, output, y, vectors);
                }
            }
        };
        plane(&layers.head, picture, None, &mut trunk[0]);
        for (number, ([first, second], inner)) in layers.blocks.iter().zip(inner).enumerate() {
            let (before, after) = trunk.split_at_mut(number + 1);
            plane(first, &before[number], None, inner);
            plane(second, inner, Some(&before[number]), &mut after[0]);
        }
        let (sums, features) = trunk.split_at_mut(layers.blocks.len() + 1);
        let deepest = &sums[layers.blocks.len()];
        plane(&layers.close, deepest, Some(&sums[0]), &mut features[0]);
        plane(&layers.up, &features[0], None, up);
        plane(&layers.last, up, None, last);
    }
}
