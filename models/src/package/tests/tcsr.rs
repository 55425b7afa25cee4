//! The same format with the other net in it.

use super::*;
use crate::arch::tcsr::{MAX_BLOCKS, MAX_CHANNELS, MAX_RADIUS};

const CONFIG: TcsrConfig = TcsrConfig { channels: 4, flow: 3, blocks: 1, radius: 1 };

/// Weights that half precision holds exactly, no two tensors alike.
fn weights(config: TcsrConfig) -> Vec<Vec<f32>> {
    let specs = config.tensors();
    specs.iter().enumerate().map(|(index, spec)| vec![index as f32 / 64.0; spec.elements()]).collect()
}

fn package() -> TcsrPackage {
    let parent = Some(Fingerprint::of(b"parent"));
    let metadata = Metadata { config: CONFIG, parent, training: Some(summary()) };
    TcsrPackage::write(&metadata, &weights(CONFIG)).unwrap()
}

fn refusal(change: impl FnOnce(&mut Value)) -> String {
    TcsrPackage::parse(changed(package().bytes(), change)).expect_err("must be refused").to_string()
}

#[test]
fn what_is_written_is_read() {
    let package = package();
    let again = TcsrPackage::parse(package.bytes().clone()).unwrap();
    assert_eq!(again, package);
    assert_eq!(again.config(), CONFIG);
    assert_eq!(again.metadata().training, Some(summary()));
    assert_eq!(again.metadata().parent, Some(Fingerprint::of(b"parent")));
    assert_eq!(again.weights(), weights(CONFIG));
}

#[test]
fn the_largest_net_is_written_and_read() {
    let config =
        TcsrConfig { channels: MAX_CHANNELS, flow: MAX_CHANNELS, blocks: MAX_BLOCKS, radius: MAX_RADIUS };
    let package = TcsrPackage::write(&Metadata::new(config), &weights(config)).unwrap();
    assert_eq!(package.config(), config);
    assert!(2 * package.bytes().len() < MAX_BYTES, "in single precision it fits as well");
}

/// Who sends one net where the other is expected is told so.
#[test]
fn each_net_is_refused_as_the_other() {
    let refused = TcsrPackage::parse(super::package().bytes().clone()).unwrap_err().to_string();
    assert_eq!(refused, "metadata has architecture = \"f-edsr\", expected tcsr");
    let refused = Package::parse(package().bytes().clone()).unwrap_err().to_string();
    assert_eq!(refused, "metadata has architecture = \"tcsr\", expected f-edsr");
}

#[test]
fn metadata_must_describe_a_net_of_ours() {
    let table = [
        ("base", json!("lanczos"), "expected f-edsr"),
        ("channels", json!("0"), "0 channels"),
        ("channels", json!("65"), "65 channels"),
        ("flow", json!("0"), "0 channels"),
        ("flow", json!("65"), "65 channels"),
        ("blocks", json!("0"), "0 blocks"),
        ("blocks", json!("17"), "17 blocks"),
        ("radius", json!("0"), "a radius of 0"),
        ("radius", json!("4"), "a radius of 4"),
        ("radius", json!("one"), "expected a small number"),
    ];
    for (key, value, reason) in table {
        let refused = refusal(|header| header["__metadata__"][key] = value);
        assert!(refused.contains(reason), "{key}: {refused}");
    }
    for key in ["channels", "flow", "blocks", "radius"] {
        let refused = refusal(|header| {
            header["__metadata__"].as_object_mut().unwrap().remove(key);
        });
        assert!(refused.contains(&format!("lacks {key:?}")), "{refused}");
    }
    let wide = Metadata::new(TcsrConfig { radius: MAX_RADIUS + 1, ..CONFIG });
    let error = TcsrPackage::write(&wide, &[]).unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Parameters, "nor is it written");
}

#[test]
fn tensors_must_be_those_of_the_net() {
    let refused = refusal(|header| header["__metadata__"]["radius"] = json!("2"));
    assert!(
        refused.contains("\"fusion.merge.weight\" has shape [4, 12, 3, 3], expected [4, 20, 3, 3]"),
        "{refused}"
    );
    let refused = refusal(|header| rename(header, "ofr1.flow.bias", "ofr3.flow.bias"));
    assert!(
        refused.contains("\"ofr3.flow.bias\" does not belong to tcsr 4x1 (flow 3, radius 1)"),
        "{refused}"
    );
    let refused = refusal(|header| header["__metadata__"]["blocks"] = json!("2"));
    assert!(refused.contains("\"reconstruction.body.1.conv1.weight\" is missing"), "{refused}");
}

#[test]
fn numbers_must_be_finite() {
    for bad in [f32::NAN, f32::INFINITY, 1e6 /* infinite in half precision */] {
        let mut weights = weights(CONFIG);
        weights[1][0] = bad;
        let refused = TcsrPackage::write(&Metadata::new(CONFIG), &weights).unwrap_err().to_string();
        assert!(refused.contains("\"ofr1.head.bias\" holds a number that is not finite"), "{refused}");
    }
}
