//! Real media: what an encoder wrote goes through the packager and comes out of FFmpeg without a word of complaint.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use media::flv::{Demuxer, Tag, TagKind};
use media::{MediaTime, Unit};

use super::feed::{ALL, AUDIO, ENHANCED, SOURCE, START};
use crate::out::Rendition;
use crate::out::hls::presentation::{PackagerSettings, Presentation};

/// Ten seconds of moving picture and tone as FLV: B-frames on demand, a keyframe every two seconds.
fn clip(path: &Path, size: &str, b_frames: &str) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate=30000/1001")])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", "10"])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-sc_threshold", "0", "-bf", b_frames])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-f", "flv"])
        .arg(path)
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The units of an FLV file, moved to the stream's timeline.
fn units(path: &Path) -> Vec<Unit> {
    let mut file = Bytes::from(fs::read(path).unwrap()).slice(13..); // header and first back pointer
    let mut demuxer = Demuxer::new();
    while file.len() >= 15 {
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let length = number(&file[1..4]) as usize;
        let timestamp = number(&file[4..7]) | u32::from(file[7]) << 24;
        let kind = TagKind::from_wire_id(file[0]).unwrap();
        let tag = Tag { kind, timestamp, body: file.slice(11..11 + length) };
        file = file.slice(11 + length + 4..);
        demuxer.push(&tag).unwrap();
    }
    demuxer.finish();
    let moved = |unit| match unit {
        Unit::Packet(mut packet) => {
            packet.dts += START;
            packet.pts += START;
            Unit::Packet(packet)
        }
        config => config,
    };
    std::iter::from_fn(|| demuxer.pull()).map(moved).collect()
}

/// Everything that can be fetched while a stream runs, by rendition: initialisation segment, then the segments.
fn package(source: &Path, enhanced: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut state =
        Presentation::new(PackagerSettings { window_segments: 20, ..PackagerSettings::default() });
    let mut push = |rendition, unit| state.push(rendition, unit, UNIX_EPOCH).unwrap();
    let mut lane = units(enhanced).into_iter().filter(|unit| unit.track() == media::Track::Video);
    for unit in units(source) {
        match unit.track() {
            media::Track::Audio => push(AUDIO, unit),
            media::Track::Video => {
                push(SOURCE, unit);
                lane.next().into_iter().for_each(|unit| push(ENHANCED, unit));
            }
        }
    }
    state.finish().unwrap();
    let bytes = |rendition: Rendition| {
        let window = &state.segmenter(rendition.id).unwrap().window;
        let mut bytes = window.init(1).unwrap().to_vec();
        for segment in window.listed() {
            segment.parts.iter().for_each(|part| bytes.extend_from_slice(&part.bytes));
        }
        bytes
    };
    ALL.into_iter().map(|rendition| (rendition.to_string(), bytes(rendition))).collect()
}

/// What FFmpeg says when it decodes a file.
fn complaints(path: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Presentation times of a file's packets, sorted, in ticks.
fn presented(path: &Path) -> Vec<i64> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let seconds = text.lines().filter_map(|line| line.trim_end_matches(',').parse::<f64>().ok());
    let mut times: Vec<i64> = seconds.map(|seconds| MediaTime::from_secs_f64(seconds).ticks()).collect();
    times.sort_unstable();
    times
}

#[test]
fn ffmpeg_decodes_every_rendition_without_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (folder.path().join("small.flv"), folder.path().join("large.flv"));
    clip(&small, "320x180", "2");
    clip(&large, "640x360", "0");
    for (rendition, bytes) in package(&small, &large) {
        let file = folder.path().join(format!("{rendition}.mp4"));
        fs::write(&file, bytes).unwrap();
        assert_eq!(complaints(&file), "", "{rendition}");
    }

    // Every picture comes out at its time, those that are decoded in another order included.
    let expected: Vec<i64> = {
        let packets = units(&small).into_iter().filter_map(|unit| match unit {
            Unit::Packet(packet) if packet.track == media::Track::Video => Some(packet.pts.ticks()),
            _ => None,
        });
        let mut times: Vec<i64> = packets.collect();
        times.sort_unstable();
        times
    };
    let found = presented(&folder.path().join("source.mp4"));
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).max();
    assert!(worst <= Some(1), "off by {worst:?} ticks");

    // Audio frames follow each other without a seam although their stamps are in milliseconds.
    let sound = presented(&folder.path().join("audio.mp4"));
    assert!(sound.len() > 420, "{} frames", sound.len());
    assert!(sound.windows(2).all(|pair| (2089..=2091).contains(&(pair[1] - pair[0]))), "{sound:?}");
}
