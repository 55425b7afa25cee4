//! Pictures as they are meant to be looked at, compared with what the ffmpeg program shows of the same file.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::Path;
use std::process::Command;

use media::ffmpeg::{FileReader, Media};
use media::{MediaTime, Picture, PixelAspect, Size};

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

fn pictures(path: &Path) -> Vec<Picture> {
    let mut reader = FileReader::open(path).unwrap();
    let all = std::iter::from_fn(|| reader.next().unwrap());
    all.map(|media| match media {
        Media::Picture(picture) => picture,
        Media::Audio(_) => panic!("no sound was made"),
    })
    .collect()
}

fn first(path: &Path) -> Picture {
    pictures(path).swap_remove(0)
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

#[test]
fn the_shape_of_pixels_is_the_containers_and_else_the_bitstreams() {
    let wide = PixelAspect::new(64, 45);
    let sar = format!("{VIDEO} -vf setsar=64/45");
    let oblong = make("oblong.mp4", &sar);
    let plain = make("plain.mp4", VIDEO);
    let anew = format!("-i {} -c copy -aspect 4:3", plain.path.display());
    let table = [
        (make("oblong.ts", &sar), wide),
        (make("oblong.mkv", &sar), wide),
        // The bitstream says square: 160x90 as 4:3 is 3:4.
        (make("anew.mp4", &anew), PixelAspect::new(3, 4)),
        (make("anew.mkv", &anew), PixelAspect::new(3, 4)),
        (rotated(&oblong, "turned.mp4", 90), PixelAspect::new(45, 64)),
        (rotated(&oblong, "turned.mp4", 180), wide),
        (plain, PixelAspect::SQUARE),
        (oblong, wide),
    ];
    for (file, expected) in table {
        assert_eq!(first(&file.path).pixel_aspect(), expected, "{}", file.path.display());
    }
}

#[test]
fn interlaced_pictures_are_made_progressive_one_for_each() {
    let source = "-f lavfi -i testsrc2=size=160x96:rate=50:duration=1 -qp 10 -c:v libx264 -flags +ilme+ildct";
    for (first, order) in [("top", "tff"), ("bottom", "bff")] {
        let filters = format!("-vf tinterlace=interleave_{first},fieldorder={order} -x264-params {order}=1");
        let file = make("fields.mkv", &format!("{source} {filters}"));
        let pictures = pictures(&file.path);
        assert_eq!(pictures.len(), 25, "{order}");
        for (index, picture) in pictures.iter().enumerate() {
            let error = (picture.pts() - MediaTime::from_millis(40 * index as i64)).abs();
            assert!(error <= MediaTime::from_millis(1), "{order}: {picture:?}");
        }
        let filters =
            |deinterlacer: &str| format!("{deinterlacer}select=eq(n\\,12),scale=out_range=tv:in_range=tv");
        let made = difference(
            &pictures[12],
            &shown(&file.path, &filters("bwdif=mode=send_frame:deint=interlaced,")),
        );
        let combed = difference(&pictures[12], &shown(&file.path, &filters("")));
        assert!(made < 0.5 && combed > 1.0, "{order}: {made} off what it should be, {combed} off the fields");
    }
}

#[test]
fn a_file_may_change_its_size_on_the_way() {
    let lying = make("lying.ts", VIDEO);
    let upright = make("upright.ts", &format!("{VIDEO} -vf scale=90:160 -output_ts_offset 0.4"));
    let both = [&lying, &upright].map(|part| std::fs::read(&part.path).unwrap()).concat();
    std::fs::write(&lying.path, both).unwrap();
    let sizes: Vec<_> = pictures(&lying.path).iter().map(Picture::size).collect();
    let lying = Size { width: 160, height: 90 };
    assert_eq!(sizes.iter().filter(|&&size| size == lying).count(), 10, "{sizes:?}");
    assert_eq!(sizes[10..], [Size { width: 90, height: 160 }; 10]);
}
