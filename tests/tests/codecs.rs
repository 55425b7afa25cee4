//! HEVC, AV1 and Opus over Enhanced RTMP, from an FFmpeg that speaks it: both renditions can be decoded without a flaw,
//! every picture is there, the boxes are those that FFmpeg writes, and Chromium plays what it can.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::{complaints, probe, record};
use harness::server::{KEY, OTHER_KEY};
use harness::{Process, Server, wait_for};
use serde_json::Value;

const HEVC: [&str; 8] = [
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-b:v",
    "500k",
    "-x265-params",
    "log-level=error:bframes=2:keyint=48:open-gop=0",
];
const AV1: [&str; 6] = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "40"];

/// Debian's FFmpeg does not speak Enhanced RTMP.
fn newer_ffmpeg() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/ffmpeg-peer/ffmpeg")
}

/// A moving test picture of 320x180 at 24 a second, and a tone.
fn publish(video: &[&str], audio: &str, url: &str) -> Process {
    let mut command = Command::new(newer_ffmpeg());
    command.args(["-hide_banner", "-loglevel", "warning", "-re", "-f", "lavfi"]);
    command.args([
        "-i",
        "testsrc2=size=320x180:rate=24",
        "-re",
        "-f",
        "lavfi",
        "-i",
        "sine=sample_rate=48000",
    ]);
    command.args(video).args(["-pix_fmt", "yuv420p", "-g", "48", "-c:a", audio, "-b:a", "96k"]);
    command.args(["-t", "60", "-f", "flv", url]);
    Process::start("newer ffmpeg", &mut command)
}

/// What a reader of one rendition's playlist gets.
fn recorded(server: &Server, stream: &str, rendition: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.mp4").to_str().unwrap().to_owned();
    record(&server.stream(stream).rendition_url(rendition), 4, &file);
    assert_eq!(complaints(&file), "", "{stream} {rendition}");
    probe(
        &file,
        &[
            "-count_frames",
            "-count_packets",
            "-show_entries",
            "stream=codec_name,width,nb_read_frames,nb_read_packets,duration",
        ],
    )["streams"][0]
        .clone()
}

fn pictures_are_complete(seen: &Value, codec: &str, width: u64) {
    assert_eq!((seen["codec_name"].as_str(), seen["width"].as_u64()), (Some(codec), Some(width)), "{seen}");
    assert_eq!(seen["nb_read_frames"], seen["nb_read_packets"], "{seen}");
    let frames: f64 = seen["nb_read_frames"].as_str().unwrap().parse().unwrap();
    let seconds: f64 = seen["duration"].as_str().unwrap().parse().unwrap();
    // Where a recording ends, pictures that are shown before the last one that was read may be missing.
    assert!(frames > 72.0 && (frames - seconds * 24.0).abs() < 2.5, "pictures are missing: {seen}");
}

#[test]
fn hevc_av1_and_opus_reach_viewers() {
    let server = Server::start();
    let _av1 = publish(&AV1, "libopus", &server.rtmp(KEY));
    let _hevc = publish(&HEVC, "aac", &server.rtmp(OTHER_KEY));

    let wanted = [("demo", "av01.0.00M.08", "Opus"), ("other", "hvc1.1.6.L60.90", "mp4a.40.2")];
    for (name, video, audio) in wanted {
        for rendition in ["source", "enhanced", "audio"] {
            server.stream(name).wait_playable(rendition);
        }
        let playlist = wait_for("everything in the playlist", Duration::from_secs(20), || {
            let (status, text) = server.get(&format!("/hls/{name}/index.m3u8"));
            (status == 200 && text.contains("enhanced/") && text.contains("AUDIO=")).then_some(text)
        });
        assert!(playlist.contains(&format!("CODECS=\"{video},{audio}\"")), "{playlist}");
        let enhanced = playlist.lines().find(|line| line.contains("RESOLUTION=640x360")).unwrap();
        assert!(
            enhanced.contains("avc1.") && enhanced.contains("mp4a.40.2"),
            "not for everybody: {playlist}"
        );
        let status = server.stream(name).status();
        assert_eq!((&status["video"]["codec"], &status["audio"]["codec"]), (&video.into(), &audio.into()));
        assert_eq!(status["problems"].as_array().map(Vec::len), Some(0), "{status}");
    }
    pictures_are_complete(&recorded(&server, "demo", "source"), "av1", 320);
    pictures_are_complete(&recorded(&server, "demo", "enhanced"), "h264", 640);
    pictures_are_complete(&recorded(&server, "other", "source"), "hevc", 320);
    pictures_are_complete(&recorded(&server, "other", "enhanced"), "h264", 640);
    assert_eq!(recorded(&server, "demo", "audio")["codec_name"], "opus");
    assert_eq!(recorded(&server, "demo", "aac")["codec_name"], "aac");
    for name in ["demo", "other"] {
        assert_eq!(server.stream(name).count("/lane/skipped"), 0, "{}", server.stream(name).status());
    }
    boxes_are_as_ffmpeg_writes_them(&server);
    chromium_plays(&server);
}

/// The whole box, its size and name included.
fn find_box(file: &[u8], name: [u8; 4]) -> &[u8] {
    let at = file.windows(4).position(|window| *window == name).unwrap_or_else(|| panic!("no {name:?}")) - 4;
    let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    &file[at..at + size]
}

/// FFmpeg's muxer, given the same packets, writes the same descriptions.
fn boxes_are_as_ffmpeg_writes_them(server: &Server) {
    for (stream, rendition, name) in
        [("demo", "source", *b"av1C"), ("other", "source", *b"hvcC"), ("demo", "audio", *b"dOps")]
    {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("by-ffmpeg.mp4").to_str().unwrap().to_owned();
        record(&server.stream(stream).rendition_url(rendition), 2, &file);
        let by_ffmpeg = std::fs::read(&file).unwrap();
        let (status, playlist) = server.get(&format!("/hls/{stream}/{rendition}/index.m3u8"));
        assert_eq!(status, 200);
        let map = harness::hls::map(&playlist).unwrap();
        let (status, ours) = server.get_bytes(&format!("/hls/{stream}/{rendition}/{map}"));
        assert_eq!(status, 200);
        assert_eq!(find_box(&ours, name), find_box(&by_ffmpeg, name), "{stream} {rendition}");
    }
}

/// AV1 and Opus as they came and enhanced; of HEVC, which this Chromium does not have, what is enhanced.
fn chromium_plays(server: &Server) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/renditions.mjs");
    let mut command = Command::new("node");
    command.arg(script);
    command.args(["demo", "other"].map(|name| format!("{}/watch/{name}", server.http())));
    let mut browser = Process::start("browser", &mut command);
    let ended = browser.wait(Duration::from_secs(150));
    assert!(ended.success(), "{}", browser.stderr());
    let seen: Value = serde_json::from_str(&browser.stdout()).unwrap();
    println!("{seen}");
    let plays = |page: &Value, rendition: &str, width: u64| {
        let seen = &page[rendition];
        assert_eq!(seen["width"].as_u64(), Some(width), "{rendition}: {page}");
        assert!(seen["advanced"].as_f64().unwrap() > 1.0, "{rendition} stands still: {page}");
        assert!(seen["sound"].as_u64().unwrap() > 0, "{rendition} is silent: {page}");
    };
    plays(&seen[0], "enhanced", 640);
    plays(&seen[0], "source", 320);
    plays(&seen[1], "enhanced", 640);
    if seen[1]["hevc"] == true {
        plays(&seen[1], "source", 320);
    } else {
        assert_eq!(
            seen[1]["renditions"],
            serde_json::json!(["enhanced"]),
            "what cannot be played is not offered: {seen}"
        );
    }
    for page in seen.as_array().unwrap() {
        assert!(page["errors"].as_array().unwrap().is_empty(), "{seen}");
    }
}
