//! What comes late is seen by those who are there.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::Publish;
use harness::server::KEY;
use harness::{Process, Server, wait_for};

#[test]
fn a_viewer_of_sound_gets_the_picture_that_comes_later() {
    viewer_gets_the_rest(&Publish { size: None, ..Publish::default() });
}

#[test]
fn a_viewer_of_a_silent_picture_gets_the_sound_that_comes_later() {
    viewer_gets_the_rest(&Publish { size: Some("320x180"), sound: false, ..Publish::default() });
}

/// The publisher comes back with both tracks.
fn viewer_gets_the_rest(first: &Publish<'_>) {
    let server = Server::start();
    let publisher = first.to(&server.rtmp(KEY));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let track = if first.sound { "picture" } else { "sound" };
    let screenshot = tests.join(format!("../target/screenshots/late-{track}.png"));
    std::fs::create_dir_all(screenshot.parent().unwrap()).unwrap();
    server.demo().wait_playable(if first.sound { "audio" } else { "enhanced" });
    let mut command = Command::new("node");
    command.arg(tests.join("browser/late.mjs")).arg(format!("{}/watch/demo", server.http())).arg(&screenshot);
    let mut browser = Process::start("browser", &mut command);
    wait_for("something that plays", Duration::from_secs(30), || {
        browser.stdout().contains("playing").then_some(())
    });
    drop(publisher);
    let _both = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));

    let ended = browser.wait(Duration::from_secs(90));
    assert!(ended.success(), "{}", browser.stderr());
    let said = browser.stdout();
    let seen: serde_json::Value = serde_json::from_str(said.trim_start_matches("playing\n")).unwrap();
    println!("{seen} {}", screenshot.display());
    assert_eq!((seen["width"].as_u64(), seen["height"].as_u64()), (Some(640), Some(360)), "{seen}");
    assert!(seen["advanced"].as_f64().unwrap() > 1.0, "{seen}");
    assert!(seen["sound"].as_u64().unwrap() > 0 && seen["pictures"].as_u64().unwrap() > 20, "{seen}");
    assert_eq!(seen["loads"], 1, "{seen}");
    assert!(seen["errors"].as_array().unwrap().is_empty(), "{seen}");
}
