//! Open applications, recordings and relays, with FFmpeg as everybody's peer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they stand")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, ffmpeg, probe};
use harness::{Server, wait_for};

/// An open application that records into a folder, and more lines for it.
fn application(folder: &Path, more: &str) -> String {
    format!(
        "[[application]]\nname = \"live\"\npublish = \"open\"\n[[application.record]]\nfolder = \"{}\"\nunique = false\n{more}",
        folder.display()
    )
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

/// Pictures of a file that FFmpeg decodes.
fn pictures(file: &Path) -> u64 {
    let found = probe(file.to_str().unwrap(), &["-count_frames", "-select_streams", "v", "-show_streams"]);
    found["streams"][0]["nb_read_frames"].as_str().unwrap_or("0").parse().unwrap()
}

/// Seconds of sound that FFmpeg decodes.
fn decoded_sound(file: &Path) -> f64 {
    let file = file.to_str().unwrap();
    let output =
        ffmpeg(&["-v", "error", "-i", file, "-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.len() as f64 / 16_000.0
}

/// The same of a file that breaks off, which FFmpeg says and ffprobe refuses to count.
fn pictures_of_what_is_left(file: &Path) -> u64 {
    let file = file.to_str().unwrap();
    let output =
        ffmpeg(&["-v", "quiet", "-progress", "pipe:1", "-i", file, "-map", "0:v", "-f", "null", "-"]);
    let told = String::from_utf8(output.stdout).unwrap();
    let frames = told.lines().filter_map(|line| line.strip_prefix("frame=")).next_back();
    frames.unwrap().trim().parse().unwrap()
}

#[test]
fn every_name_makes_a_stream_that_is_recorded_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with("enabled = false", &application(folder.path(), ""));
    let mut publisher =
        Publish { seconds: 6, ..Publish::default() }.to(&format!("{}/anything", server.rtmp_app()));
    server.stream("anything").wait_playable("source");
    assert!(publisher.wait(Duration::from_secs(20)).success(), "{}", publisher.stderr());
    let file = folder.path().join("anything.flv");
    wait_for("all pictures in the file", Duration::from_secs(10), || {
        (pictures(&file) == 6 * 24).then_some(())
    });
    let sound = decoded_sound(&file);
    assert!((5.8..6.1).contains(&sound), "six seconds of sound: {sound}");
    assert_eq!(complaints(file.to_str().unwrap()), "");
}

#[test]
fn a_recording_survives_the_death_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::with("enabled = false", &application(folder.path(), ""));
    let _publisher = Publish::default().to(&format!("{}/demo2", server.rtmp_app()));
    let file = folder.path().join("demo2.flv");
    wait_for("some seconds in the file", Duration::from_secs(20), || (length(&file) > 400_000).then_some(()));
    let expected = server.stream("demo2").count("/video/frames");
    server.process.signal("KILL");
    server.process.wait(Duration::from_secs(5));
    let kept = pictures_of_what_is_left(&file);
    assert!(kept + 30 >= expected, "a second of pictures may be missing, of {expected} there are {kept}");
    let said = complaints(file.to_str().unwrap());
    assert!(said.lines().count() <= 3, "the last tag may be cut: {said}");
}

#[test]
fn a_relay_brings_the_stream_to_another_server_and_comes_back_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let other = Server::start();
    let push = format!(
        "[[application.push]]\nurl = \"{}\"\nkey = \"{}\"\nreconnect = \"500ms\"\n",
        other.rtmp_app(),
        harness::server::KEY
    );
    let server = Server::with("enabled = false", &application(folder.path(), &push));
    let _publisher = Publish { gop: 24, ..Publish::default() }.to(&format!("{}/one", server.rtmp_app()));
    let demo = other.demo();
    demo.wait_playable("source");
    wait_for("pictures over there", Duration::from_secs(10), || {
        (demo.count("/video/frames") > 48).then_some(())
    });
    // Somebody takes the place over there; the relay takes it back.
    let intruder =
        Publish { gop: 24, seconds: 3, ..Publish::default() }.to(&other.rtmp(harness::server::KEY));
    wait_for("the relay to be told", Duration::from_secs(20), || {
        let status = server.stream("one").status();
        let problems = status["problems"].as_array().cloned().unwrap_or_default();
        problems.iter().any(|problem| problem["kind"] == "relay-failed").then_some(())
    });
    drop(intruder);
    let before = demo.count("/video/frames");
    wait_for("more pictures", Duration::from_secs(20), || {
        (demo.count("/video/frames") > before + 48 && demo.status()["state"] == "live").then_some(())
    });
}

/// What a folder has.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_recording_is_cut_into_files_at_keyframes() {
    let folder = tempfile::tempdir().unwrap();
    let more = "suffix = \"-%H%M%S.flv\"\ninterval = \"2s\"\n";
    let server = Server::with("enabled = false", &application(folder.path(), more));
    let publish = Publish { seconds: 7, gop: 24, ..Publish::default() };
    let mut publisher = publish.to(&format!("{}/cut", server.rtmp_app()));
    assert!(publisher.wait(Duration::from_secs(20)).success(), "{}", publisher.stderr());
    let all = wait_for("all pictures in files", Duration::from_secs(10), || {
        let files = files(folder.path());
        (files.iter().map(|file| pictures(file)).sum::<u64>() == 7 * 24).then_some(files)
    });
    assert!((3..=4).contains(&all.len()), "{all:?}");
    for file in all {
        assert_eq!(complaints(file.to_str().unwrap()), "", "each begins with a keyframe");
    }
}

#[test]
fn sighup_brings_streams_and_keys_and_touches_nobody() {
    let mut server = Server::with("enabled = false", "");
    let mut publisher = Publish::default().to(&server.rtmp(harness::server::KEY));
    server.demo().wait_playable("source");
    let text = server.configuration();
    let changed =
        text.replace(harness::server::KEY, "another-key").replace("name = \"other\"", "name = \"fresh\"");
    server.configure(&changed);
    wait_for("the new stream", Duration::from_secs(10), || {
        (server.get("/api/v1/streams/fresh").0 == 200).then_some(())
    });
    assert_eq!(server.get("/api/v1/streams/other").0, 404, "it is gone");
    let before = server.demo().count("/video/frames");
    wait_for("more pictures", Duration::from_secs(10), || {
        (server.demo().count("/video/frames") > before + 24).then_some(())
    });
    assert!(publisher.running(), "who publishes goes on");
    drop(publisher);
    let mut old = Publish { seconds: 5, ..Publish::default() }.to(&server.rtmp(harness::server::KEY));
    assert!(!old.wait(Duration::from_secs(10)).success(), "the old key opens nothing");
    server.configure("[rtmp]\nlissten = 1\n");
    wait_for("a complaint", Duration::from_secs(10), || {
        server.process.stderr().contains("unknown field").then_some(())
    });
    let _new = Publish::default().to(&server.rtmp("another-key"));
    wait_for("pictures with the new key", Duration::from_secs(20), || {
        (server.demo().status()["state"] == "live").then_some(())
    });
}
