//! Differences instead of whole packages: what a real server makes of good, late and damaged ones.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::process::Command;
use std::time::Duration;

use api::control::model::PATCH_CONTENT_TYPE;
use harness::ffmpeg::Publish;
use harness::package::variant;
use harness::process::program;
use harness::server::KEY;
use harness::{Server, wait_for};
use models::package::Patch;
use models::{Fingerprint, Package, Preset, stock};
use serde_json::Value;

fn patch(base: &Package, new: &Package) -> Patch {
    Patch::between(base, new).unwrap()
}

/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

fn tag(fingerprint: Fingerprint) -> String {
    format!("\"{}\"", fingerprint.to_hex())
}

#[test]
fn a_patch_of_what_the_stream_has_goes_live_and_no_other_does() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    let stock = stock::package(Preset::Nano).unwrap();
    wait_for("the stock net in use", Duration::from_secs(60), || {
        (demo.status().pointer("/enhance/model/fingerprint")? == &stock.fingerprint().to_hex()).then_some(())
    });
    demo.wait_enhanced(24);
    let send = |base: Fingerprint, bytes: &[u8]| {
        demo.patch_model(KEY, &[("content-type", PATCH_CONTENT_TYPE), ("delta-base", &tag(base))], bytes)
    };

    // From stock to the first, from the first to the second: each is live, and bit for bit what was meant.
    let mut base = stock.clone();
    for step in 1..=2 {
        let new = variant(step);
        let bytes = patch(&base, &new).bytes().clone();
        assert!(bytes.len() * 2 < new.bytes().len(), "{} of {}", bytes.len(), new.bytes().len());
        let (status, report) = send(base.fingerprint(), &bytes);
        assert_eq!(status, 200, "{report}");
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["outcome"], "live");
        assert_eq!(report["fingerprint"], new.fingerprint().to_hex());
        wait_for("the swap", Duration::from_secs(5), || {
            (demo.count("/enhance/model/version") == u64::from(step)).then_some(())
        });
        base = new;
    }
    let in_use = demo.status()["enhance"]["model"].clone();
    assert_eq!(in_use["fingerprint"], base.fingerprint().to_hex());

    let third = variant(3);
    let next = patch(&base, &third);
    let late = patch(&stock, &third);
    let mut damaged = next.bytes().to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x5a;
    let mut harmful: Vec<Vec<f32>> = base.weights().to_vec();
    harmful.last_mut().unwrap().fill(0.4);
    let harmful = patch(&base, &Package::write(base.metadata(), &harmful).unwrap());
    let now = base.fingerprint();
    let table: [(&str, Fingerprint, &[u8], u16); 6] = [
        ("of a package that never came", third.fingerprint(), late.bytes(), 412),
        ("made for an earlier package, and says otherwise", now, late.bytes(), 422),
        ("damaged", now, &damaged, 422),
        ("cut", now, &next.bytes()[..middle], 422),
        ("not a patch", now, third.bytes(), 422),
        ("of a net that does harm", now, harmful.bytes(), 422),
    ];
    for (what, base, bytes, expected) in table {
        let (status, body) = send(base, bytes);
        assert_eq!(status, expected, "{what}: {body}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{what}: {body}");
        if status == 412 {
            assert!(problem["detail"].as_str().unwrap().contains("whole package"), "{what}: {body}");
        }
    }
    let (good, now) = (next.bytes(), tag(now));
    let table: [(&str, Headers, u16); 4] = [
        ("no base", &[("content-type", PATCH_CONTENT_TYPE)], 428),
        ("a base without quotes", &[("content-type", PATCH_CONTENT_TYPE), ("delta-base", &now[1..65])], 400),
        ("no media type", &[("delta-base", &now)], 415),
        ("another media type", &[("delta-base", &now), ("content-type", "application/json")], 415),
    ];
    for (what, headers, expected) in table {
        let (status, body) = demo.patch_model(KEY, headers, good);
        assert_eq!(status, expected, "{what}: {body}");
    }
    let headers = [("content-type", PATCH_CONTENT_TYPE), ("delta-base", now.as_str())];
    assert_eq!(demo.patch_model("not-the-key", &headers, good).0, 401);
    assert_eq!(demo.status()["enhance"]["model"], in_use, "the net in use stays");

    // After all of that, the good one is still taken.
    let (status, report) = demo.patch_model(KEY, &headers, good);
    assert_eq!(status, 200, "{report}");
    assert!(report.contains(&third.fingerprint().to_hex()), "{report}");

    // Back to what it had before, by name: to the first, and to what comes with the program.
    for (step, old, version) in [(1, variant(1), 4), (0, stock, 0)] {
        let named = patch(&old, &old);
        assert!(named.bytes().len() < 200, "{} bytes", named.bytes().len());
        std::thread::sleep(Duration::from_secs(1)); // packages are taken at a bounded rate
        let (status, report) = send(old.fingerprint(), named.bytes());
        assert_eq!(status, 200, "{step}: {report}");
        wait_for("the former net in use", Duration::from_secs(5), || {
            let in_use = demo.status()["enhance"]["model"].clone();
            (in_use["fingerprint"] == old.fingerprint().to_hex() && in_use["version"] == version)
                .then_some(())
        });
    }
    let status = demo.status();
    assert_eq!(status["enhance"]["plain_failed"], 0, "{status}");
    assert_eq!(status["enhance"]["skipped"], 0, "{status}");
}

#[test]
fn the_command_uploads_differences() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    demo.wait_enhanced(24);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.safetensors");
    let new = variant(1);
    std::fs::write(&file, new.bytes()).unwrap();
    let mut command = Command::new(program("streamer"));
    command.arg("upload").arg(&file).args(["--server", &server.http(), "--name", "demo", "--key", KEY]);
    // At first from the stock net; then from itself, which takes its name alone.
    for most in [new.bytes().len() / 2, 200] {
        let uploaded = command.output().unwrap();
        let said = String::from_utf8_lossy(&uploaded.stdout).into_owned();
        assert!(uploaded.status.success(), "{said} {}", String::from_utf8_lossy(&uploaded.stderr));
        let bytes = said.split(' ').find_map(|field| field.strip_prefix("bytes=")?.parse::<usize>().ok());
        assert!(bytes.is_some_and(|bytes| bytes < most), "{said}");
        wait_for("the new net in use", Duration::from_secs(5), || {
            (demo.status()["enhance"]["model"]["fingerprint"] == new.fingerprint().to_hex()).then_some(())
        });
    }
}
