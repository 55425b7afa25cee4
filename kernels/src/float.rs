//! The forward pass in floating point: plain loops over rows, which the compiler turns into vectors.

use crate::net::{Convolution, Net};

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
    /// Of the trunk: 0 is the head, then the sums of the blocks; the last is close with the head.
    Trunk(usize),
    /// Between the two convolutions of a block.
    Inner(usize),
    Up,
    Last,
}

impl Channels {
    pub fn new(count: usize, width: usize, height: usize, border: usize) -> Self {
        let stride = width + 2 * border;
        let data = vec![0.0; count * stride * (height + 2 * border)];
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
    observe(Place::Trunk(0), &head);
    let mut trunk = head.clone();
    for (number, [first, second]) in net.blocks.iter().enumerate() {
        let mut inner = convolve(first, &trunk);
        for value in &mut inner.data {
            *value = value.max(0.0);
        }
        observe(Place::Inner(number), &inner);
        add(&mut trunk, &convolve(second, &inner));
        observe(Place::Trunk(number + 1), &trunk);
    }
    let mut features = convolve(&net.close, &trunk);
    add(&mut features, &head);
    observe(Place::Trunk(net.blocks.len() + 1), &features);
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
    for channel in 0..layer.outputs {
        for y in 0..input.height {
            let sums = output.row_mut(channel, y);
            sums.fill(layer.bias[channel]);
            for from in 0..layer.inputs {
                let half = layer.kernel / 2;
                for (line, taps) in layer.taps(channel, from).chunks_exact(layer.kernel).enumerate() {
                    let start = input.start(from, y) + line * input.stride - half * input.stride - half;
                    add_line(sums, &input.data[start..][..input.width + 2 * half], taps);
                }
            }
        }
    }
    output
}

/// Adds a row of a kernel, wherever it lies over a row of inputs.
fn add_line(sums: &mut [f32], inputs: &[f32], taps: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the machine has both.
        #[expect(unsafe_code, reason = "the compiler cannot know the machine that this will run on")]
        return unsafe { add_line_avx2(sums, inputs, taps) };
    }
    add_line_with::<false>(sums, inputs, taps);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn add_line_avx2(sums: &mut [f32], inputs: &[f32], taps: &[f32]) {
    add_line_with::<true>(sums, inputs, taps);
}

#[expect(clippy::inline_always, reason = "its vectors are those of its caller")]
#[inline(always)]
fn add_line_with<const FUSED: bool>(sums: &mut [f32], inputs: &[f32], taps: &[f32]) {
    if let [a, b, c] = *taps {
        // Nearly all kernels are 3x3: a sum is loaded and stored once for three products.
        for ((sum, left), (value, right)) in
            sums.iter_mut().zip(inputs).zip(inputs[1..].iter().zip(&inputs[2..]))
        {
            *sum = sum_of::<FUSED>(a, *left, sum_of::<FUSED>(b, *value, sum_of::<FUSED>(c, *right, *sum)));
        }
        return;
    }
    for (place, tap) in taps.iter().enumerate() {
        for (sum, value) in sums.iter_mut().zip(&inputs[place..]) {
            *sum = sum_of::<FUSED>(*tap, *value, *sum);
        }
    }
}

#[expect(clippy::inline_always, reason = "one instruction")]
#[inline(always)]
fn sum_of<const FUSED: bool>(weight: f32, value: f32, sum: f32) -> f32 {
    if FUSED { weight.mul_add(value, sum) } else { sum + weight * value }
}
