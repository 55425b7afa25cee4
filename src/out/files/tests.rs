//! What lies on disk, judged by FFmpeg.

use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use media::ffmpeg::Preset;
use media::packet::Unit;
use media::time::MediaTime;

use super::*;
use crate::out::coded::{self, names};

fn coded(seconds: u32, start: MediaTime) -> Vec<Unit> {
    coded::coded(seconds, start, Preset::Ultrafast)
}

fn frames(file: &Path) -> u32 {
    coded::frames(file, "v")
}

fn settings(folder: &Path) -> FilesSettings {
    FilesSettings {
        fragment: Duration::from_secs(2),
        playlist_length: Duration::from_secs(6),
        ..FilesSettings::new(folder.to_owned())
    }
}

/// Writes everything, as the thread would.
fn write(settings: &FilesSettings, units: &[Unit]) -> Problems {
    let name: StreamName = "demo".parse().unwrap();
    let problems = Problems::new(name.clone());
    let mut writer = Writer::new(settings.clone(), name, problems.clone());
    for unit in units {
        writer.take(unit);
    }
    writer.finish();
    problems
}

#[test]
fn segments_and_playlist_lie_where_nginx_rtmp_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let problems = write(&settings(folder.path()), &coded(5, MediaTime::from_millis(10_000)));
    assert!(problems.list().is_empty());
    assert_eq!(names(folder.path()), ["demo-0.ts", "demo-1.ts", "demo-2.ts", "demo.m3u8"]);
    let counts = [0, 1, 2].map(|number| frames(&folder.path().join(format!("demo-{number}.ts"))));
    assert_eq!(counts, [50, 50, 25]);
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    let expected = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:2\n\
                    #EXTINF:2.000,\ndemo-0.ts\n#EXTINF:2.000,\ndemo-1.ts\n#EXTINF:0.960,\ndemo-2.ts\n";
    assert_eq!(text, expected);
    // Without an end a player would wait for more.
    let ended = folder.path().join("ended.m3u8");
    fs::write(&ended, text + "#EXT-X-ENDLIST\n").unwrap();
    assert_eq!(frames(&ended), 125, "played as a whole");
}

#[test]
fn a_playlist_has_a_window_and_old_segments_go() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    write(&settings, &coded(13, MediaTime::ZERO));
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    assert!(text.contains("MEDIA-SEQUENCE:4\n") && text.matches("#EXTINF").count() == 3, "{text}");
    assert_eq!(names(folder.path()).len(), 8, "they are young");
    let old = std::time::SystemTime::now() - Duration::from_secs(13);
    for name in ["demo-0.ts", "demo-6.ts"] {
        fs::File::options().write(true).open(folder.path().join(name)).unwrap().set_modified(old).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "somebody's").unwrap();
    fs::File::open(folder.path().join("notes.txt")).unwrap().set_modified(old).unwrap();
    sweep(&settings);
    assert!(!names(folder.path()).contains(&"demo-0.ts".to_owned()));
    assert!(names(folder.path()).contains(&"notes.txt".to_owned()), "what is not ours stays");
    sweep(&FilesSettings { cleanup: false, ..settings });
    assert_eq!(names(folder.path()).len(), 7);
}

#[test]
fn numbers_go_on_when_the_stream_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    write(&settings, &coded(4, MediaTime::ZERO));
    write(&settings, &coded(2, MediaTime::ZERO));
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    assert!(text.ends_with("demo-1.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:1.960,\ndemo-2.ts\n"), "{text}");
    write(&FilesSettings { continuous: false, ..settings }, &coded(2, MediaTime::ZERO));
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    assert!(text.contains("MEDIA-SEQUENCE:0\n") && text.matches(".ts").count() == 1, "{text}");
}

#[test]
fn nested_files_have_a_folder_and_variants_a_master_playlist() {
    let folder = tempfile::tempdir().unwrap();
    let variant =
        |suffix: &str, arguments: &str| Variant { suffix: suffix.into(), arguments: arguments.into() };
    let settings = FilesSettings {
        nested: true,
        variants: vec![variant("mo", "BANDWIDTH=800000"), variant("_hi", "")],
        base_url: "http://cdn/".into(),
        ..settings(folder.path())
    };
    write(&settings, &coded(2, MediaTime::ZERO));
    assert_eq!(names(folder.path()), ["de.m3u8", "demo"]);
    assert_eq!(names(&folder.path().join("demo")), ["0.ts", "index.m3u8"]);
    let media = fs::read_to_string(folder.path().join("demo/index.m3u8")).unwrap();
    assert!(media.contains("\nhttp://cdn/demo/0.ts\n"), "{media}");
    let master = fs::read_to_string(folder.path().join("de.m3u8")).unwrap();
    assert!(master.contains("BANDWIDTH=800000\nhttp://cdn/demo/index.m3u8\n"), "{master}");
    assert!(master.contains("BANDWIDTH=1000000\nhttp://cdn/de_hi/index.m3u8\n"), "{master}");
}

#[test]
fn encrypted_segments_are_played_with_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let plain = settings(&folder.path().join("plain"));
    let secret = folder.path().join("secret");
    let keys = KeySettings { folder: folder.path().join("keys"), url: "../keys/".into(), fragments: Some(2) };
    let encrypted =
        FilesSettings { keys: Some(keys), playlist_length: Duration::from_secs(60), ..settings(&secret) };
    let units = coded(7, MediaTime::ZERO);
    write(&plain, &units);
    let problems = write(&encrypted, &units);
    assert!(problems.list().is_empty(), "{:?}", problems.list());
    assert_eq!(names(&folder.path().join("keys")), ["demo-0.key", "demo-2.key"]);
    let text = fs::read_to_string(secret.join("demo.m3u8")).unwrap();
    let tag = "#EXT-X-KEY:METHOD=AES-128,URI=\"../keys/demo-2.key\",IV=0x00000000000000000000000000000002\n";
    assert!(text.contains(&format!("demo-1.ts\n{tag}")) && text.matches("EXT-X-KEY").count() == 2, "{text}");
    let clear = fs::read(plain.folder.join("demo-0.ts")).unwrap();
    let closed = fs::read(secret.join("demo-0.ts")).unwrap();
    assert!(closed.len() > clear.len() && closed.len() <= clear.len() + 16 && closed[0] != 0x47);
    let ended = secret.join("ended.m3u8");
    fs::write(&ended, text + "#EXT-X-ENDLIST\n").unwrap();
    assert_eq!(frames(&ended), 175);

    // Who publishes again has other keys, and the old ones stay known.
    write(&encrypted, &units);
    let text = fs::read_to_string(secret.join("demo.m3u8")).unwrap();
    assert_eq!(text.matches("EXT-X-KEY").count(), 4, "{text}");
    // Without keys what is encrypted is not listed any more.
    let open = FilesSettings { keys: None, ..encrypted.clone() };
    write(&open, &units);
    let text = fs::read_to_string(secret.join("demo.m3u8")).unwrap();
    assert!(!text.contains("EXT-X-KEY") && text.contains("MEDIA-SEQUENCE:8\n"), "{text}");
    sweep(&FilesSettings {
        list_type: ListType::Event,
        playlist_length: Duration::ZERO,
        ..encrypted.clone()
    });
    assert!(!names(&folder.path().join("keys")).is_empty(), "an event stays");
    sweep(&FilesSettings { playlist_length: Duration::ZERO, ..encrypted });
    assert!(names(&folder.path().join("keys")).is_empty());
}

#[test]
fn segments_may_be_aligned_and_have_round_names() {
    let folder = tempfile::tempdir().unwrap();
    let aligned = FilesSettings {
        slicing: Slicing::Aligned,
        naming: Naming::Timestamp,
        granularity: NonZeroU64::new(100_000),
        playlist_length: Duration::from_secs(60),
        ..settings(folder.path())
    };
    // Keyframes at 1.5, 2.5, 3.5 ... s: the first behind 2, 4 and 6 s begin segments.
    write(&aligned, &coded(6, MediaTime::from_millis(1_500)));
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    let lengths: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:")).collect();
    assert_eq!(lengths, ["2.000,", "2.000,", "0.960,"], "{text}");
    assert_eq!(names(folder.path()), ["demo-200000.ts", "demo-400000.ts", "demo-500000.ts", "demo.m3u8"]);
}

#[test]
fn a_break_in_time_is_a_discontinuity() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = coded(2, MediaTime::ZERO);
    units.extend(coded(2, MediaTime::from_millis(60_000)).split_off(2));
    write(&settings(folder.path()), &units);
    let text = fs::read_to_string(folder.path().join("demo.m3u8")).unwrap();
    assert!(text.ends_with("demo-0.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:1.960,\ndemo-1.ts\n"), "{text}");
}

#[test]
fn a_folder_that_cannot_be_written_is_a_problem_and_no_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let problems = write(&settings(&folder.path().join("file")), &coded(3, MediaTime::ZERO));
    assert_eq!(problems.list()[0].kind, "files-failed");
}

#[test]
fn a_full_disk_leaves_no_half_files() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..4 {
        let part = folder.path().join(format!(".demo-{number}.ts.part"));
        std::os::unix::fs::symlink("/dev/full", part).unwrap();
    }
    let problems = write(&settings(folder.path()), &coded(5, MediaTime::ZERO));
    assert!(problems.list()[0].text.contains("No space left"), "{:?}", problems.list());
    assert!(!names(folder.path()).iter().any(|name| !name.starts_with('.')), "{:?}", names(folder.path()));
}
