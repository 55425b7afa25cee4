//! Packages come from strangers: whatever they send is refused with a reason, or is whole.

mod tcsr;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn config() -> FEdsrConfig {
    FEdsrConfig { channels: 4, blocks: 1, scale: 2, tail: 2 }
}

fn weights(value: f32) -> Vec<Vec<f32>> {
    config().tensors().iter().map(|spec| vec![value; spec.elements()]).collect()
}

fn summary() -> TrainingSummary {
    TrainingSummary { pairs: 3, steps: 400, seconds: 1.5, psnr_before: 30.25, psnr_after: 31.5 }
}

fn package() -> Package {
    let metadata =
        Metadata { config: config(), parent: Some(Fingerprint::of(b"parent")), training: Some(summary()) };
    Package::write(&metadata, &weights(0.5)).unwrap()
}

fn with_header(change: impl FnOnce(&mut Value)) -> Bytes {
    changed(package().bytes(), change)
}

/// A package's file with its header changed; the data stays.
fn changed(bytes: &Bytes, change: impl FnOnce(&mut Value)) -> Bytes {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + length..]].concat().into()
}

fn refusal(bytes: Bytes) -> String {
    Package::parse(bytes).expect_err("must be refused").to_string()
}

fn rename(header: &mut Value, from: &str, to: &str) {
    let moved = header.as_object_mut().unwrap().remove(from).unwrap();
    header[to] = moved;
}

#[test]
fn what_is_written_is_read() {
    let package = package();
    let again = Package::parse(package.bytes().clone()).unwrap();
    assert_eq!(again, package);
    assert_eq!(again.config(), config());
    assert_eq!(again.metadata().training, Some(summary()));
    assert_eq!(again.metadata().parent, Some(Fingerprint::of(b"parent")));
    assert_eq!(again.weights(), weights(0.5));
}

/// Eight tensors without bytes whose ends add up to almost 2^64.
#[test]
fn ends_that_overflow_are_refused() {
    const LENGTH: u64 = (1 << 61) - 1;
    let tensors = (0..8).map(|n| {
        let place = [n * LENGTH, (n + 1) * LENGTH];
        (format!("t{n}"), json!({ "dtype": "U8", "shape": [LENGTH], "data_offsets": place }))
    });
    let header = serde_json::to_vec(&Value::Object(tensors.collect())).unwrap();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header].concat();
    assert!(refusal(bytes.into()).contains("behind the file"));
}

#[test]
fn equal_weights_have_equal_fingerprints() {
    assert_eq!(package().fingerprint(), package().fingerprint());
    let other = Package::write(&Metadata::new(config()), &weights(0.5)).unwrap();
    assert_ne!(package().fingerprint(), other.fingerprint());
}

#[test]
fn metadata_must_describe_a_net_of_ours() {
    let table = [
        ("format", json!("gguf"), "format = \"gguf\", expected sharpcast-model"),
        ("format_version", json!("2"), "format_version = \"2\", expected 1"),
        ("architecture", json!("tcsr"), "architecture = \"tcsr\", expected f-edsr"),
        ("colour", json!("rgb"), "expected luma/255"),
        ("base", json!("bicubic"), "expected lanczos"),
        ("channels", json!("-1"), "expected a small number"),
        ("channels", json!("60000"), "60000 channels"),
        ("blocks", json!("0"), "0 blocks"),
        ("scale", json!("5"), "scale 5"),
        ("tail", json!("33"), "tail of 33"),
        ("parent", json!("abc"), "64 hexadecimal digits"),
        ("training", json!("{}"), "expected JSON with pairs"),
    ];
    for (key, value, reason) in table {
        let refused = refusal(with_header(|header| header["__metadata__"][key] = value));
        assert!(refused.contains(reason), "{key}: {refused}");
    }
    let refused = refusal(with_header(|header| {
        header["__metadata__"].as_object_mut().unwrap().remove("scale");
    }));
    assert!(refused.contains("lacks \"scale\""), "{refused}");
    let refused = refusal(with_header(|header| {
        header.as_object_mut().unwrap().remove("__metadata__");
    }));
    assert!(refused.contains("lacks \"format\""), "{refused}");
}

#[test]
fn another_scale_does_not_fit_the_tensors() {
    let refused = refusal(with_header(|header| header["__metadata__"]["scale"] = json!("3")));
    assert!(refused.contains("\"up.weight\" has shape [8, 4, 3, 3], expected [18, 4, 3, 3]"), "{refused}");
}

#[test]
fn tensors_must_match_by_name_shape_and_type() {
    let refused = refusal(with_header(|header| rename(header, "close.bias", "closed.bias")));
    assert!(refused.contains("\"closed.bias\" does not belong"), "{refused}");
    let refused = refusal(with_header(|header| header["__metadata__"]["blocks"] = json!("2")));
    assert!(refused.contains("\"body.1.conv1.weight\" is missing"), "{refused}");
    let refused = refusal(with_header(|header| header["last.weight"]["shape"] = json!([2, 1, 3, 3])));
    assert!(refused.contains("expected [1, 2, 3, 3]"), "{refused}");
    let refused = refusal(with_header(|header| header["last.weight"]["shape"] = json!([18])));
    assert!(refused.contains("has shape [18]"), "{refused}");
    let refused = refusal(with_header(|header| header["head.bias"]["dtype"] = json!("I16")));
    assert!(refused.contains("\"head.bias\" is I16"), "{refused}");
    let refused = refusal(with_header(|header| {
        for (name, tensor) in header.as_object_mut().unwrap() {
            if name != "__metadata__" {
                tensor["dtype"] = json!("BF16");
            }
        }
    }));
    assert!(refused.contains("is BF16"), "{refused}");
}

#[test]
fn numbers_must_be_finite() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e6 /* infinite in half precision */] {
        let mut weights = weights(0.0);
        weights[3][0] = bad;
        let refused = Package::write(&Metadata::new(config()), &weights).unwrap_err().to_string();
        assert!(refused.contains("\"body.0.conv1.bias\" holds a number that is not finite"), "{refused}");
    }
}

#[test]
fn sizes_are_bounded_before_anything_is_read() {
    assert!(refusal(vec![0; MAX_BYTES + 1].into()).contains("train a smaller preset"));
    assert!(refusal([&u64::MAX.to_le_bytes()[..], b"{}"].concat().into()).contains("header claims"));
    let bytes = package().bytes().clone();
    for length in 0..bytes.len() {
        assert!(Package::parse(bytes.slice(..length)).is_err(), "cut at {length}");
    }
    assert!(Package::parse([&bytes[..], &[0]].concat().into()).is_err(), "one byte too many");
}

#[test]
fn weights_of_another_count_are_not_written() {
    assert!(Package::write(&Metadata::new(config()), &weights(0.0)[1..]).is_err());
    let mut short = weights(0.0);
    short.pop();
    let error = Package::write(&Metadata::new(config()), &short).unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Tensors);
    assert!(error.what.starts_with("tensor \"last.bias\" is missing"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = Package::parse(bytes.into());
    }

    #[test]
    fn any_header_is_survived(text in "\\PC{0,200}") {
        let bytes = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        prop_assert!(Package::parse(bytes.into()).is_err());
    }

    #[test]
    fn any_change_of_one_byte_is_survived(position in 0usize..4096, value in any::<u8>()) {
        let mut bytes = package().bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] = value;
        if let Ok(package) = Package::parse(bytes.into()) {
            prop_assert!(package.weights().iter().flatten().all(|weight| weight.is_finite()));
        }
    }
}
