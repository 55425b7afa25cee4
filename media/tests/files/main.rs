//! Reads files that the ffmpeg program made: other codecs, containers, tracks and orders than our own.

mod display;

use std::path::{Path, PathBuf};
use std::process::Command;

use media::ffmpeg::{FfmpegError, FileReader, Media};
use media::{FrameRate, MediaTime, Size};

struct Fixture {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

/// Runs `ffmpeg ARGUMENTS name` in a folder of its own. The program belongs to the set-up: without it this fails.
fn make(name: &str, arguments: &str) -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(&path)
        .output()
        .expect("the ffmpeg program is installed (make setup)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Fixture { _folder: folder, path }
}

const VIDEO: &str = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=2";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2";

struct Contents {
    pictures: Vec<MediaTime>,
    sound: Vec<MediaTime>,
    largest_step_back: MediaTime,
}

fn read_all(reader: &mut FileReader) -> Contents {
    let mut contents =
        Contents { pictures: Vec::new(), sound: Vec::new(), largest_step_back: MediaTime::ZERO };
    let mut last = MediaTime::ZERO;
    while let Some(media) = reader.next().expect("readable to the end") {
        contents.largest_step_back = contents.largest_step_back.max(last - media.pts());
        last = media.pts();
        match media {
            Media::Picture(picture) => {
                assert_eq!(picture.size(), reader.size());
                contents.pictures.push(picture.pts());
            }
            Media::Audio(packet) => contents.sound.push(packet.pts),
        }
    }
    contents
}

fn assert_even(times: &[MediaTime], step: MediaTime) {
    assert_eq!(times[0], MediaTime::ZERO);
    for pair in times.windows(2) {
        let error = (pair[1] - pair[0] - step).abs();
        assert!(error <= MediaTime::from_millis(1), "{} to {}", pair[0], pair[1]);
    }
}

#[test]
fn an_mp4_with_reordered_pictures_and_aac() {
    let file =
        make("clip.mp4", &format!("{VIDEO} {SOUND} -c:v libx264 -preset veryfast -bf 2 -c:a aac -ac 2"));
    let mut reader = FileReader::open(&file.path).unwrap();
    assert_eq!(reader.size(), Size { width: 160, height: 90 });
    assert_eq!(reader.frame_rate(), FrameRate::whole(25));
    assert!((reader.duration().unwrap() - MediaTime::from_millis(2_000)).abs() < MediaTime::from_millis(60));
    let config = reader.audio_config().unwrap();
    assert_eq!((config.sample_rate(), config.channels()), (44_100, 2));

    let first = read_all(&mut reader);
    assert_eq!(first.pictures.len(), 50);
    assert_even(&first.pictures, MediaTime::from_millis(40));
    assert_even(&first.sound, config.frame_duration());
    assert_eq!(first.sound.len(), 87);
    assert_eq!(first.largest_step_back, MediaTime::ZERO);
    assert!(reader.next().unwrap().is_none(), "the end stays the end");

    reader.rewind().unwrap();
    let second = read_all(&mut reader);
    assert_eq!((first.pictures, first.sound), (second.pictures, second.sound));
}

#[test]
fn other_sound_becomes_aac_in_step_with_the_pictures() {
    let table = [
        ("mp3.mp4", "-c:v libx264 -c:a libmp3lame", 44_100, 1),
        ("pcm.mkv", "-c:v libx264 -c:a pcm_s16le -ar 32000 -ac 2", 48_000, 2),
        ("plain.avi", "-c:v mpeg4 -c:a pcm_s16le", 44_100, 1),
        ("opus.mkv", "-c:v libx264 -c:a libopus -ac 2", 48_000, 2),
        ("adts.ts", "-c:v libx264 -c:a aac -ac 2", 44_100, 2),
        ("flac.mkv", "-c:v libx264 -c:a flac -ac 2", 44_100, 2),
        ("alac.mov", "-c:v libx264 -c:a alac -ar 96000", 48_000, 1),
        ("telephone.mov", "-c:v libx264 -c:a pcm_mulaw -ar 8000", 48_000, 1),
        ("main.mp4", "-c:v libx264 -c:a aac -profile:a aac_main -ac 2", 44_100, 2),
        ("side.mp4", "-c:v libx264 -c:a aac -af aformat=channel_layouts=5.1(side)", 44_100, 2),
        ("surround.mkv", "-c:v libx264 -c:a ac3 -ac 6 -ar 48000", 48_000, 2),
    ];
    for (name, codecs, rate, channels) in table {
        let file = make(name, &format!("{VIDEO} {SOUND} {codecs}"));
        let mut reader = FileReader::open(&file.path).unwrap();
        let config = reader.audio_config().unwrap();
        assert_eq!((config.sample_rate(), config.channels()), (rate, channels), "{name}");
        assert_eq!(config.codec_string(), "mp4a.40.2");
        let contents = read_all(&mut reader);
        assert_eq!(contents.pictures.len(), 50, "{name}");
        let sounding = config.frame_duration() * contents.sound.len() as i64;
        let error = (sounding - MediaTime::from_millis(2_000)).abs();
        assert!(error < MediaTime::from_millis(100), "{name}: {sounding} of sound");
        assert!(contents.sound[0] < MediaTime::from_millis(60), "{name}: starts at {}", contents.sound[0]);
        assert_eq!(contents.largest_step_back, MediaTime::ZERO, "{name}");
    }
}

#[test]
fn other_pictures_become_yuv_420_with_8_bits() {
    for (name, arguments) in [
        ("ten.mkv", "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=none"),
        ("rgb.mkv", "-pix_fmt bgr0 -c:v ffv1"),
        ("full.mkv", "-pix_fmt yuvj422p -c:v mjpeg -color_range pc"),
        ("upside-down.avi", "-pix_fmt bgr24 -c:v rawvideo"),
    ] {
        let file =
            make(name, &format!("-f lavfi -i color=c=0x808080:size=64x48:rate=5:duration=1 {arguments}"));
        let mut reader = FileReader::open(&file.path).unwrap();
        let mut pictures = 0;
        while let Some(Media::Picture(picture)) = reader.next().unwrap() {
            pictures += 1;
            let samples: Vec<u8> = picture.luma().rows().flatten().copied().collect();
            assert_eq!(samples.len(), 64 * 48);
            // Middle grey is 126 in the limited range.
            assert!(samples.iter().all(|sample| (124..=128).contains(sample)), "{name}: {:?}", &samples[..8]);
        }
        assert_eq!(pictures, 5, "{name}");
    }
}

#[test]
fn tracks_of_different_lengths_and_offsets() {
    let short = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=0.5";
    let file = make("short.mkv", &format!("{VIDEO} {short} -c:v libx264 -c:a aac"));
    let contents = read_all(&mut FileReader::open(&file.path).unwrap());
    assert_eq!(contents.pictures.len(), 50);
    assert!((23..=26).contains(&contents.sound.len()), "{}", contents.sound.len());

    let file = make("late.mkv", &format!("{VIDEO} -itsoffset 1 {short} -c:v libx264 -c:a aac"));
    let contents = read_all(&mut FileReader::open(&file.path).unwrap());
    assert_eq!(contents.pictures[0], MediaTime::ZERO);
    assert!((contents.sound[0] - MediaTime::from_millis(1_000)).abs() < MediaTime::from_millis(30));

    let file = make("silent.mp4", &format!("{VIDEO} -c:v libx264"));
    let mut reader = FileReader::open(&file.path).unwrap();
    assert!(reader.audio_config().is_none());
    assert_eq!(read_all(&mut reader).pictures.len(), 50);
}

#[test]
fn a_damaged_file_plays_on() {
    let file = make("clip.mkv", &format!("{VIDEO} {SOUND} -c:v libx264 -g 10 -c:a aac"));
    let mut bytes = std::fs::read(&file.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2_000].fill(0x55);
    std::fs::write(&file.path, bytes).unwrap();
    let contents = read_all(&mut FileReader::open(&file.path).unwrap());
    assert!((20..=50).contains(&contents.pictures.len()), "{} pictures", contents.pictures.len());
}

#[test]
fn refuses_with_a_reason() {
    let error = |path: &Path| FileReader::open(path).err().expect("refused");
    let missing = error(Path::new("/nowhere/clip.mp4"));
    assert!(missing.to_string().contains("/nowhere/clip.mp4"), "{missing}");
    assert!(matches!(error(Path::new("http://127.0.0.1:1/x.mp4")), FfmpegError::File { .. }));
    let sound_only = make("sound.m4a", &format!("{SOUND} -c:a aac"));
    assert!(matches!(error(&sound_only.path), FfmpegError::NoVideo(_)));
    let cover = "-f lavfi -i color=red:size=64x64:rate=1:duration=1 -map 0 -map 1 -c:v mjpeg -disposition:v attached_pic";
    for (name, codec) in [("song.m4a", "aac"), ("song.mp3", "libmp3lame")] {
        let song = make(name, &format!("{SOUND} {cover} -c:a {codec}"));
        let refused = error(&song.path);
        assert!(matches!(refused, FfmpegError::CoverOnly(_)), "{name}: {refused}");
    }
    let text = make("frame.mp4", &format!("{VIDEO} -c:v libx264"));
    std::fs::write(&text.path, "not a film").unwrap();
    assert!(matches!(error(&text.path), FfmpegError::File { .. }));
}

#[test]
fn a_cover_beside_a_video_is_not_shown() {
    let cover = "-f lavfi -i color=red:size=640x640:rate=1:duration=1";
    let maps = "-map 0 -map 1 -map 2 -c:v:0 mjpeg -disposition:v:0 attached_pic -c:v:1 libx264 -c:a aac";
    let file = make("covered.mp4", &format!("{cover} {VIDEO} {SOUND} {maps}"));
    let mut reader = FileReader::open(&file.path).unwrap();
    assert_eq!(reader.size(), Size { width: 160, height: 90 });
    assert_eq!(read_all(&mut reader).pictures.len(), 50);
}

/// Encrypted or broken all through: sound alone would look like success.
#[test]
fn a_video_without_a_single_picture_is_an_error() {
    let file = make("clip.mkv", &format!("{VIDEO} -c:v libx264 -x264-params annexb=0"));
    let mut bytes = std::fs::read(&file.path).unwrap();
    let begin = bytes.windows(4).position(|four| four == [0x1F, 0x43, 0xB6, 0x75]).expect("a cluster") + 200;
    bytes[begin..].fill(0x55);
    std::fs::write(&file.path, bytes).unwrap();
    let mut reader = FileReader::open(&file.path).unwrap();
    assert!(matches!(reader.next(), Err(FfmpegError::NoPicture(_))));
}
