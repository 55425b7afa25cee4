//! A new net while the stream is live: not one picture is lost or late, and nothing hostile gets through.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use harness::ffmpeg::Publish;
use harness::package::variant;
use harness::server::{KEY, OTHER_KEY};
use harness::{Server, wait_for};
use models::package::Metadata;
use models::{Architecture as _, FEdsrConfig, Package, Preset};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

fn frames(status: &Value, name: &str) -> u64 {
    status["enhance"][name].as_u64().unwrap()
}

#[test]
fn swaps_lose_no_picture() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    demo.wait_enhanced(48);
    let before = demo.status();

    for step in 1..=5 {
        let (status, report) = demo.put_model(KEY, variant(step).bytes());
        assert_eq!(status, 200, "{report}");
        let report: Value = serde_json::from_str(&report).unwrap();
        let version = u64::from(step);
        assert_eq!(report["version"].as_u64(), Some(version), "{report}");
        assert_eq!(report["fingerprint"], variant(step).fingerprint().to_hex());
        wait_for("the swap", Duration::from_secs(5), || {
            (demo.count("/enhance/model/version") == version).then_some(())
        });
    }
    demo.wait_enhanced(frames(&before, "frames_in") + 72);
    let after = demo.status();
    assert_eq!(frames(&after, "skipped"), frames(&before, "skipped"), "{after}");
    assert_eq!(frames(&after, "plain_failed"), 0, "{after}");
    assert_eq!(
        frames(&after, "plain_no_net"),
        frames(&before, "plain_no_net"),
        "a swap leaves no gap: {after}"
    );
    // A busy machine has a backlog for a moment; what was lost would never be accounted for.
    wait_for("every picture to be accounted for", Duration::from_secs(10), || {
        let now = demo.status();
        let done = frames(&now, "f_edsr") + frames(&now, "plain") + frames(&now, "skipped");
        (frames(&now, "frames_in") - done <= 6).then_some(())
    });
    let history = after["enhance"]["history"].as_array().unwrap();
    let trained: Vec<_> = history.iter().filter(|swap| swap["origin"] == "trained").collect();
    assert_eq!(trained.len(), 5, "{history:?}");
    assert!(
        trained.windows(2).all(|pair| pair[0]["from_s"].as_f64() < pair[1]["from_s"].as_f64()),
        "{history:?}"
    );

    // The same package again changes nothing.
    let (status, report) = demo.put_model(KEY, variant(5).bytes());
    assert_eq!(status, 200, "{report}");
    assert!(report.contains("unchanged"), "{report}");
}

/// A safetensors file with the package's metadata, changed by `edit`.
fn forged(
    edit: impl FnOnce(&mut HashMap<String, String>, &mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>),
) -> Bytes {
    let good = variant(1);
    let file = safetensors::SafeTensors::deserialize(good.bytes()).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(good.bytes()).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    let mut tensors: Vec<_> = file
        .tensors()
        .into_iter()
        .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        .collect();
    edit(&mut metadata, &mut tensors);
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, data)| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    Bytes::from(safetensors::serialize(views, Some(metadata)).unwrap())
}

#[test]
fn hostile_packages_change_nothing() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    demo.wait_enhanced(24);
    let in_use = demo.status()["enhance"]["model"].clone();

    let mut harmful: Vec<Vec<f32>> = variant(1).weights().to_vec();
    harmful.last_mut().unwrap().fill(0.4);
    let harmful = Package::write(variant(1).metadata(), &harmful).unwrap();
    let other: FEdsrConfig = Preset::Mini.config(2).unwrap();
    let other_weights: Vec<Vec<f32>> =
        other.tensors().iter().map(|spec| vec![0.0; spec.elements()]).collect();
    let other = Package::write(&Metadata::new(other), &other_weights).unwrap();

    let hostile: Vec<(&str, Bytes, &[u16])> = vec![
        ("not safetensors", Bytes::from_static(b"GIF89a, surely"), &[422]),
        ("empty", Bytes::new(), &[400, 422]),
        ("truncated", variant(1).bytes().slice(..1000), &[422]),
        ("header that lies about its length", Bytes::from(vec![0xff; 64]), &[422]),
        ("wrong name", forged(|_, tensors| tensors[0].0 = "head.weigth".into()), &[422]),
        ("missing tensor", forged(|_, tensors| drop(tensors.pop())), &[422]),
        (
            "extra tensor",
            forged(|_, tensors| tensors.push(("extra".into(), Dtype::F16, vec![1], vec![0, 0]))),
            &[422],
        ),
        (
            "wrong shape",
            forged(|_, tensors| {
                let tensor =
                    tensors.iter_mut().find(|tensor| tensor.2.len() == 4 && tensor.2[1] > 1).unwrap();
                tensor.2 = vec![tensor.2.iter().product()];
            }),
            &[422],
        ),
        (
            "wrong type",
            forged(|_, tensors| {
                let tensor = &mut tensors[0];
                tensor.1 = Dtype::I16;
            }),
            &[422],
        ),
        ("NaN", forged(|_, tensors| tensors[0].3[..2].copy_from_slice(&0x7e00_u16.to_le_bytes())), &[422]),
        (
            "another format",
            forged(|metadata, _| drop(metadata.insert("format".into(), "pickle".into()))),
            &[422],
        ),
        ("another scale", forged(|metadata, _| drop(metadata.insert("scale".into(), "3".into()))), &[422]),
        (
            "absurd parameters",
            forged(|metadata, _| drop(metadata.insert("channels".into(), "65535".into()))),
            &[422],
        ),
        ("another architecture than ordered", other.bytes().clone(), &[409, 422]),
        ("a net that does harm", harmful.bytes().clone(), &[422]),
        ("oversized", Bytes::from(vec![0; 40 << 20]), &[413, 0]),
    ];
    for (name, package, expected) in hostile {
        let (status, body) = demo.put_model(KEY, &package);
        assert!(expected.contains(&status), "{name}: {status} {body}");
        if status != 0 {
            let problem: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{name}: {body}"));
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{name}: {body}");
        }
    }
    assert_eq!(demo.put_model("not-the-key", variant(2).bytes()).0, 401);
    assert_eq!(demo.put_model(OTHER_KEY, variant(2).bytes()).0, 401, "another stream's key");
    assert_eq!(server.stream("nobody").put_model(KEY, variant(2).bytes()).0, 404);

    let after = demo.status();
    assert_eq!(after["enhance"]["model"], in_use, "{after}");
    assert_eq!(frames(&after, "plain_failed"), 0, "{after}");
    assert_eq!(frames(&after, "skipped"), 0, "{after}");
}
