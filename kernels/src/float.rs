//! The forward pass in floating point. Plain loops over short arrays, which the compiler turns into vectors of whatever width there is.

use crate::net::{Convolution, Net};

/// Pixels and outputs that are summed at a time: what fits into the registers.
const PIXELS: usize = 32;
const OUTPUTS: usize = 4;

/// Channels of a picture, one behind the other, each with zeros around it.
#[derive(Debug, Clone)]
pub struct Channels {
    width: usize,
    height: usize,
    count: usize,
    /// Zeros on either side, and above and below.
    border: usize,
    stride: usize,
    data: Vec<f32>,
}

/// Where in the net a tensor has been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of the trunk: head, sums, close.
    Trunk,
    /// Between the two convolutions of a block.
    Inner(usize),
    Up,
    Last,
}

impl Channels {
    pub fn new(count: usize, width: usize, height: usize, border: usize) -> Self {
        // Whole vectors may be read behind the last pixel.
        let stride = width.next_multiple_of(PIXELS) + 2 * border;
        let data = vec![0.0; count * stride * (height + 2 * border) + PIXELS];
        Self { width, height, count, border, stride, data }
    }

    pub fn row(&self, channel: usize, y: usize) -> &[f32] {
        &self.data[self.start(channel, y)..][..self.width]
    }

    pub fn row_mut(&mut self, channel: usize, y: usize) -> &mut [f32] {
        let start = self.start(channel, y);
        &mut self.data[start..][..self.width]
    }

    pub fn channels(&self) -> usize {
        self.count
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Of the first pixel of a row.
    fn start(&self, channel: usize, y: usize) -> usize {
        (channel * (self.height + 2 * self.border) + y + self.border) * self.stride + self.border
    }
}

/// Luma, `width` wide and without gaps, through the net. `observe` sees every tensor that is made.
pub fn forward(net: &Net, luma: &[u8], width: usize, mut observe: impl FnMut(Place, &Channels)) -> Channels {
    let height = luma.len() / width;
    let mut picture = Channels::new(1, width, height, 2);
    for (y, row) in luma.chunks_exact(width).enumerate() {
        for (value, &code) in picture.row_mut(0, y).iter_mut().zip(row) {
            *value = f32::from(code);
        }
    }
    let head = convolve(&net.head, &picture);
    observe(Place::Trunk, &head);
    let mut trunk = head.clone();
    for (number, [first, second]) in net.blocks.iter().enumerate() {
        let mut inner = convolve(first, &trunk);
        for value in &mut inner.data {
            *value = value.max(0.0);
        }
        observe(Place::Inner(number), &inner);
        add(&mut trunk, &convolve(second, &inner));
        observe(Place::Trunk, &trunk);
    }
    let mut features = convolve(&net.close, &trunk);
    add(&mut features, &head);
    observe(Place::Trunk, &features);
    let up = convolve(&net.up, &features);
    observe(Place::Up, &up);
    let last = convolve(&net.last, &up);
    observe(Place::Last, &last);
    last
}

fn add(sum: &mut Channels, other: &Channels) {
    for channel in 0..sum.count {
        for y in 0..sum.height {
            for (value, other) in sum.row_mut(channel, y).iter_mut().zip(other.row(channel, y)) {
                *value += other;
            }
        }
    }
}

fn convolve(layer: &Convolution, input: &Channels) -> Channels {
    // One border for all: the widest kernel that follows is 3x3.
    let mut output = Channels::new(layer.outputs, input.width, input.height, 1);
    for first in (0..layer.outputs).step_by(OUTPUTS) {
        for y in 0..input.height {
            for x in (0..input.width).step_by(PIXELS) {
                let sums = tile(layer, input, first, y, x);
                for (sums, channel) in sums.iter().zip(first..layer.outputs) {
                    let length = PIXELS.min(input.width - x);
                    output.row_mut(channel, y)[x..x + length].copy_from_slice(&sums[..length]);
                }
            }
        }
    }
    output
}

fn tile(layer: &Convolution, input: &Channels, first: usize, y: usize, x: usize) -> [[f32; PIXELS]; OUTPUTS] {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the machine has both.
            #[expect(unsafe_code, reason = "the compiler cannot know the machine that this will run on")]
            return unsafe { tile_avx2(layer, input, first, y, x) };
        }
    }
    sums(layer, input, first, y, x, |weight, value, sum| sum + weight * value)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn tile_avx2(
    layer: &Convolution,
    input: &Channels,
    first: usize,
    y: usize,
    x: usize,
) -> [[f32; PIXELS]; OUTPUTS] {
    sums(layer, input, first, y, x, f32::mul_add)
}

#[inline(always)]
fn sums(
    layer: &Convolution,
    input: &Channels,
    first: usize,
    y: usize,
    x: usize,
    add: impl Fn(f32, f32, f32) -> f32,
) -> [[f32; PIXELS]; OUTPUTS] {
    let outputs = OUTPUTS.min(layer.outputs - first);
    let mut sums = [[0.0; PIXELS]; OUTPUTS];
    for (sums, bias) in sums.iter_mut().zip(&layer.bias[first..]) {
        sums.fill(*bias);
    }
    let half = layer.kernel / 2;
    for channel in 0..layer.inputs {
        for tap in 0..layer.kernel * layer.kernel {
            let row = input.start(channel, y) + x + tap % layer.kernel - half;
            let row = row + tap / layer.kernel * input.stride - half * input.stride;
            let values = &input.data[row..][..PIXELS];
            for (output, sums) in sums.iter_mut().enumerate().take(outputs) {
                let weight = layer.taps(first + output, channel)[tap];
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum = add(weight, value, *sum);
                }
            }
        }
    }
    sums
}
