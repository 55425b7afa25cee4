//! A patch makes the very package that it was made for, or says why not.

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::arch::f_edsr::FEdsrConfig;
use crate::package::{Metadata, TrainingSummary};
use crate::{Preset, stock};

fn config() -> FEdsrConfig {
    FEdsrConfig { channels: 4, blocks: 1, scale: 2, tail: 2 }
}

/// A package whose numbers have these bit patterns, in turn; those that are not finite lose their exponent.
fn package_of(config: FEdsrConfig, bits: &[u16], steps: u64) -> Package {
    let finite = |bits: u16| if bits & 0x7c00 == 0x7c00 { bits & !0x7c00 } else { bits };
    let mut numbers = bits.iter().cycle().map(|&bits| f16::from_bits(finite(bits)).to_f32());
    let weights: Vec<Vec<f32>> =
        config.tensors().iter().map(|spec| numbers.by_ref().take(spec.elements()).collect()).collect();
    let training =
        TrainingSummary { pairs: 3, steps, seconds: 0.1, psnr_before: 30.25, psnr_after: 100.0 / 3.0 };
    let parent = Some(Fingerprint::of(&steps.to_le_bytes()));
    Package::write(&Metadata { config, parent, training: Some(training) }, &weights).unwrap()
}

fn package(bits: &[u16], steps: u64) -> Package {
    package_of(config(), bits, steps)
}

fn round_trip(base: &Package, new: &Package) -> Patch {
    let patch = Patch::between(base, new).unwrap();
    let again = Patch::parse(patch.bytes().clone()).unwrap();
    assert_eq!((again.base(), again.result()), (base.fingerprint(), new.fingerprint()));
    let made = again.apply(base).unwrap();
    assert_eq!(made.bytes(), new.bytes());
    patch
}

fn refusal(bytes: impl Into<Bytes>, base: &Package) -> String {
    Patch::parse(bytes.into()).and_then(|patch| patch.apply(base)).unwrap_err().to_string()
}

/// The patch's preamble with another stream behind it.
fn with_body(patch: &Patch, body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(patch.bytes()[..PREAMBLE].to_vec(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn body_of(patch: &Patch) -> Vec<u8> {
    inflate(&patch.bytes()[PREAMBLE..], MAX_BYTES).unwrap()
}

#[test]
fn zeros_subnormals_and_the_largest_numbers_come_back() {
    let corners = [0x0000, 0x8000, 0x0001, 0x8001, 0x03ff, 0x0400, 0x3c00, 0xbc00, 0x7bff, 0xfbff];
    for turn in 0..corners.len() {
        let mut turned = corners;
        turned.rotate_left(turn);
        round_trip(&package(&corners, 1), &package(&turned, 22));
    }
}

#[test]
fn what_did_not_change_takes_next_to_nothing() {
    let stock = stock::package(Preset::Small).unwrap();
    let patch = round_trip(&stock, &stock);
    assert!(patch.bytes().len() < 250, "{}", patch.bytes().len());
}

#[test]
fn small_changes_make_small_patches() {
    let stock = stock::package(Preset::Nano).unwrap();
    let weights: Vec<Vec<f32>> =
        stock.weights().iter().map(|tensor| tensor.iter().map(|weight| weight * 1.001).collect()).collect();
    let new = Package::write(stock.metadata(), &weights).unwrap();
    let patch = round_trip(&stock, &new);
    assert!(patch.bytes().len() * 4 < new.bytes().len(), "{} of {}", patch.bytes().len(), new.bytes().len());
}

/// Keys that are not ours stay, and so does the place of every byte.
#[test]
fn foreign_headers_come_back() {
    let (base, new) = (package(&[1, 2], 1), package(&[1, 3], 2));
    let (header, weights) = parts(&new).unwrap();
    let text = std::str::from_utf8(header).unwrap().trim_end();
    let header = text.replacen("\"blocks\":\"1\"", "\"author\":\"me\", \"blocks\":\"1\"", 1);
    assert_ne!(header, text);
    let header = format!("{header:width$}", width = header.len().next_multiple_of(8));
    let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), weights].concat();
    round_trip(&base, &Package::parse(file.into()).unwrap());
}

#[test]
fn only_packages_of_one_net_in_half_precision_have_a_patch() {
    let base = package(&[1], 1);
    let other = package_of(FEdsrConfig { channels: 5, ..config() }, &[1], 1);
    let refused = Patch::between(&base, &other).unwrap_err();
    assert_eq!(refused.kind, ModelErrorKind::OtherPackage);
    assert!(refused.what.starts_with("there is no difference between"), "{refused}");
    let single = single_precision(&base);
    for (base, new) in [(&base, &single), (&single, &base)] {
        let refused = Patch::between(base, new).unwrap_err();
        assert_eq!(refused.kind, ModelErrorKind::OtherPackage);
        let single = single.fingerprint();
        let named = format!("package {single} is not in half precision");
        assert!(refused.what.starts_with(&named), "{refused}");
    }
}

/// The same weights as a file of 32-bit numbers.
fn single_precision(package: &Package) -> Package {
    use safetensors::tensor::TensorView;
    use safetensors::{Dtype, SafeTensors, serialize};
    let (_, header) = SafeTensors::read_metadata(package.bytes()).unwrap();
    let specs = package.config().tensors();
    let data: Vec<Vec<u8>> = package
        .weights()
        .iter()
        .map(|tensor| tensor.iter().flat_map(|weight| weight.to_le_bytes()).collect())
        .collect();
    let views = specs.iter().zip(&data).map(|(spec, data)| {
        (spec.name.clone(), TensorView::new(Dtype::F32, spec.shape.clone(), data).unwrap())
    });
    Package::parse(serialize(views, header.metadata().clone()).unwrap().into()).unwrap()
}

#[test]
fn every_refusal_says_what_is_wrong() {
    let (base, new, third) = (package(&[1, 2], 1), package(&[3, 4], 2), package(&[5, 6], 3));
    let patch = Patch::between(&base, &new).unwrap();
    let good = patch.bytes().to_vec();
    let body = body_of(&patch);
    let edited = |place: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[place] = value;
        bytes
    };
    let not_finite = {
        // From 2^-24 * 1 up to infinity, for the first number of the planes.
        let mut body = body.clone();
        let planes = body.len() - 2 * config().parameters();
        let code = 2 * (0x7c00 - 2_u16);
        body[planes] = code.to_le_bytes()[0];
        body[planes + config().parameters()] = code.to_le_bytes()[1];
        with_body(&patch, &body)
    };
    let other_numbers = {
        let mut body = body.clone();
        *body.last_mut().unwrap() ^= 2;
        with_body(&patch, &body)
    };
    let mut long_text = body.clone();
    long_text[8..12].fill(0xff);
    let mut long_front = body.clone();
    long_front[..4].fill(0xff);
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "no patch"),
        ("a package", new.bytes().to_vec(), "no patch"),
        ("cut in the preamble", good[..PREAMBLE - 1].to_vec(), "no patch"),
        ("a later version", edited(4, 2), "version 2"),
        ("too large", [&good[..], &vec![0; MAX_BYTES]].concat(), "more than 16777216"),
        ("another base", edited(5, !good[5]), "changes package"),
        ("another result", edited(40, !good[40]), "instead of"),
        ("no stream", good[..PREAMBLE].to_vec(), "not a deflate stream"),
        ("a reserved block type", [&good[..PREAMBLE], &[7]].concat(), "not a deflate stream"),
        ("cut in the stream", good[..good.len() / 2].to_vec(), "damaged"),
        ("bytes behind the stream", [&good[..], &[0]].concat(), "bytes behind its end"),
        ("one weight less", with_body(&patch, &body[..body.len() - 2]), "another number of weights"),
        ("one weight more", with_body(&patch, &[&body[..], &[0, 0]].concat()), "another number of weights"),
        ("a bomb", with_body(&patch, &vec![0; 8 << 20]), "longer than its net"),
        ("text longer than the body", with_body(&patch, &long_text), "ends within the header"),
        ("more header than there is", with_body(&patch, &long_front), "the header does not fit"),
        (
            "no package",
            with_body(&patch, &[&[0; 12], &body[body.len() - 2 * config().parameters()..]].concat()),
            "does not make a package",
        ),
        ("an infinite weight", not_finite, "not finite"),
        ("other numbers", other_numbers, "instead of"),
    ];
    for (what, bytes, reason) in table {
        let refused = refusal(bytes, &base);
        assert!(refused.contains(reason), "{what}: {refused}");
    }
    let refused = refusal(good.clone(), &third);
    assert!(refused.contains("send the whole package"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_two_packages_of_a_net_have_a_patch(
        old in proptest::collection::vec(any::<u16>(), 1..600),
        new in proptest::collection::vec(any::<u16>(), 1..600),
        steps in any::<u64>(),
    ) {
        round_trip(&package(&old, 1), &package(&new, steps));
    }

    #[test]
    fn any_bytes_behind_a_preamble_are_survived(stream in proptest::collection::vec(any::<u8>(), 0..512)) {
        let (base, new) = (package(&[1, 2], 1), package(&[3, 4], 2));
        let patch = Patch::between(&base, &new).unwrap();
        let bytes = [&patch.bytes()[..PREAMBLE], &stream].concat();
        prop_assert!(Patch::parse(bytes.into()).unwrap().apply(&base).is_err());
    }

    #[test]
    fn any_body_is_survived(body in proptest::collection::vec(any::<u8>(), 0..1500)) {
        let (base, new) = (package(&[1, 2], 1), package(&[3, 4], 2));
        let patch = Patch::between(&base, &new).unwrap();
        prop_assert!(Patch::parse(with_body(&patch, &body).into()).unwrap().apply(&base).is_err());
    }

    #[test]
    fn a_damaged_patch_is_refused_or_makes_the_same_package(place in any::<usize>(), flipped in 1_u8..) {
        let (base, new) = (package(&[0x3c00, 0xb800, 7], 1), package(&[0x3c01, 0xb7fe, 9], 2));
        let mut bytes = Patch::between(&base, &new).unwrap().bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= flipped;
        if let Ok(made) = Patch::parse(bytes.into()).and_then(|patch| patch.apply(&base)) {
            prop_assert_eq!(made.bytes(), new.bytes());
        }
    }
}
