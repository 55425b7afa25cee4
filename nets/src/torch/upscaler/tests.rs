//! Serving against the definition of the net.

use media::ffmpeg::{Filter, Scaler};
use media::quality::psnr_luma;
use models::package::Metadata;
use models::{Architecture as _, FEdsrConfig, Package};
use tch::{Kind, Tensor};

use super::*;
use crate::backend::Backend as _;
use crate::error::NetErrorKind;
use crate::torch::{self, FEdsr, Torch};

/// Waves with some grain, the same everywhere.
fn textured(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let wave = ((x as f32 * 0.7).sin() + (y as f32 * 0.45 + x as f32 * 0.2).cos()) * 45.0;
            *pixel = (128.0 + wave) as u8 ^ ((x * 7 + y * 13) % 5) as u8;
        }
    }
    picture.plane_mut(media::picture::Component::Cb).fill(90);
    picture.plane_mut(media::picture::Component::Cr).fill(160);
    picture
}

/// A net whose residual is some tens of code values.
fn package(config: FEdsrConfig, last: f32) -> Package {
    let mut state = 1u32;
    let mut noise = |bound: f32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * bound
    };
    let weights: Vec<Vec<f32>> = config
        .tensors()
        .iter()
        .map(|spec| {
            let fan_in: usize = spec.shape[1..].iter().product();
            let bound = (3.0 / fan_in as f32).sqrt() * if spec.name.starts_with("last") { last } else { 1.0 };
            (0..spec.elements()).map(|_| noise(bound.min(1.0))).collect()
        })
        .collect();
    Package::write(&Metadata::new(config), &weights).unwrap()
}

fn plain(lr: &Picture, scale: u8) -> Picture {
    Scaler::new(Filter::Lanczos).scale(lr, lr.size().scaled(scale.into())).unwrap()
}

fn build(package: &Package, precision: Precision) -> Box<dyn Upscaler> {
    Torch::new(torch::Device::Cpu).upscaler(package, precision).unwrap()
}

fn enhanced(package: &Package, precision: Precision, lr: &Picture) -> Picture {
    let mut upscaler = build(package, precision);
    upscaler.warm_up(lr.size()).unwrap();
    upscaler.upscale(lr, plain(lr, package.config().scale)).unwrap()
}

fn rows(picture: &Picture) -> Vec<Vec<u8>> {
    picture.luma().rows().map(<[u8]>::to_vec).collect()
}

/// The residual by the definition, row by row, in code values.
fn defined(package: &Package, lr: &Picture) -> Vec<f32> {
    let mut weights = package.weights().iter();
    let net = FEdsr::new(package.config(), |spec| {
        let shape: Vec<i64> = spec.shape.iter().map(|&dimension| dimension as i64).collect();
        Tensor::f_from_slice(weights.next().unwrap())?.f_reshape(shape)
    })
    .unwrap();
    let luma: Vec<f32> = lr.luma().rows().flatten().map(|&value| f32::from(value) / 255.0).collect();
    let size = lr.size();
    let luma = Tensor::from_slice(&luma).reshape([1, 1, i64::from(size.height), i64::from(size.width)]);
    let residual = tch::no_grad(|| net.forward(&luma).unwrap()) * 255.0;
    Vec::try_from(residual.to_kind(Kind::Float).reshape([-1])).unwrap()
}

#[test]
fn serving_computes_what_the_definition_says() {
    for (scale, size) in [(2, "48x32"), (3, "33x17"), (4, "21x24")] {
        let config = FEdsrConfig { channels: 8, blocks: 2, scale, tail: 2 };
        let (package, lr) = (package(config, 0.2), textured(size.parse().unwrap()));
        let before = plain(&lr, scale);
        let residual = defined(&package, &lr);
        assert!(residual.iter().any(|value| value.abs() > 3.0), "the test's net does something");
        let after = enhanced(&package, Precision::F32, &lr);
        let pixels = before.luma().rows().flatten().zip(after.luma().rows().flatten()).zip(&residual);
        for ((&before, &after), &residual) in pixels {
            let expected = (f32::from(before) + residual).clamp(0.0, 255.0);
            assert!(
                (f32::from(after) - expected).abs() < 0.51,
                "x{scale}: {before} + {residual} became {after}"
            );
        }
    }
}

#[test]
fn a_net_whose_last_convolution_is_zero_is_plain_up_sampling() {
    for size in ["48x32", "31x17", "1x1"] {
        for precision in [Precision::F32, Precision::Bf16] {
            let config = FEdsrConfig::new(8, 2, 2).unwrap();
            let lr = textured(size.parse().unwrap());
            assert_eq!(rows(&enhanced(&package(config, 0.0), precision, &lr)), rows(&plain(&lr, 2)));
        }
    }
}

#[test]
fn chroma_and_properties_stay() {
    let mut lr = textured(Size { width: 32, height: 24 });
    lr.set_pts(media::time::MediaTime::from_millis(1234));
    lr.set_key(true);
    let after = enhanced(&package(FEdsrConfig::new(8, 1, 2).unwrap(), 0.2), Precision::F32, &lr);
    let before = plain(&lr, 2);
    assert_eq!((after.pts(), after.key()), (before.pts(), before.key()));
    for component in [media::picture::Component::Cb, media::picture::Component::Cr] {
        assert!(after.plane(component).rows().eq(before.plane(component).rows()));
    }
}

#[test]
fn both_precisions_agree() {
    let (package, lr) =
        (package(FEdsrConfig::new(16, 4, 2).unwrap(), 0.1), textured("64x48".parse().unwrap()));
    let single = enhanced(&package, Precision::F32, &lr);
    let half = enhanced(&package, Precision::Bf16, &lr);
    assert!(psnr_luma(&half, &single) > 48.0, "{}", psnr_luma(&half, &single));
    assert!(psnr_luma(&plain(&lr, 2), &single) < 35.0, "the test's net does something");
}

#[test]
fn wrong_sizes_and_infinite_output_are_errors() {
    let lr = textured("32x24".parse().unwrap());
    let mut upscaler = build(&package(FEdsrConfig::new(8, 1, 2).unwrap(), 0.1), Precision::F32);
    assert!(matches!(upscaler.upscale(&lr, lr.clone()), Err(NetError { kind: NetErrorKind::Pictures, .. })));
    let config = FEdsrConfig { channels: 8, blocks: 32, scale: 2, tail: 2 };
    let weights: Vec<_> = config.tensors().iter().map(|spec| vec![60000.0; spec.elements()]).collect();
    let exploding = Package::write(&Metadata::new(config), &weights).unwrap();
    let mut upscaler = build(&exploding, Precision::F32);
    assert!(matches!(upscaler.warm_up(lr.size()), Err(NetError { kind: NetErrorKind::NotFinite, .. })));
    assert!(matches!(
        upscaler.upscale(&lr, plain(&lr, 2)),
        Err(NetError { kind: NetErrorKind::NotFinite, .. })
    ));
}

#[test]
fn one_upscaler_serves_pictures_of_changing_size() {
    let package = package(FEdsrConfig::new(8, 1, 2).unwrap(), 0.1);
    let mut upscaler = build(&package, Precision::F32);
    for size in ["64x48", "32x24", "64x48"] {
        let lr = textured(size.parse().unwrap());
        let after = upscaler.upscale(&lr, plain(&lr, 2)).unwrap();
        assert_eq!(rows(&after), rows(&enhanced(&package, Precision::F32, &lr)));
    }
}
