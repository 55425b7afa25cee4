//! The system's Chromium opens the player and really plays.

use harness::ffmpeg::Publish;
use harness::server::KEY;
use harness::{Process, Server};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn chromium_plays_both_renditions_side_by_side() {
    let server = Server::start();
    let _publisher = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    server.demo().wait_playable("enhanced");

    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let screenshot = tests.join("../target/screenshots/side-by-side.png");
    std::fs::create_dir_all(screenshot.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(&screenshot);
    let mut command = Command::new("node");
    command
        .arg(tests.join("browser/watch.mjs"))
        .arg(format!("{}/watch/demo", server.http()))
        .arg(&screenshot);
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
    println!("screenshot: {}", screenshot.display());
    assert!(std::fs::metadata(&screenshot).unwrap().len() > 10_000, "an empty screenshot");
}
