//! A coded stream, and FFmpeg's judgement of files that hold it.

use std::path::Path;
use std::process::Command;

use media::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
use media::packet::{Packet, Unit};
use media::picture::{Colour, PixelAspect};
use media::synthetic::{TestPictures, TestSound};
use media::time::MediaTime;
use media::{FrameRate, Size};

const SIZE: Size = Size { width: 160, height: 96 };

/// So many seconds of pictures at 25 a second, with a keyframe each second, and sound, from a time on; configurations first.
pub(in crate::out) fn coded(seconds: u32, start: MediaTime, preset: Preset) -> Vec<Unit> {
    let settings = EncoderSettings {
        size: SIZE,
        frame_rate: FrameRate::whole(25),
        rate: RateControl::Bitrate(200_000),
        coder: Coder::X264(preset),
        // With room for B pictures where the preset has them.
        look_ahead: (preset != Preset::Ultrafast).then_some(MediaTime::from_millis(400)),
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
    let mut units = vec![Unit::VideoConfig(encoder.config()), Unit::AudioConfig(sound.config())];
    units.extend(
        packets.into_iter().map(|packet| {
            Unit::Packet(Packet { dts: packet.dts + start, pts: packet.pts + start, ..packet })
        }),
    );
    units
}

/// Frames of a kind (`v`, `a`) that FFmpeg decodes without a complaint.
pub(in crate::out) fn frames(file: &Path, kind: &str) -> u32 {
    // Keys are no media to it.
    let is_playlist = file.extension().is_some_and(|extension| extension == "m3u8");
    let playlists: &[&str] = if is_playlist { &["-allowed_extensions", "ALL"] } else { &[] };
    let output = Command::new("ffprobe")
        .args(playlists)
        .args(["-v", "error", "-count_frames", "-select_streams", kind])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", file.display());
    // A transport stream lists its tracks twice.
    let counted = String::from_utf8(output.stdout).unwrap();
    counted.lines().next().unwrap().trim_end_matches(',').parse().unwrap_or_else(|_| panic!("{counted:?}"))
}

/// The names of everything in a folder.
pub(in crate::out) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
