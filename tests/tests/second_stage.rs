//! The second stage in a live lane: it refines what there is time for, says why, and keeps everything in step.

use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, probe, record};
use harness::{Server, wait_for};

/// So small that refining fits between two pictures on any machine, also one that runs other tests beside it.
const SMALL: Publish<'static> = Publish {
    size: Some("128x72"),
    sound: true,
    video_options: &[],
    sound_options: &[],
    rate: 15,
    gop: 15,
    b_frames: 0,
    seconds: 60,
};

fn times(file: &str, track: &str) -> Vec<f64> {
    let packets = probe(file, &["-select_streams", track, "-show_entries", "packet=pts_time"]);
    let packets = packets["packets"].as_array().expect("packets");
    packets.iter().filter_map(|packet| packet["pts_time"].as_str()?.parse().ok()).collect()
}

#[test]
fn selected_pictures_are_refined_and_picture_and_sound_stay_in_step() {
    let server = Server::with("profile = \"nano\"\ntemporal = \"auto\"", "");
    let _publisher = SMALL.to(&server.rtmp(harness::server::KEY));
    let demo = server.demo();
    demo.wait_playable("enhanced");
    wait_for("refined pictures, a keyframe among them", Duration::from_secs(60), || {
        let status = demo.status();
        let refined = status.pointer("/enhance/tcsr")?.as_u64()?;
        let key = status.pointer("/enhance/temporal/key")?.as_u64()?;
        (refined >= 10 && key >= 1).then_some(())
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("refined.mp4").to_str().unwrap().to_owned();
    record(&demo.playlist_url(), 5, &file);
    assert_eq!(complaints(&file), "");
    let (picture, sound) = (times(&file, "v"), times(&file, "a"));
    assert!(picture.windows(2).all(|pair| pair[0] < pair[1]), "pictures out of order: {picture:?}");
    // None is missing: a picture that is held back leaves before the next one.
    assert!(picture.windows(2).all(|pair| pair[1] - pair[0] < 0.1), "a picture is missing: {picture:?}");
    assert!((picture[0] - sound[0]).abs() < 1.0 / 15.0 + 1024.0 / 48_000.0, "{} {}", picture[0], sound[0]);

    let status = demo.status();
    let count = |path: &str| status.pointer(path).unwrap().as_u64().unwrap();
    let by_reason: u64 =
        ["key", "change", "spare"].map(|reason| count(&format!("/enhance/temporal/{reason}"))).iter().sum();
    assert_eq!(count("/enhance/tcsr"), by_reason, "{status}");
    assert!(count("/enhance/f_edsr") >= count("/enhance/tcsr"), "{status}");
    let chosen = status.pointer("/enhance/temporal/chosen").unwrap().as_array().unwrap();
    assert!(chosen.len() <= 16 && chosen.iter().any(|picture| picture["reason"] == "key"), "{status}");
    let made = count("/enhance/f_edsr") + count("/enhance/plain") + count("/enhance/skipped");
    assert!(count("/enhance/frames_in") - made <= 8, "{status}");
    let (_, metrics) = server.get("/metrics");
    assert!(
        metrics.contains("sharpcast_pictures_refined_total{stream=\"demo\",reason=\"key\"}"),
        "{metrics}"
    );
}

#[test]
fn without_it_nothing_is_refined() {
    let server = Server::start();
    let _publisher = SMALL.to(&server.rtmp(harness::server::KEY));
    let demo = server.demo();
    demo.wait_enhanced(45);
    let status = demo.status();
    assert_eq!(status.pointer("/enhance/tcsr").unwrap(), 0, "{status}");
    assert!(status.pointer("/enhance/temporal").unwrap().is_null(), "{status}");
}
