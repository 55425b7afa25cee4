//! The system's Chromium opens the player, really plays, and draws how training stands.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::Publish;
use harness::server::KEY;
use harness::{Process, Server};

#[test]
fn chromium_plays_both_renditions_side_by_side() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    server.demo().wait_playable("enhanced");

    let report = harness::training::report();
    assert_eq!(server.demo().put_training(KEY, &report), (204, String::new()));

    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let screenshot = tests.join("../target/screenshots/side-by-side.png");
    std::fs::create_dir_all(screenshot.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(&screenshot);
    let mut command = Command::new("node");
    command
        .arg(tests.join("browser/watch.mjs"))
        .arg(format!("{}/watch/demo", server.http()))
        .arg(&screenshot)
        .arg(screenshot.with_file_name("training.png"));
    let mut browser = Process::start("browser", &mut command);
    let ended = browser.wait(Duration::from_secs(90));
    println!("{}", browser.stdout());
    assert!(ended.success(), "{}", browser.stderr());

    let seen: serde_json::Value = serde_json::from_str(&browser.stdout()).unwrap();
    assert_eq!(
        (seen["enhanced"]["width"].as_u64(), seen["enhanced"]["height"].as_u64()),
        (Some(640), Some(360))
    );
    assert_eq!(seen["source"]["width"].as_u64(), Some(320));
    for rendition in ["enhanced", "source"] {
        assert!(seen[rendition]["advanced"].as_f64().unwrap() > 2.0, "{rendition} stands still: {seen}");
    }
    assert!(seen["errors"].as_array().unwrap().is_empty(), "{seen}");
    training_is_drawn(&seen, report.looks.len());
    println!("screenshot: {}", screenshot.display());
    assert!(std::fs::metadata(&screenshot).unwrap().len() > 10_000, "an empty screenshot");
}

/// The chart has every look in each curve and every training that it can show; the other stream has none of it.
fn training_is_drawn(seen: &serde_json::Value, looks: usize) {
    let training = &seen["training"];
    assert_eq!(training["hidden"], false, "{training}");
    assert_eq!(training["state"], "learning");
    assert_eq!(training["words"], "+0.31 of +0.55 dB, predicted +0.62");
    for name in ["plain", "net", "smoothed"] {
        let curve = &training[name];
        assert_eq!(curve["points"].as_u64(), Some(looks as u64), "{name}: {curve}");
        assert!(curve["width"].as_f64().unwrap() > 400.0, "{name}: {curve}");
        assert!(curve["height"].as_f64().unwrap() > 50.0, "{name}: {curve}");
        assert!(curve["visible"] == true && curve["stroke"] != "none", "{name}: {curve}");
    }
    // The first training was over before the first look; the last one goes on.
    assert_eq!((training["begun"].as_u64(), training["ended"].as_u64()), (Some(4), Some(3)));
    let notes = serde_json::json!(["decline", "plateau", "drop", "goal", "drop", "overtaken", "drop"]);
    assert_eq!(training["notes"], notes);
    assert_eq!(training["axes"], serde_json::json!(["dB", "seconds of video"]));
    assert!(training["ticks"].as_array().unwrap().len() >= 8, "{training}");
    assert_eq!(training["legend"].as_array().unwrap().len(), 4);
    let rows = training["rows"].as_array().unwrap();
    let newest = serde_json::json!(["704 s", "drop", "349", "8.5", "29.37", "+0.31", "+0.55", "goes on"]);
    assert_eq!((rows.len(), &rows[0]), (5, &newest));
    assert_eq!(seen["quiet"], true, "a stream without a report shows a training section");
    assert!(seen["card"].as_str().unwrap().ends_with("training: learning"), "{seen}");
}
