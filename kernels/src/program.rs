//! A net that runs: packed for kernels, with its buffers.

use crate::convolve::{Instructions, Layer};
use crate::net::Net;
use crate::plane::Plane;
use crate::quantise::{Coding, Finish, Quantised};
use crate::ranges::Ranges;
use crate::residual;

/// A net in 8 bits. Buffers are made with the first picture of a size, and used for all that follow.
#[derive(Debug)]
pub struct Program {
    instructions: Instructions,
    scale: usize,
    codings: Codings,
    head: Quantised,
    blocks: Vec<[Quantised; 2]>,
    close: Quantised,
    up: Quantised,
    last: Quantised,
    ready: Option<Ready>,
}

/// How the bytes of each tensor are read.
#[derive(Debug)]
struct Codings {
    trunk: Coding,
    inner: Vec<Coding>,
    up: Coding,
}

/// What belongs to one size of pictures.
#[derive(Debug)]
struct Ready {
    picture: Plane,
    /// What the head makes, which is wanted again at the end.
    head: Plane,
    trunk: Plane,
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
        let codings = Codings {
            trunk: Coding::of(&ranges.trunk),
            inner: ranges.inner.iter().map(|ranges| Coding::of(ranges)).collect(),
            up: Coding::of(&ranges.up),
        };
        let Codings { trunk, inner, up } = &codings;
        let blocks = net.blocks.iter().zip(inner).map(|([first, second], inner)| {
            [
                Quantised::new(first, trunk, inner, Finish::Byte),
                Quantised::new(second, inner, trunk, Finish::Add),
            ]
        });
        Self {
            instructions,
            scale: net.scale,
            head: Quantised::head(&net.head, trunk),
            blocks: blocks.collect(),
            close: Quantised::new(&net.close, trunk, trunk, Finish::Add),
            up: Quantised::new(&net.up, trunk, up, Finish::Byte),
            last: Quantised::new(&net.last, up, up, Finish::Signed),
            codings,
            ready: None,
        }
    }

    /// Adds what the net makes of `luma` (rows `stride` apart, `width` by `height`) to `large`, a plane of `scale` times the size whose
    /// rows are `large_stride` apart. Panics if a plane is smaller than that.
    pub fn run(&mut self, luma: Luma<'_>, large: &mut [u8], large_stride: usize) {
        let Luma { width, height, stride, data } = luma;
        let scale = self.scale;
        assert!(
            width > 0 && height > 0 && stride >= width && data.len() >= stride * (height - 1) + width,
            "luma"
        );
        assert!(
            large_stride >= width * scale
                && large.len() >= large_stride * (height * scale - 1) + width * scale,
            "large"
        );
        let ready = match self.ready.take() {
            Some(ready) if ready.picture.width == width && ready.picture.height == height => ready,
            _ => self.prepare(width, height),
        };
        let ready = self.ready.insert(ready);
        for (y, row) in data.chunks(stride).take(height).enumerate() {
            ready.picture.spread(y, &row[..width]);
        }
        ready.run(self.instructions);
        for y in 0..height {
            residual::add_row(&ready.last, y, scale, &mut large[y * scale * large_stride..], large_stride);
        }
    }

    fn prepare(&self, width: usize, height: usize) -> Ready {
        let plane =
            |layer: &Quantised, coding: &Coding| Plane::new(width, height, 4 * layer.groups, 1, coding);
        let Codings { trunk, inner, up } = &self.codings;
        let picture = Plane::new(width, height, 4, 2, &Coding::codes());
        let head = plane(&self.head, trunk);
        let inners: Vec<Plane> =
            self.blocks.iter().zip(inner).map(|([first, _], coding)| plane(first, coding)).collect();
        let up_plane = plane(&self.up, up);
        let blocks = self.blocks.iter().zip(&inners).map(|([first, second], inner)| {
            [Layer::new(first.clone(), &head), Layer::new(second.clone(), inner)]
        });
        let layers = Layers {
            head: Layer::new(self.head.clone(), &picture),
            blocks: blocks.collect(),
            close: Layer::new(self.close.clone(), &head),
            up: Layer::new(self.up.clone(), &head),
            last: Layer::new(self.last.clone(), &up_plane),
        };
        let last = plane(&self.last, &Coding { scale: vec![1.0], zero: vec![0] });
        Ready { trunk: head.clone(), picture, head, inner: inners, up: up_plane, last, layers }
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
    fn run(&mut self, with: Instructions) {
        let Self { picture, head, trunk, inner, up, last, layers } = self;
        let height = picture.height;
        let plane = |layer: &Layer, input: &Plane, output: &mut Plane| {
            for y in 0..height {
                layer.row(with, input, output, y);
            }
        };
        plane(&layers.head, picture, head);
        trunk.copy_from(head);
        for ([first, second], inner) in layers.blocks.iter().zip(inner) {
            plane(first, trunk, inner);
            plane(second, inner, trunk);
        }
        plane(&layers.close, trunk, head);
        plane(&layers.up, head, up);
        plane(&layers.last, up, last);
    }
}
