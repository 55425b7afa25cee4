//! Recorders before a session: what is in their files.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use media::ffmpeg::Preset;
use media::flv::{Demuxer, Tag};
use media::packet::{Packet, Track, Unit};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;

use super::*;
use crate::out::broadcast::{Broadcast, Wish};
use crate::out::coded;
use crate::out::{Arrival, Rendition, Sink};

const AVC_320X180: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];

/// A session and a recorder before it.
struct Studio {
    broadcast: Arc<Broadcast>,
    problems: Problems,
    done: Arc<Mutex<Vec<String>>>,
    tracker: TaskTracker,
}

impl Studio {
    fn with(settings: &RecordSettings) -> Self {
        let broadcast = Broadcast::new();
        let video = VideoConfig::avc(Bytes::from_static(&AVC_320X180)).unwrap();
        let audio = AudioConfig::aac_low_complexity(48_000, 2).unwrap();
        feed(&broadcast, Rendition::SOURCE, Unit::VideoConfig(Arc::new(video)));
        feed(&broadcast, Rendition::AUDIO, Unit::AudioConfig(Arc::new(audio)));
        let problems = Problems::new("demo".parse().unwrap());
        let done = Arc::new(Mutex::new(Vec::new()));
        let tracker = TaskTracker::new();
        let noted = Arc::clone(&done);
        let recording = Recording {
            name: "demo".parse().unwrap(),
            subscription: broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id)),
            problems: problems.clone(),
            tell: Box::new(move |news| {
                let News::Done(path) = news else { return };
                noted.lock().push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }),
            token: tracker.token(),
        };
        start(settings.clone(), recording).unwrap();
        Self { broadcast, problems, done, tracker }
    }

    /// A picture every 40 ms, a keyframe every second, and some sound, from one time to another.
    fn plays(&self, from: i64, to: i64) {
        for millis in (from..to).step_by(40) {
            feed(
                &self.broadcast,
                Rendition::SOURCE,
                packet(Track::Video, millis, (millis - from) % 1000 == 0),
            );
            feed(&self.broadcast, Rendition::AUDIO, packet(Track::Audio, millis + 5, true));
        }
    }

    async fn ends(self) -> (Vec<String>, Problems) {
        self.broadcast.finish().unwrap();
        self.tracker.close();
        self.tracker.wait().await;
        let done = self.done.lock().clone();
        (done, self.problems)
    }
}

fn feed(broadcast: &Broadcast, rendition: Rendition, unit: Unit) {
    broadcast.unit(rendition, &unit, Arrival::now()).unwrap();
}

fn packet(track: Track, millis: i64, key: bool) -> Unit {
    let time = MediaTime::from_millis(millis);
    let data = Bytes::from_static(if key { &[0, 0, 0, 1, 0x65] } else { &[0, 0, 0, 1, 0x41] });
    Unit::Packet(Packet { track, dts: time, pts: time, key, recovery: false, data })
}

/// All whole tags of a file.
fn tags(bytes: &[u8]) -> Vec<Tag> {
    assert_eq!(&bytes[..4], b"FLV\x01");
    let mut rest = &bytes[13..];
    let mut tags = Vec::new();
    while rest.len() >= 11 {
        let size = u32::from_be_bytes([0, rest[1], rest[2], rest[3]]) as usize;
        if rest.len() < 11 + size + 4 {
            break;
        }
        let kind = match rest[0] {
            8 => TagKind::Audio,
            9 => TagKind::Video,
            18 => TagKind::Script,
            other => panic!("{other}"),
        };
        let timestamp = u32::from_be_bytes([rest[7], rest[4], rest[5], rest[6]]);
        let body = Bytes::copy_from_slice(&rest[11..11 + size]);
        tags.push(Tag { kind, timestamp, body });
        rest = &rest[11 + size + 4..];
    }
    tags
}

/// What can be decoded of a file: the times of its pictures and of its sound.
fn times(bytes: &[u8]) -> (Vec<i64>, Vec<i64>) {
    let mut demuxer = Demuxer::new();
    for tag in tags(bytes) {
        demuxer.push(&tag).unwrap();
    }
    demuxer.finish();
    let mut pictures = Vec::new();
    let mut sound = Vec::new();
    while let Some(unit) = demuxer.pull() {
        if let Unit::Packet(packet) = unit {
            let times = if packet.track == Track::Video { &mut pictures } else { &mut sound };
            times.push(packet.dts.as_millis());
        }
    }
    (pictures, sound)
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[tokio::test]
async fn a_file_has_everything_and_begins_at_zero() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::with(&RecordSettings::new("all", folder.path().into()));
    studio.plays(10_000, 12_000);
    let (done, problems) = studio.ends().await;
    assert_eq!((done, problems.list().len()), (vec!["demo.flv".to_owned()], 0));
    let bytes = read(folder.path(), "demo.flv");
    assert_eq!(tags(&bytes)[0].kind, TagKind::Script);
    let (pictures, sound) = times(&bytes);
    assert_eq!((pictures.len(), sound.len()), (50, 50));
    assert_eq!((pictures[0], sound[0], pictures[49]), (0, 5, 1960));
}

#[tokio::test]
async fn a_file_that_breaks_off_anywhere_can_be_read_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::with(&RecordSettings::new("all", folder.path().into()));
    studio.plays(0, 1_000);
    studio.ends().await;
    let bytes = read(folder.path(), "demo.flv");
    let whole = times(&bytes).0.len();
    let mut before = 0;
    for length in 13..bytes.len() {
        let left = times(&bytes[..length]).0.len();
        assert!(left >= before && left <= whole);
        before = left;
    }
    assert!(before >= whole - 1);
}

#[tokio::test]
async fn each_kind_of_recording_has_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    for (tracks, pictures, sound) in
        [(Tracks::Audio, 0, 50), (Tracks::Video, 50, 0), (Tracks::Keyframes, 2, 0)]
    {
        let settings = RecordSettings { tracks, ..RecordSettings::new("some", folder.path().into()) };
        let studio = Studio::with(&settings);
        studio.plays(0, 2_000);
        studio.ends().await;
        let (found, heard) = times(&read(folder.path(), "demo.flv"));
        // Pictures may begin in front of the sound that a file of sound alone begins with.
        assert_eq!((found.len(), heard.len()), (pictures, sound), "{tracks:?}");
    }
}

#[tokio::test]
async fn appending_goes_on_behind_what_is_there_even_if_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let settings = RecordSettings { append: true, ..RecordSettings::new("all", folder.path().into()) };
    let studio = Studio::with(&settings);
    studio.plays(50_000, 51_000);
    studio.ends().await;
    let file = folder.path().join("demo.flv");
    let length = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length - 3).unwrap();
    let studio = Studio::with(&settings);
    studio.plays(7_000, 8_000);
    studio.ends().await;
    let (pictures, _) = times(&read(folder.path(), "demo.flv"));
    assert_eq!((pictures.len(), pictures[0]), (50, 0));
    assert!(pictures.windows(2).all(|pair| pair[0] <= pair[1]), "{pictures:?}");
}

#[tokio::test]
async fn a_file_that_is_full_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        RecordSettings { max_frames: Some(10), ..RecordSettings::new("all", folder.path().into()) };
    let studio = Studio::with(&settings);
    studio.plays(0, 2_000);
    let (done, _) = studio.ends().await;
    assert_eq!(done.len(), 1);
    assert_eq!(times(&read(folder.path(), "demo.flv")).0.len(), 10);
}

#[tokio::test]
async fn a_disk_that_fails_is_a_problem_of_the_recording_alone() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let studio = Studio::with(&RecordSettings::new("all", gone));
    studio.plays(0, 2_000);
    let (done, problems) = studio.ends().await;
    assert!(done.is_empty());
    let problems = problems.list();
    assert_eq!((problems[0].kind.as_str(), problems.len()), ("recording-failed", 1));
    assert!(problems[0].text.contains("make room or correct the folder"), "{}", problems[0].text);
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // Whatever is written there finds no room.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("demo.flv")).unwrap();
    let studio = Studio::with(&RecordSettings::new("all", folder.path().into()));
    studio.plays(0, 2_000);
    let (done, problems) = studio.ends().await;
    assert!(done.is_empty());
    assert!(problems.list()[0].text.contains("No space left"), "{:?}", problems.list());
}

#[tokio::test]
async fn somebody_elses_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demo.flv"), "a letter, and no recording").unwrap();
    let settings = RecordSettings { append: true, ..RecordSettings::new("all", folder.path().into()) };
    let studio = Studio::with(&settings);
    studio.plays(0, 1_000);
    let (_, problems) = studio.ends().await;
    assert!(problems.list()[0].text.contains("is no FLV file"), "{:?}", problems.list());
    assert_eq!(read(folder.path(), "demo.flv"), b"a letter, and no recording");
}

#[tokio::test]
async fn a_recording_as_mp4_can_be_read_up_to_its_last_fragment() {
    let folder = tempfile::tempdir().unwrap();
    let settings = RecordSettings {
        container: Container::Mp4,
        suffix: ".mp4".parse().unwrap(),
        lock: true,
        ..RecordSettings::new("all", folder.path().into())
    };
    let studio = Studio::with(&settings);
    let feed_all = |units: &[Unit]| {
        for unit in units {
            let is_video = unit.track() == Track::Video;
            feed(
                &studio.broadcast,
                if is_video { Rendition::SOURCE } else { Rendition::AUDIO },
                unit.clone(),
            );
        }
    };
    feed_all(&coded::coded(4, MediaTime::from_millis(7_000), Preset::Veryfast));
    let file = folder.path().join("demo.mp4");
    let has_begun = async {
        // Before it has ended, as if the program were killed.
        while fs::metadata(&file).map_or(0, |about| about.len()) < 20_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), has_begun).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let killed = folder.path().join("killed.mp4");
    fs::copy(&file, &killed).unwrap();
    let left = coded::frames(&killed, "v");
    assert!((50..=100).contains(&left), "{left} pictures: all but the last fragment at most");
    let (done, problems) = studio.ends().await;
    assert_eq!((done, problems.list().len()), (vec!["demo.mp4".to_owned()], 0));
    assert_eq!(coded::frames(&file, "v"), 100);
    assert!((186..=189).contains(&coded::frames(&file, "a")));
}
