//! Pictures as they are meant to be looked at, compared with what the ffmpeg program shows of the same file.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;
use std::process::Command;

use media::ffmpeg::{FileReader, Media};
use media::{Picture, Size};

use super::{Fixture, make};

/// Pictures whose corners differ, so that a wrong turn is found.
const VIDEO: &str = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=0.4 -c:v libx264 -qp 10";

/// The luma of the first picture as the ffmpeg program turns it.
fn shown(path: &Path, filters: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(path);
    if !filters.is_empty() {
        command.args(["-vf", filters]);
    }
    let output =
        command.args(["-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn first(path: &Path) -> Picture {
    match FileReader::open(path).unwrap().next().unwrap() {
        Some(Media::Picture(picture)) => picture,
        other => panic!("{other:?}"),
    }
}

/// Mean difference of luma.
fn difference(picture: &Picture, expected: &[u8]) -> f64 {
    let samples = picture.luma().rows().flatten();
    assert_eq!(expected.len(), picture.luma().rows().len() * picture.luma().width);
    samples.zip(expected).map(|(one, other)| f64::from(one.abs_diff(*other))).sum::<f64>()
        / expected.len() as f64
}

/// The same coded pictures with another matrix: `rotate` is what FFmpeg's muxer makes one of.
fn rotated(plain: &Fixture, name: &str, degrees: u32) -> Fixture {
    let input = plain.path.display();
    make(name, &format!("-i {input} -c copy -metadata:s:v:0 rotate={degrees}"))
}

#[test]
fn a_phone_held_upright_or_upside_down_is_shown_as_players_show_it() {
    let plain = make("plain.mp4", VIDEO);
    let lying = Size { width: 160, height: 90 };
    let upright = Size { width: 90, height: 160 };
    for (degrees, size) in [(0, lying), (90, upright), (180, lying), (270, upright)] {
        for name in ["turned.mp4", "turned.mov"] {
            let file = rotated(&plain, name, degrees);
            assert_eq!(FileReader::open(&file.path).unwrap().size(), size, "{name} {degrees}");
            let picture = first(&file.path);
            assert_eq!(picture.size(), size, "{name} {degrees}");
            // The program shows the range that gray has: full.
            let off = difference(&picture, &shown(&file.path, "scale=out_range=tv:in_range=tv"));
            assert!(off < 1.0, "{name}, {degrees} degrees: {off}");
        }
    }
}

/// No muxer of FFmpeg 5.1 writes these: the matrix of an upright file is written over.
#[test]
fn mirrored_files_are_shown_mirrored() {
    let plain = make("plain.mp4", VIDEO);
    let one = 1_i32 << 16;
    let table = [
        ([-one, 0, 0, one], "hflip"),
        ([one, 0, 0, -one], "vflip"),
        ([0, one, one, 0], "transpose=cclock_flip"),
        ([0, -one, -one, 0], "transpose=clock_flip"),
    ];
    for ([a, b, c, d], filter) in table {
        let words = [a, b, 0, c, d, 0, 0, 0, 1 << 30];
        let mut bytes = std::fs::read(&plain.path).unwrap();
        // In the track's header, after what does not change: 40 bytes behind its name.
        let header = bytes.windows(4).position(|four| four == b"tkhd").expect("a track") + 4 + 40;
        let matrix = words.iter().flat_map(|word| word.to_be_bytes());
        bytes.splice(header..header + 36, matrix);
        let file = plain.path.with_file_name("mirrored.mp4");
        std::fs::write(&file, bytes).unwrap();
        let off = difference(
            &first(&file),
            &shown(&plain.path, &format!("{filter},scale=out_range=tv:in_range=tv")),
        );
        assert!(off < 1.0, "{filter}: {off}");
    }
}
