use media::ffmpeg::{Filter, Scaler};
use media::quality::psnr_luma;
use models::package::Metadata;
use models::{Preset, stock};

use super::*;
use crate::native::Native;
use crate::native::pattern::pattern;

const SIZE: Size = Size { width: 208, height: 122 };

/// Something like a picture: soft shapes and some edges.
fn scene(seed: usize) -> Picture {
    let mut picture = Picture::new(SIZE);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        for (x, code) in row.iter_mut().enumerate() {
            let soft = 50.0 * ((x + seed) as f32 / 17.0).sin() + 40.0 * (y as f32 / 11.0).cos();
            let edge = if (x + 2 * y + seed) % 60 < 20 { 40.0 } else { 0.0 };
            *code = (110.0 + soft + edge) as u8;
        }
    }
    picture
}

fn lanczos(lr: &Picture, scale: u8) -> Picture {
    Scaler::new(Filter::Lanczos).scale(lr, lr.size().scaled(scale.into())).unwrap()
}

fn native(package: &Package) -> NativeUpscaler {
    NativeUpscaler::build(package, Instructions::best(), Some(0), None).unwrap()
}

#[test]
#[cfg(feature = "torch")]
fn stock_nets_make_nearly_what_libtorch_makes() {
    for preset in [Preset::Nano, Preset::Mini, Preset::Small] {
        let package = stock::package(preset).unwrap();
        let torch = crate::torch::Torch::new(crate::Device::Cpu);
        let mut exact = torch.upscaler(&package, Precision::F32).unwrap();
        let mut net = native(&package);
        for seed in [0, 40] {
            let lr = scene(seed);
            let plain = lanczos(&lr, 2);
            let expected = exact.upscale(&lr, plain.clone()).unwrap();
            let found = net.upscale(&lr, plain.clone()).unwrap();
            let likeness = psnr_luma(&found, &expected);
            // What the net does is far more than what eight bits change.
            let change = psnr_luma(&expected, &plain);
            assert!(
                likeness > 52.0 && likeness > change + 8.0,
                "{preset}: {likeness:.1} dB, the net changes {change:.1} dB"
            );
            assert_eq!(net.precision(), Precision::Int8);
        }
    }
}

#[test]
fn a_net_that_changes_nothing_changes_nothing() {
    for scale in 2..=4 {
        let config = FEdsrConfig::new(8, 1, scale).unwrap();
        let mut weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.03; spec.elements()]).collect();
        let last = weights.len() - 2;
        for tensor in &mut weights[last..] {
            tensor.fill(0.0);
        }
        let package = Package::write(&Metadata::new(config), &weights).unwrap();
        let lr = scene(3);
        let plain = lanczos(&lr, scale);
        let found = native(&package).upscale(&lr, plain.clone()).unwrap();
        assert!(found.luma().rows().eq(plain.luma().rows()), "x{scale}");
    }
}

#[test]
fn pictures_of_another_size_are_refused() {
    let mut net = native(&stock::package(Preset::Nano).unwrap());
    let lr = scene(0);
    let error = net.upscale(&lr, lr.clone()).unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Pictures);
    assert!(net.upscale(&lr, lanczos(&lr, 2)).is_ok(), "the next picture is none the worse");
}

/// A net whose first two features are the same, and cancel each other out in all that follows: of the weights beside theirs eight bits
/// leave nothing.
fn coarse() -> Package {
    let package = stock::package(Preset::Nano).unwrap();
    let channels = usize::from(package.config().channels);
    let mut weights = package.weights().to_vec();
    let [head, bias, ..] = &mut weights[..] else { unreachable!() };
    head.copy_within(..25, 25);
    bias[1] = bias[0];
    // Kernels are followed by their biases; `body.0.conv1` is the second of them.
    for output in weights[2].chunks_exact_mut(channels * 9) {
        output[4] += 300.0;
        output[9 + 4] -= 300.0;
    }
    Package::write(&Metadata::new(package.config()), &weights).unwrap()
}

#[test]
fn what_does_not_bear_eight_bits_is_refused_or_runs_elsewhere() {
    let lr = scene(0);
    let error = native(&coarse()).upscale(&lr, lanczos(&lr, 2)).unwrap_err();
    assert!(error.to_string().contains("does not bear 8 bits"), "{error}");
    #[cfg(feature = "torch")]
    {
        let beside = Native::new(Some(Box::new(crate::torch::Torch::new(crate::Device::Cpu))), Some(0));
        let mut net = beside.upscaler(&coarse(), Precision::Auto).unwrap();
        let plain = lanczos(&lr, 2);
        let found = net.upscale(&lr, plain.clone()).unwrap();
        assert_ne!(net.precision(), Precision::Int8);
        let mut exact = beside.upscaler(&coarse(), Precision::F32).unwrap();
        assert!(psnr_luma(&found, &exact.upscale(&lr, plain).unwrap()) > 35.0);
    }
}

#[test]
fn ranges_follow_the_stream() {
    let package = stock::package(Preset::Nano).unwrap();
    let mut net = native(&package);
    let dark = {
        let mut picture = scene(0);
        for row in picture.luma_mut().rows_mut() {
            for code in row {
                *code /= 8;
            }
        }
        picture
    };
    for _ in 0..FIRST_LOOKS {
        net.upscale(&dark, lanczos(&dark, 2)).unwrap();
    }
    let bright = pattern(SIZE);
    let plain = lanczos(&bright, 2);
    let before = net.upscale(&bright, plain.clone()).unwrap();
    while net.pictures <= A_WHILE {
        net.upscale(&bright, plain.clone()).unwrap();
    }
    let after = net.upscale(&bright, plain.clone()).unwrap();
    let mut fresh = native(&package);
    for _ in 0..FIRST_LOOKS {
        fresh.upscale(&bright, plain.clone()).unwrap();
    }
    let expected = fresh.upscale(&bright, plain).unwrap();
    let before = psnr_luma(&before, &expected);
    let after = psnr_luma(&after, &expected);
    assert!(after > before + 1.0, "{before:.1} dB, and {after:.1} dB after it looked");
}

#[test]
fn the_time_of_a_picture_is_measured() {
    let backend = Native::new(None, Some(0));
    let nano = backend.time_to_upscale(Preset::Nano.config(2).unwrap(), SIZE).unwrap();
    let base = backend.time_to_upscale(Preset::Base.config(2).unwrap(), SIZE).unwrap();
    assert!(nano < base, "{nano:?} and {base:?}");
}
