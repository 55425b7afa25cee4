//! Refining against the definition of the net, and what happens to pictures that do not fit it.

use media::picture::{Colour, Component, Range};
use media::quality::psnr_luma;
use media::time::MediaTime;
use models::Architecture as _;
use models::package::Metadata;

use super::*;
use crate::backend::Backend as _;
use crate::torch::{self, Torch, configure_threads};

const CONFIG: TcsrConfig = TcsrConfig { channels: 8, flow: 4, blocks: 2, radius: 1 };

/// A grainy texture that moves by two pixels from picture to picture, with chroma of its own.
fn pictures(size: Size, count: usize) -> Vec<Picture> {
    let picture = |time: usize| {
        let mut picture = Picture::new(size);
        for (y, row) in picture.luma_mut().rows_mut().enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let x = x + 2 * time;
                let wave = ((x as f32 * 0.7).sin() + (y as f32 * 0.45 + x as f32 * 0.2).cos()) * 45.0;
                *pixel = (128.0 + wave) as u8 ^ ((x * 7 + y * 13) % 5) as u8;
            }
        }
        picture.plane_mut(Component::Cb).fill(90 + time as u8);
        picture.plane_mut(Component::Cr).fill(160 + time as u8);
        picture.set_pts(MediaTime::from_millis(1000 + 40 * time as i64));
        picture
    };
    (0..count).map(picture).collect()
}

/// A net whose residual is some tens of code values times `last`.
fn package(config: TcsrConfig, last: f32) -> TcsrPackage {
    let mut state = 1u32;
    let mut noise = |bound: f32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * bound
    };
    written(config, |name, fan_in| {
        noise((3.0 / fan_in as f32).sqrt().min(1.0) * if name.contains("last") { last } else { 1.0 })
    })
}

/// A package of weights made from the tensor's name and number of inputs.
fn written(config: TcsrConfig, mut weight: impl FnMut(&str, usize) -> f32) -> TcsrPackage {
    let weights: Vec<Vec<f32>> = config
        .tensors()
        .iter()
        .map(|spec| {
            let fan_in: usize = spec.shape[1..].iter().product();
            (0..spec.elements()).map(|_| weight(&spec.name, fan_in)).collect()
        })
        .collect();
    TcsrPackage::write(&Metadata::new(config), &weights).unwrap()
}

fn refiner(package: &TcsrPackage, precision: Precision) -> Box<dyn Refiner> {
    configure_threads(1);
    Torch::new(torch::Device::Cpu).refiner(package, precision).unwrap()
}

fn rows(picture: &Picture, component: Component) -> Vec<Vec<u8>> {
    picture.plane(component).rows().map(<[u8]>::to_vec).collect()
}

/// The residual by the definition, row by row, in code values.
fn defined(package: &TcsrPackage, pictures: &[Picture]) -> Vec<f32> {
    let mut weights = package.weights().iter();
    let net = Tcsr::new(package.config(), |spec| {
        let shape: Vec<i64> = spec.shape.iter().map(|&dimension| dimension as i64).collect();
        Tensor::f_from_slice(weights.next().unwrap())?.f_reshape(shape)
    });
    let net = net.unwrap_or_else(|error: TchError| panic!("{error}"));
    let lumas = pictures.iter().flat_map(|picture| picture.luma().rows().flatten());
    let lumas: Vec<f32> = lumas.map(|&value| f32::from(value) / 255.0).collect();
    let Size { width, height } = pictures[0].size();
    let lumas =
        Tensor::from_slice(&lumas).reshape([1, pictures.len() as i64, i64::from(height), i64::from(width)]);
    let residual = tch::no_grad(|| net.forward(&lumas, Kind::Float).unwrap().residual) * 255.0;
    Vec::try_from(residual.reshape([-1])).unwrap()
}

#[test]
fn refining_computes_what_the_definition_says() {
    for (radius, size) in [(1, "48x32"), (1, "33x17"), (2, "21x26"), (1, "1x1")] {
        let package = package(TcsrConfig { radius, ..CONFIG }, 0.2);
        let pictures = pictures(size.parse().unwrap(), package.config().pictures());
        let refined = refiner(&package, Precision::F32).refine(&pictures).unwrap();
        let residual = defined(&package, &pictures);
        assert!(
            size == "1x1" || residual.iter().any(|value| value.abs() > 3.0),
            "the test's net does something"
        );
        let target = &pictures[usize::from(radius)];
        let pixels = target.luma().rows().flatten().zip(refined.luma().rows().flatten()).zip(&residual);
        for ((&before, &after), &residual) in pixels {
            let expected = (f32::from(before) + residual).clamp(0.0, 255.0);
            assert!(
                (f32::from(after) - expected).abs() < 0.51,
                "{size}: {before} + {residual} became {after}"
            );
        }
    }
}

#[test]
fn a_net_whose_last_convolution_is_zero_leaves_the_picture_as_it_is() {
    for size in ["48x32", "31x17", "1x1"] {
        for precision in [Precision::F32, Precision::Bf16] {
            let pictures = pictures(size.parse().unwrap(), 3);
            let refined = refiner(&package(CONFIG, 0.0), precision).refine(&pictures).unwrap();
            for component in Component::ALL {
                assert_eq!(rows(&refined, component), rows(&pictures[1], component), "{size} {precision}");
            }
        }
    }
}

#[test]
fn chroma_and_properties_stay_and_no_picture_is_touched() {
    let mut pictures = pictures(Size { width: 32, height: 24 }, 3);
    pictures[1].set_key(true);
    pictures[1].set_colour(Colour { range: Range::Full, ..Colour::default() });
    let before: Vec<_> = pictures.iter().map(|picture| rows(picture, Component::Y)).collect();
    let refined = refiner(&package(CONFIG, 0.2), Precision::F32).refine(&pictures).unwrap();
    let target = &pictures[1];
    assert_eq!(
        (refined.pts(), refined.key(), refined.colour()),
        (MediaTime::from_millis(1040), true, target.colour())
    );
    for component in [Component::Cb, Component::Cr] {
        assert_eq!(rows(&refined, component), rows(target, component));
    }
    assert_ne!(rows(&refined, Component::Y), before[1]);
    for (picture, before) in pictures.iter().zip(&before) {
        assert_eq!(&rows(picture, Component::Y), before);
    }
}

#[test]
fn both_precisions_agree() {
    let (package, pictures) = (package(CONFIG, 1.0), pictures("64x48".parse().unwrap(), 3));
    let single = refiner(&package, Precision::F32).refine(&pictures).unwrap();
    let half = refiner(&package, Precision::Bf16).refine(&pictures).unwrap();
    assert!(psnr_luma(&half, &single) > 45.0, "{}", psnr_luma(&half, &single));
    assert!(psnr_luma(&pictures[1], &single) < 35.0, "the test's net does something");
}

#[test]
fn another_number_of_pictures_is_refused() {
    let pictures = pictures(Size { width: 16, height: 16 }, 5);
    let mut refiner = refiner(&package(CONFIG, 0.1), Precision::F32);
    for wrong in [0, 1, 2, 4, 5] {
        let refused = refiner.refine(&pictures[..wrong]);
        let error = refused.unwrap_err();
        assert_eq!(error.kind, NetErrorKind::Pictures);
        assert_eq!(error.what, format!("the net sees 3 pictures at once, not {wrong}"));
    }
    assert!(refiner.refine(&pictures[..3]).is_ok());
}

#[test]
fn neighbours_of_another_size_are_refused() {
    let (size, other) = (Size { width: 16, height: 16 }, Size { width: 16, height: 18 });
    let mut refiner = refiner(&package(CONFIG, 0.1), Precision::F32);
    for odd in [0, 2] {
        let mut mixed = pictures(size, 3);
        mixed[odd] = pictures(other, 3).remove(odd);
        let refused = refiner.refine(&mixed);
        let error = refused.unwrap_err();
        assert_eq!(error.kind, NetErrorKind::Pictures);
        let named = error.what.starts_with(&format!("a neighbour of {other} beside a picture of {size}"));
        assert!(named, "{error}");
        assert!(refiner.refine(&pictures(size, 3)).is_ok(), "an error leaves nothing behind");
    }
}

#[test]
fn one_refiner_serves_pictures_of_changing_size() {
    let package = package(CONFIG, 0.1);
    let mut shared = refiner(&package, Precision::F32);
    for size in ["64x48", "31x23", "64x48"] {
        let pictures = pictures(size.parse().unwrap(), 3);
        let fresh = refiner(&package, Precision::F32).refine(&pictures).unwrap();
        assert_eq!(rows(&shared.refine(&pictures).unwrap(), Component::Y), rows(&fresh, Component::Y));
    }
}

#[test]
fn a_net_that_overflows_is_found_out() {
    let pictures = pictures(Size { width: 32, height: 24 }, 3);
    let before = rows(&pictures[1], Component::Y);
    let exploding = TcsrConfig { channels: 64, flow: 64, blocks: 16, radius: 1 };
    for precision in [Precision::F32, Precision::Bf16] {
        let mut refiner = refiner(&written(exploding, |_, _| 60000.0), precision);
        let refused = refiner.refine(&pictures);
        assert!(matches!(refused, Err(NetError { kind: NetErrorKind::NotFinite, .. })), "{refused:?}");
    }
    assert_eq!(rows(&pictures[1], Component::Y), before);
}

/// A flow that is infinite or no number reads no memory but the picture's.
#[test]
fn a_flow_beyond_all_numbers_is_survived() {
    let config = TcsrConfig { flow: 64, ..CONFIG };
    let mut sign = 1.0;
    let package = written(config, |name, fan_in| {
        sign = -sign;
        if name.starts_with("ofr") { sign * 60000.0 } else { sign * (1.0 / fan_in as f32).min(0.1) }
    });
    for size in ["32x24", "5x3", "1x1"] {
        let pictures = pictures(size.parse().unwrap(), 3);
        let refined = refiner(&package, Precision::F32).refine(&pictures);
        assert!(
            matches!(refined, Ok(_) | Err(NetError { kind: NetErrorKind::NotFinite, .. })),
            "{refined:?}"
        );
    }
}
