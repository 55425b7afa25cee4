//! OFRnet learns what a flow is: trained on textures that move by known amounts, it finds how far unseen ones moved, and in
//! which direction.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::f32::consts::TAU;

use learn::{Sequence, SequencePool, TcsrSettings, TcsrTrainer, cosine};
use media::picture::{Picture, Size};
use models::package::TrainingSummary;
use models::{TcsrConfig, TcsrPackage};
use nets::Device;
use nets::Precision;
use nets::torch::configure_threads;
use nets::torch::tcsr::Tcsr;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, TchError, Tensor};

const SIZE: Size = Size { width: 48, height: 48 };
const SEED: u64 = 7;
const STEPS: u32 = 400;
/// Furthest that a texture moves from picture to picture in training, in pixels, in either direction. The longest of these
/// flows come out too short after so few steps, so that shorter ones are judged.
const REACH: f32 = 4.0;
/// Pixels at the border that do not count: what moved in from outside cannot be found.
const BORDER: i64 = 8;

/// Unseen textures that a flow is the median of.
const TEXTURES: usize = 8;

/// A smooth texture: waves in all directions, each much longer than twice what it moves.
struct Texture {
    waves: Vec<[f32; 3]>,
}

impl Texture {
    fn new(random: &mut impl Rng) -> Self {
        let wave = |_| {
            let (angle, length) = (random.random_range(0.0..TAU), random.random_range(16.0..22.0));
            let frequency = TAU / length;
            [frequency * f32::cos(angle), frequency * f32::sin(angle), random.random_range(0.0..TAU)]
        };
        Self { waves: (0..8).map(wave).collect() }
    }

    /// The texture moved right by `u` and down by `v`.
    fn moved(&self, u: f32, v: f32) -> Picture {
        let mut picture = Picture::new(SIZE);
        for (y, row) in picture.luma_mut().rows_mut().enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let (x, y) = (x as f32 - u, y as f32 - v);
                let wave = |[a, b, phase]: &[f32; 3]| (a * x + b * y + phase).sin();
                *pixel = (128.0 + 25.0 * self.waves.iter().map(wave).sum::<f32>()).round() as u8;
            }
        }
        picture
    }

    /// Three pictures, each moved from the one before.
    fn moving(&self, u: f32, v: f32) -> Vec<Picture> {
        [-1.0, 0.0, 1.0].map(|time| self.moved(time * u, time * v)).into()
    }
}

fn sequence(random: &mut impl Rng) -> Sequence {
    let (u, v) = (random.random_range(-REACH..REACH), random.random_range(-REACH..REACH));
    let shown = Texture::new(random).moving(u, v);
    Sequence { originals: shown.clone(), shown }
}

/// There is nothing to add to any picture, so that only the flow is learnt.
fn trained(random: &mut impl Rng) -> TcsrPackage {
    let mut pool = SequencePool::new(1);
    (0..128).for_each(|_| pool.push(&sequence(random)).unwrap());
    let settings = TcsrSettings {
        precision: Precision::F32,
        batch: 8,
        patch: 32,
        warm_up: 20,
        alpha: 1.0,
        beta: 1.0,
        average: 0.95,
        ..TcsrSettings::new(TcsrConfig { channels: 1, flow: 16, blocks: 1, radius: 1 }, Device::Cpu, SEED)
    };
    let mut trainer = TcsrTrainer::new(settings, None).unwrap();
    for step in 0..STEPS {
        trainer.step(&pool, 5e-3 * cosine(f64::from(step) / f64::from(STEPS))).unwrap();
    }
    let summary =
        TrainingSummary { pairs: 0, steps: trainer.steps(), seconds: 0.0, psnr_before: 0.0, psnr_after: 0.0 };
    trainer.package(summary).unwrap()
}

fn net(package: &TcsrPackage) -> Tcsr {
    let mut weights = package.weights().iter();
    let net = Tcsr::new(package.config(), |spec| {
        let shape: Vec<i64> = spec.shape.iter().map(|&side| side as i64).collect();
        Tensor::f_from_slice(weights.next().unwrap())?.f_reshape(shape)
    });
    net.unwrap_or_else(|error: TchError| panic!("{error}"))
}

/// Median flow `[u, v]` from the middle pictures to either neighbour, in pixels.
fn flows(net: &Tcsr, clips: &[Vec<Picture>]) -> Vec<[f32; 2]> {
    let pictures = || clips.iter().flatten();
    let lumas: Vec<u8> = pictures().flat_map(luma).collect();
    let (height, width) = (i64::from(SIZE.height), i64::from(SIZE.width));
    let lumas = Tensor::from_slice(&lumas).reshape([clips.len() as i64, 3, height, width]);
    let output = tch::no_grad(|| net.forward(&(lumas.to_kind(Kind::Float) / 255.0), Kind::Float).unwrap());
    let inner =
        |plane: Tensor| plane.narrow(1, BORDER, height - 2 * BORDER).narrow(2, BORDER, width - 2 * BORDER);
    let median = |plane: Tensor| inner(plane).median().double_value(&[]) as f32;
    let flow = |flow: &Tensor| [median(flow.select(1, 0)), median(flow.select(1, 1))];
    output.neighbours.iter().map(|neighbour| flow(&neighbour.flow)).collect()
}

fn luma(picture: &Picture) -> Vec<u8> {
    picture.luma().rows().flatten().copied().collect()
}

#[test]
fn a_flow_points_to_where_unseen_textures_moved() {
    configure_threads(1);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let net = net(&trained(&mut random));
    for (u, v) in [(0.0, 0.0), (1.5, -0.5), (-2.0, 1.0), (0.5, 2.5), (-2.5, 1.5)] {
        let clips: Vec<_> = (0..TEXTURES).map(|_| Texture::new(&mut random).moving(u, v)).collect();
        for (found, expected) in flows(&net, &clips).iter().zip([[-u, -v], [u, v]]) {
            println!("{found:?} for {expected:?}");
            let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.5);
            assert!(near, "{found:?} for {expected:?}");
        }
    }
}
