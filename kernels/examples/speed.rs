//! How long nets take on this machine, and how close that is to what its instructions can do: `cargo run --release -p sharpcast-kernels
//! --example speed`.

#![expect(clippy::print_stdout, reason = "what it is for")]

use std::time::{Duration, Instant};

use kernels::convolve::Instructions;
use kernels::program::Luma;
use kernels::{Convolution, Net, Program, Ranges};

const WIDTH: usize = 480;
const HEIGHT: usize = 270;

fn main() {
    for (name, channels, blocks) in [("nano", 8, 2), ("mini", 16, 2), ("small", 16, 4), ("base", 32, 8)] {
        let net = net(channels, blocks);
        let luma: Vec<u8> = (0..WIDTH * HEIGHT).map(|at| (at * 7 % 251) as u8).collect();
        let mut ranges = Ranges::new(&net);
        let started = Instant::now();
        ranges.observe(&net, &luma[..WIDTH * 64], WIDTH);
        let observing = started.elapsed();
        for instructions in Instructions::available() {
            let started = Instant::now();
            let mut program = Program::new(&net, &ranges, instructions);
            program.set_reuse(None);
            let packing = started.elapsed();
            let mut large = vec![0; WIDTH * HEIGHT * 4];
            let mut best = Duration::MAX;
            let repeats = if instructions == Instructions::Portable { 1 } else { 50 };
            for _ in 0..repeats {
                let started = Instant::now();
                let luma = Luma { width: WIDTH, height: HEIGHT, stride: WIDTH, data: &luma };
                program.run(luma, &mut large, 2 * WIDTH);
                best = best.min(started.elapsed());
            }
            let work = (net.work() * WIDTH * HEIGHT) as f64 / best.as_secs_f64() / 1e9;
            println!(
                "{name} {instructions}: {best:.2?}, {work:.0} GMAC/s; packed in {packing:.2?}, ranges in {observing:.2?}"
            );
        }
    }
}

/// Weights that look like noise.
fn net(channels: usize, blocks: usize) -> Net {
    let mut seed = 1_u32;
    let mut layer = |inputs: usize, outputs: usize, kernel: usize| {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let spread = 1.0 / (inputs * kernel * kernel) as f32;
        let weight = (0..inputs * outputs * kernel * kernel).map(|_| next() * spread).collect();
        Convolution::new(inputs, outputs, kernel, weight, vec![0.1; outputs])
    };
    let tail = (channels / 4).max(2);
    Net {
        scale: 2,
        head: layer(1, channels, 5),
        blocks: (0..blocks).map(|_| [layer(channels, channels, 3), layer(channels, channels, 3)]).collect(),
        close: layer(channels, channels, 3),
        up: layer(channels, 4 * tail, 3),
        last: layer(4 * tail, 4, 3),
    }
}
