//! Players over RTMP: FFmpeg takes what came in, and what the server makes of it, from the same port that publishers use.

use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, ffmpeg, probe};
use harness::server::KEY;
use harness::{Process, Server, wait_for};

/// Starts FFmpeg, which plays `url` into `file` for some seconds.
fn play(url: &str, seconds: u32, file: &str) -> Process {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "warning", "-y", "-i", url]);
    command.args(["-t", &seconds.to_string(), "-c", "copy", file]);
    Process::start("ffmpeg player", &mut command)
}

#[test]
fn players_get_source_and_enhanced_from_a_keyframe_on() {
    let server = Server::start();
    let demo = server.demo();
    let _publisher = Publish { gop: 48, ..Publish::default() }.to(&server.rtmp(KEY));
    demo.wait_playable("enhanced");
    let folder = tempfile::tempdir().unwrap();
    let players = [("demo", 480), ("demo_enhanced", 960)].map(|(name, width)| {
        let file = folder.path().join(format!("{name}.mkv")).to_str().unwrap().to_owned();
        let player = play(&format!("{}/{name}?who=ffmpeg", server.rtmp_app()), 6, &file);
        (player, file, width)
    });
    for (mut player, file, width) in players {
        assert!(player.wait(Duration::from_secs(30)).success(), "{}", player.stderr());
        assert_eq!(complaints(&file), "", "the first picture is a keyframe, and nothing is missing");
        let streams = probe(&file, &["-show_streams", "-count_packets"]);
        let count = |kind: &str| {
            let streams = streams["streams"].as_array().unwrap();
            let stream = streams.iter().find(|stream| stream["codec_type"] == kind).unwrap();
            stream["nb_read_packets"].as_str().unwrap().parse::<u32>().unwrap()
        };
        assert!((130..=150).contains(&count("video")), "six seconds at 24 a second: {}", count("video"));
        assert!((250..=290).contains(&count("audio")), "{}", count("audio"));
        let found = streams["streams"].as_array().unwrap().iter().find_map(|stream| stream["width"].as_u64());
        assert_eq!(found, Some(width));
    }
}

#[test]
fn who_asks_for_what_is_not_there_is_told() {
    let server = Server::start();
    for name in ["demo", "nobody", "demo_enhanced", "../demo", ""] {
        let url = format!("{}/{name}", server.rtmp_app());
        let output = ffmpeg(&["-loglevel", "warning", "-i", &url, "-f", "null", "-"]);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("no such stream, or nobody publishes"), "{name}: {said}");
    }
}

#[test]
fn players_end_with_the_stream() {
    let server = Server::start();
    let publisher = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    server.demo().wait_playable("source");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.mkv").to_str().unwrap().to_owned();
    let mut player = play(&format!("{}/demo", server.rtmp_app()), 100, &file);
    wait_for("something to be played", Duration::from_secs(10), || {
        std::fs::metadata(&file).is_ok_and(|file| file.len() > 100_000).then_some(())
    });
    drop(publisher);
    assert!(player.wait(Duration::from_secs(20)).success(), "{}", player.stderr());
    assert_eq!(complaints(&file), "");
}
