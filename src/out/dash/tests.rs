//! What lies on disk, judged by FFmpeg and an XML reader.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use media::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
use media::packet::{Packet, Unit};
use media::picture::{Colour, PixelAspect};
use media::synthetic::{TestPictures, TestSound};
use media::time::MediaTime;
use media::{FrameRate, Size};

use super::*;

const SIZE: Size = Size { width: 160, height: 96 };

/// So many seconds of pictures at 25 a second with B pictures, a keyframe each second, and sound; configurations first.
fn coded(seconds: u32, start: i64) -> Vec<Unit> {
    let settings = EncoderSettings {
        size: SIZE,
        frame_rate: FrameRate::whole(25),
        rate: RateControl::Bitrate(200_000),
        coder: Coder::X264(Preset::Veryfast),
        look_ahead: Some(MediaTime::from_millis(400)),
        key_interval: Some(MediaTime::from_millis(1_000)),
        threads: 1,
        colour: Colour::default(),
        aspect: PixelAspect::SQUARE,
    };
    let mut encoder = Encoder::new(&settings).unwrap();
    let mut packets: Vec<Packet> = Vec::new();
    for picture in TestPictures::new(SIZE, FrameRate::whole(25)).iter().take(25 * seconds as usize) {
        encoder.push(&picture, false).unwrap();
        while let Some(packet) = encoder.pull().unwrap() {
            packets.push(packet);
        }
    }
    encoder.finish();
    while let Some(packet) = encoder.pull().unwrap() {
        packets.push(packet);
    }
    let mut sound = TestSound::new(Some(440.0)).unwrap();
    let end = MediaTime::from_millis(i64::from(seconds) * 1000);
    packets.extend(std::iter::from_fn(|| sound.next_packet().ok()).take_while(|frame| frame.dts < end));
    packets.sort_by_key(|packet| packet.dts);
    let start = MediaTime::from_millis(start);
    let mut units = vec![Unit::VideoConfig(encoder.config()), Unit::AudioConfig(sound.config())];
    units.extend(
        packets.into_iter().map(|packet| {
            Unit::Packet(Packet { dts: packet.dts + start, pts: packet.pts + start, ..packet })
        }),
    );
    units
}

fn settings(folder: &Path) -> DashSettings {
    DashSettings {
        fragment: Duration::from_secs(2),
        playlist_length: Duration::from_secs(60),
        ..DashSettings::new(folder.to_owned())
    }
}

fn write(settings: &DashSettings, units: &[Unit]) -> Problems {
    let name: StreamName = "demo".parse().unwrap();
    let problems = Problems::new(name.clone());
    let mut writer = Writer::new(settings.clone(), name, problems.clone());
    for unit in units {
        writer.take(unit);
    }
    writer.finish();
    problems
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Frames of a kind that FFmpeg decodes without a complaint. What is live has an end here, or it would wait for more.
fn frames(manifest: &Path, kind: &str) -> u32 {
    let text = fs::read_to_string(manifest).unwrap().replace("type=\"dynamic\"", "type=\"static\"");
    let ended = manifest.with_file_name("ended.mpd");
    fs::write(&ended, text).unwrap();
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            kind,
            "-show_entries",
            "stream=nb_read_frames",
        ])
        .args(["-of", "csv=p=0"])
        .arg(&ended)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    fs::remove_file(ended).unwrap();
    let counted = String::from_utf8(output.stdout).unwrap();
    counted.lines().next().unwrap().trim_end_matches(',').parse().unwrap_or_else(|_| panic!("{counted:?}"))
}

/// The times of the timeline of one track: when each segment begins, and how long it is.
fn timeline(manifest: &Path, kind: &str) -> Vec<(i64, i64)> {
    let text = fs::read_to_string(manifest).unwrap();
    let (_, of_kind) = text.split_once(&format!("contentType=\"{kind}\"")).unwrap();
    let (of_kind, _) = of_kind.split_once("</AdaptationSet>").unwrap();
    let entries = of_kind.lines().filter_map(|line| line.trim().strip_prefix("<S t=\""));
    let numbers = entries.map(|entry| {
        let mut numbers = entry.split('"').filter_map(|part| part.parse().ok());
        (numbers.next().unwrap(), numbers.next().unwrap())
    });
    numbers.collect()
}

#[test]
fn segments_and_manifest_lie_where_nginx_rtmp_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let problems = write(&settings(folder.path()), &coded(5, 10_000));
    assert!(problems.list().is_empty(), "{:?}", problems.list());
    let manifest = folder.path().join("demo.mpd");
    let video = timeline(&manifest, "video");
    assert_eq!(video.len(), 3);
    for pair in video.windows(2) {
        assert_eq!(
            pair[0].0 + pair[0].1,
            pair[1].0,
            "one segment begins where the one before it ends: {video:?}"
        );
    }
    assert_eq!(video.iter().map(|segment| segment.1).sum::<i64>(), 5 * 90_000);
    let names = names(folder.path());
    assert_eq!(names.len(), 3 + 3 + 2 + 1, "{names:?}");
    for (start, _) in &video {
        assert!(names.contains(&format!("demo-{start}.m4v")), "{names:?}");
    }
    assert!(names.contains(&"demo-init.m4v".to_owned()) && names.contains(&"demo-init.m4a".to_owned()));
    assert_eq!(frames(&manifest, "v"), 125);
    let sound = frames(&manifest, "a");
    assert!((234..=236).contains(&sound), "{sound} frames of 1024 samples");
    let told = fs::read_to_string(&manifest).unwrap();
    assert!(told.contains("codecs=\"avc1.") && told.contains("codecs=\"mp4a.40.2\""), "{told}");
}

#[test]
fn manifests_have_a_window_and_streams_may_have_folders() {
    let folder = tempfile::tempdir().unwrap();
    let short =
        DashSettings { nested: true, playlist_length: Duration::from_secs(4), ..settings(folder.path()) };
    write(&short, &coded(9, 0));
    let nested = folder.path().join("demo");
    assert_eq!(timeline(&nested.join("index.mpd"), "video").len(), 2);
    assert!(names(&nested).contains(&"init.m4v".to_owned()), "{:?}", names(&nested));
    // Once the manifest has gone, what its segments are decoded with goes as well.
    let now = DashSettings { playlist_length: Duration::ZERO, ..short };
    sweep(&now);
    sweep(&now);
    assert!(!nested.exists() || names(&nested).is_empty());
}

#[test]
fn a_break_in_time_is_another_presentation() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = coded(3, 0);
    units.extend(coded(3, 60_000).split_off(2));
    write(&settings(folder.path()), &units);
    let manifest = folder.path().join("demo.mpd");
    assert!(timeline(&manifest, "video").iter().all(|(start, _)| *start >= 60 * 90_000));
    assert_eq!(frames(&manifest, "v"), 75);
}

#[test]
fn a_full_disk_is_a_problem_and_no_end() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join(".demo.mpd.part")).unwrap();
    let problems = write(&settings(folder.path()), &coded(5, 0));
    assert_eq!(problems.list()[0].kind, "dash-failed");
    assert!(problems.list()[0].text.contains("No space left"), "{:?}", problems.list());
}
