//! What lies on disk, judged by FFmpeg and an XML reader.

use std::fs;
use std::path::Path;
use std::time::Duration;

use media::ffmpeg::Preset;
use media::packet::Unit;
use media::time::MediaTime;

use super::*;
use crate::out::coded::{self, names};

fn coded(seconds: u32, start: i64) -> Vec<Unit> {
    coded::coded(seconds, MediaTime::from_millis(start), Preset::Veryfast)
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

/// Frames that FFmpeg counts. What is live has an end here, or it would wait for more.
fn frames(manifest: &Path, kind: &str) -> u32 {
    let text = fs::read_to_string(manifest).unwrap().replace("type=\"dynamic\"", "type=\"static\"");
    let ended = manifest.with_file_name("ended.mpd");
    fs::write(&ended, text).unwrap();
    let frames = coded::frames(&ended, kind);
    fs::remove_file(ended).unwrap();
    frames
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
fn a_break_in_time_is_another_period_of_the_same_presentation() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = coded(3, 0);
    units.extend(coded(3, 60_000).split_off(2));
    write(&settings(folder.path()), &units);
    let manifest = folder.path().join("demo.mpd");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("<Period id=\"2\" start=\"PT0."), "{text}");
    assert!(
        text.contains(&format!("presentationTimeOffset=\"{}\"", timeline(&manifest, "video")[0].0)),
        "{text}"
    );
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
