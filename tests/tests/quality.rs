//! The project's quality figures against FFmpeg's, on the sample footage.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::io::Write;
use std::path::Path;

use harness::ffmpeg::ffmpeg;
use media::ffmpeg::{FileReader, Filter, Media, Scaler};
use media::quality::{Mean, SquaredError, psnr_luma, squared_error_luma, ssim_luma};
use media::{Picture, Size};

const PICTURES: usize = 12;

fn sample() -> Vec<Picture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut reader = FileReader::open(&root.join(".deps/footage/trailer.mp4")).unwrap();
    let mut pictures = Vec::new();
    while let Some(media) = reader.next().unwrap() {
        if let Media::Picture(picture) = media {
            // The first seconds are black.
            if picture.pts().as_millis() > 8_000 {
                pictures.push(picture);
            }
        }
        if pictures.len() == PICTURES {
            break;
        }
    }
    pictures
}

fn write(path: &Path, pictures: &[Picture]) {
    let mut file = std::fs::File::create(path).unwrap();
    for picture in pictures {
        for component in media::Component::ALL {
            picture.plane(component).rows().for_each(|row| file.write_all(row).unwrap());
        }
    }
}

/// The number behind `name` in FFmpeg's summary line of a filter.
fn figure(log: &str, line: &str, name: &str) -> f64 {
    let summary =
        log.lines().rfind(|text| text.contains(line)).unwrap_or_else(|| panic!("no {line} in {log}"));
    let value = summary.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap();
    value.parse().unwrap()
}

#[test]
fn psnr_and_ssim_are_those_of_ffmpeg() {
    let originals = sample();
    assert_eq!(originals.len(), PICTURES);
    let size = originals[0].size();
    let half = Size { width: size.width / 2, height: size.height / 2 };
    let (mut down, mut up) = (Scaler::new(Filter::Area), Scaler::new(Filter::Lanczos));
    let blurred: Vec<Picture> = originals
        .iter()
        .map(|picture| up.scale(&down.scale(picture, half).unwrap(), size).unwrap())
        .collect();

    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("blurred.yuv"), folder.path().join("originals.yuv"));
    write(&ours, &blurred);
    write(&theirs, &originals);
    let size = size.to_string();
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-i"];
    let filters = "split=2[a][b];[1:v]split=2[c][d];[a][c]psnr;[b][d]ssim";
    let arguments = [
        &["-hide_banner", "-nostats"][..],
        &input,
        &[ours.to_str().unwrap()],
        &input,
        &[theirs.to_str().unwrap()],
        &["-lavfi", &format!("[0:v]{filters}"), "-f", "null", "-"],
    ];
    let log = ffmpeg(&arguments.concat());
    let log = String::from_utf8_lossy(&log.stderr).into_owned();

    let (mut pooled, mut ssim, mut psnr) = (SquaredError::default(), Mean::default(), Mean::default());
    for (shown, original) in blurred.iter().zip(&originals) {
        let error = squared_error_luma(shown, original).unwrap();
        pooled = SquaredError { sum: pooled.sum + error.sum, count: pooled.count + error.count };
        psnr.add(psnr_luma(shown, original));
        ssim.add(ssim_luma(shown, original));
    }
    let (their_psnr, their_ssim) = (figure(&log, "PSNR", "y:"), figure(&log, "SSIM", "Y:"));
    assert!((pooled.psnr() - their_psnr).abs() < 0.001, "{} and {their_psnr}", pooled.psnr());
    assert!((ssim.mean() - their_ssim).abs() < 0.001, "{} and {their_ssim}", ssim.mean());
    assert!(psnr.mean() > 25.0 && psnr.mean() >= pooled.psnr(), "{}", psnr.mean());
}
