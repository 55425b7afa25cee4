//! What listeners get of sound that browsers play, of sound that they do not, and of both after each other.

use bytes::Bytes;
use media::synthetic::TestSound;
use media::{MediaTime, Track};
use parking_lot::Mutex;

use super::*;
use crate::out::{Sink, SinkError};

/// Configurations by their codec, packets by their times in milliseconds, marks.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<String>>);

impl Sink for Recorder {
    fn unit(&self, rendition: Rendition, unit: &Unit, _: Arrival) -> Result<(), SinkError> {
        let entry = match unit {
            Unit::AudioConfig(config) => format!("{} {}", config.codec_string(), config.channels()),
            Unit::Packet(packet) => packet.pts.as_millis().to_string(),
            Unit::VideoConfig(_) => return Err("a picture".into()),
        };
        self.0.lock().push(if rendition == Rendition::AUDIO {
            entry
        } else {
            format!("{rendition} {entry}")
        });
        Ok(())
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        self.0.lock().push("mark".to_owned());
        Ok(())
    }

    fn finish(&self) -> Result<(), SinkError> {
        Ok(())
    }
}

const LC: [u8; 2] = [0x11, 0x88];
/// The same frames are right for AAC Main, whose predictor they do not use.
const MAIN: [u8; 2] = [0x09, 0x88];
/// AAC-ELD; other frames are damage to it.
const ELD: [u8; 4] = [0xf8, 0xe6, 0x20, 0x00];

struct Bench {
    recorder: Arc<Recorder>,
    problems: Problems,
    sinks: Sinks,
    sound: Sound,
}

impl Bench {
    fn new() -> Self {
        let recorder = Arc::new(Recorder::default());
        let problems = Problems::new("demo".parse().unwrap());
        let sinks = Sinks::new("demo".parse().unwrap(), vec![Arc::clone(&recorder) as _]);
        let sound = Sound::new("demo".parse().unwrap(), sinks.clone(), problems.clone());
        Self { recorder, problems, sinks, sound }
    }

    fn configure(&mut self, record: &'static [u8]) {
        let config = AudioConfig::aac(Bytes::from_static(record)).unwrap();
        self.sound.configure(&Arc::new(config), Arrival::now());
    }

    /// A second of sound, from this many milliseconds on.
    fn play(&mut self, millis: i64) {
        let mut source = TestSound::new(Some(440.0)).unwrap();
        for _ in 0..47 {
            let mut packet = source.next_packet().unwrap();
            packet.pts += MediaTime::from_millis(millis);
            packet.dts = packet.pts;
            self.sound.push(packet, Arrival::now());
        }
    }

    async fn end(mut self) -> (Vec<String>, Vec<String>) {
        self.sound.end(Duration::from_secs(10)).await;
        let seen = self.recorder.0.lock().clone();
        let problems = self.problems.list().into_iter().map(|problem| problem.kind).collect();
        (seen, problems)
    }
}

fn times(seen: &[String]) -> Vec<i64> {
    seen.iter().filter_map(|entry| entry.parse().ok()).collect()
}

#[tokio::test]
async fn what_browsers_play_goes_on_as_it_came() {
    let mut bench = Bench::new();
    bench.configure(&LC);
    bench.play(1_000);
    let (seen, problems) = bench.end().await;
    assert_eq!((seen.len(), &*seen[0], &*seen[1]), (48, "mp4a.40.2 1", "1000"));
    assert!(problems.is_empty(), "{problems:?}");
}

/// 20 ms of silence in stereo.
const OPUS_SILENCE: [u8; 3] = [0xfc, 0xff, 0xfe];
const OPUS_HEAD: &[u8] = b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00";

#[tokio::test]
async fn opus_goes_on_as_it_came_and_as_aac_beside_it() {
    let mut bench = Bench::new();
    let opus = || Arc::new(AudioConfig::opus(Bytes::from_static(OPUS_HEAD)).unwrap());
    bench.sound.configure(&opus(), Arrival::now());
    let play = |bench: &mut Bench, from: i64| {
        for number in 0..50 {
            let at = MediaTime::from_millis(from + number * 20);
            let data = Bytes::from_static(&OPUS_SILENCE);
            let packet = Packet { track: Track::Audio, dts: at, pts: at, key: true, recovery: false, data };
            bench.sound.push(packet, Arrival::now());
        }
    };
    play(&mut bench, 1_000);
    // What is AAC needs nothing beside it.
    bench.configure(&LC);
    bench.play(3_000);
    bench.sound.configure(&opus(), Arrival::now());
    play(&mut bench, 5_000);
    let (seen, problems) = bench.end().await;
    let (aac, as_it_came): (Vec<String>, Vec<String>) =
        seen.into_iter().partition(|entry| entry.starts_with("aac"));
    assert_eq!(as_it_came.len(), 50 + 47 + 50 + 3);
    assert_eq!((&*as_it_came[0], &*as_it_came[1], &*as_it_came[51]), ("Opus 2", "1000", "mp4a.40.2 1"));
    assert!(aac.iter().any(|entry| entry == "aac mp4a.40.2 2"), "{aac:?}");
    let times: Vec<i64> = aac.iter().filter_map(|entry| entry[4..].parse().ok()).collect();
    assert!(times.iter().all(|time| !(2_100..5_000).contains(time)), "{times:?}");
    assert!((45..=49).contains(&times.iter().filter(|time| **time >= 5_000).count()), "{times:?}");
    assert!(problems.is_empty(), "{problems:?}");
}

#[tokio::test]
async fn what_nobody_can_decode_reaches_no_browser() {
    let mut bench = Bench::new();
    bench.configure(&LC);
    bench.play(1_000);
    let at = MediaTime::from_millis(2_000);
    let data = Bytes::from_static(&[0x55; 90]);
    let damaged = Packet { track: Track::Audio, dts: at, pts: at, key: true, recovery: false, data };
    bench.sound.push(damaged, Arrival::now());
    bench.play(3_000);
    let (seen, problems) = bench.end().await;
    assert_eq!((seen.len(), times(&seen).contains(&2_000)), (95, false));
    assert_eq!(problems, ["sound-damaged"]);
}

#[tokio::test]
async fn what_browsers_refuse_is_transcoded_at_its_times_and_said() {
    let mut bench = Bench::new();
    bench.configure(&MAIN);
    bench.play(1_000);
    let (seen, problems) = bench.end().await;
    assert_eq!(seen[0], "mp4a.40.2 1");
    let times = times(&seen);
    assert!((46..=49).contains(&times.len()), "{times:?}");
    assert_eq!((times[0], times[1]), (1_000, 1_021));
    assert_eq!(problems, ["sound-transcoded"]);
}

#[tokio::test]
async fn nothing_from_before_a_break_comes_after_it() {
    let mut bench = Bench::new();
    bench.configure(&MAIN);
    bench.play(1_000);
    bench.sound.discontinuity();
    bench.sinks.discontinuity();
    bench.play(100_000);
    // From here on browsers play it, and what the transcoder holds is too late.
    bench.configure(&LC);
    bench.sinks.discontinuity();
    bench.play(200_000);
    bench.configure(&MAIN);
    bench.play(300_000);
    let (seen, _) = bench.end().await;
    let between: Vec<Vec<i64>> = seen.split(|entry| entry == "mark").map(times).collect();
    assert!(between[0].iter().all(|time| *time < 3_000), "{seen:?}");
    assert!(between[1].iter().all(|time| (100_000..102_000).contains(time)), "{seen:?}");
    let last = &between[2];
    assert!(last.is_sorted() && last.iter().all(|time| *time >= 200_000), "{seen:?}");
    assert!((46..=49).contains(&last.iter().filter(|time| **time >= 300_000).count()), "{seen:?}");
}

#[tokio::test]
async fn what_cannot_be_decoded_is_said_and_does_no_harm() {
    let mut bench = Bench::new();
    bench.configure(&ELD);
    bench.play(1_000);
    bench.play(2_000);
    let (seen, problems) = bench.end().await;
    assert_eq!(seen, [""; 0], "pictures do not wait for sound that nobody hears");
    assert_eq!(problems, ["sound-transcoded", "sound-left-out"]);
}
