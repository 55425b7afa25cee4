//! What a session hands out: to HLS, and to every other sink beside it.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use parking_lot::Mutex;

use super::*;
use crate::inference::Profile;
use crate::out::SinkError;
use crate::out::hls::Reload;

const AVC: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];

/// Notes all that it is asked for.
#[derive(Debug, Default)]
struct Recorder {
    seen: Mutex<Vec<String>>,
    broken: AtomicBool,
}

impl Recorder {
    fn note(&self, what: String) -> Result<(), SinkError> {
        self.seen.lock().push(what);
        if self.broken.load(Relaxed) { Err("the disk is full".into()) } else { Ok(()) }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().clone()
    }
}

impl Sink for Recorder {
    fn unit(&self, rendition: Rendition, unit: &Unit, _: Arrival) -> Result<(), SinkError> {
        self.note(match unit {
            Unit::Packet(packet) => format!("{rendition} {}", packet.dts.as_millis()),
            _ => format!("{rendition} configuration"),
        })
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        self.note("discontinuity".to_owned())
    }

    fn finish(&self) -> Result<(), SinkError> {
        self.note("finish".to_owned())
    }
}

fn session(recorder: &Arc<Recorder>) -> Session {
    let recorder = Arc::clone(recorder);
    let open: OpenSink = Arc::new(move |_| Arc::clone(&recorder) as _);
    let settings = SessionSettings {
        hls: PackagerSettings::default(),
        grace: Duration::from_secs(1),
        takeover: true,
        lanes: None,
        sinks: vec![open],
    };
    let model = StreamModel::new("demo".parse().unwrap(), Profile::Plain);
    Session::begin(&settings, &Arc::new(model))
}

pub(in crate::streams) fn video() -> Unit {
    Unit::VideoConfig(Arc::new(VideoConfig::avc(Bytes::from_static(&AVC)).unwrap()))
}

fn sound() -> Unit {
    Unit::AudioConfig(Arc::new(AudioConfig::aac_low_complexity(48_000, 2).unwrap()))
}

pub(in crate::streams) fn packet(track: Track, millis: i64) -> Unit {
    /// A frame of silence, in AAC-LC with two channels: damaged sound would be left out.
    const SILENCE: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];
    let dts = MediaTime::from_millis(millis);
    let data: &[u8] = if track == Track::Audio { &SILENCE } else { &[7; 100] };
    Unit::Packet(Packet { track, dts, pts: dts, key: true, recovery: false, data: Bytes::from_static(data) })
}

#[tokio::test]
async fn every_sink_sees_every_unit_of_all_renditions_in_order() {
    let recorder = Arc::new(Recorder::default());
    let mut session = session(&recorder);
    let lane = session.sinks.output(Rendition::enhanced(2));
    for unit in [video(), sound(), packet(Track::Video, 0), packet(Track::Audio, 5)] {
        session.push(unit, Arrival::now());
    }
    lane.push(&video());
    lane.push(&packet(Track::Video, 10_000));
    session.new_publisher();
    session.push(packet(Track::Video, 60_000), Arrival::now());
    session.end(None).await;
    assert_eq!(
        recorder.seen(),
        [
            "source configuration",
            "audio configuration",
            "source 10000",
            "audio 10005",
            "enhanced configuration",
            "enhanced 10000",
            "discontinuity",
            "source 10038",
            "finish",
        ]
    );
    let text = session.packager.playlist(Rendition::SOURCE.id, Reload::default()).await.unwrap();
    assert!(text.ends_with(b"#EXT-X-ENDLIST\n"), "and so does HLS");
}

#[tokio::test]
async fn stamps_that_were_put_right_are_told_of() {
    let mut session = session(&Arc::default());
    session.push(video(), Arrival::now());
    for number in 0..300 {
        let stray = if number % 50 == 7 { 9_800_000 } else { 0 };
        session.push(packet(Track::Video, number * 40 + stray), Arrival::now());
        session.push(packet(Track::Audio, number * 40 + 60_000), Arrival::now());
    }
    assert_eq!(session.discontinuities, 0);
    let told = session.problems.list();
    let brief: Vec<_> = told.iter().map(|problem| (&*problem.kind, problem.count)).collect();
    assert_eq!(brief, [("stray-timestamps", 6), ("clock-apart", 1)]);
    assert!(told[0].text.contains("9800.0 s away") && told[1].text.contains("60.0 s ahead"), "{told:?}");
}

#[tokio::test]
async fn a_sink_that_fails_takes_nothing_from_the_others() {
    let recorder = Arc::new(Recorder::default());
    recorder.broken.store(true, Relaxed);
    let mut session = session(&recorder);
    session.push(video(), Arrival::now());
    for number in 0..100 {
        session.push(packet(Track::Video, number * 40), Arrival::now());
    }
    session.end(None).await;
    assert_eq!(recorder.seen().len(), 102, "it is asked again every time");
    let playlist = session.packager.playlist(Rendition::SOURCE.id, Reload::default()).await;
    assert!(playlist.is_ok_and(|text| text.ends_with(b"#EXT-X-ENDLIST\n")));
}

#[tokio::test]
async fn packets_without_a_configuration_and_after_the_end_go_nowhere() {
    let recorder = Arc::new(Recorder::default());
    let mut session = session(&recorder);
    session.push(packet(Track::Video, 0), Arrival::now());
    session.push(packet(Track::Audio, 0), Arrival::now());
    assert!(recorder.seen().is_empty());
    assert!(!session.is_over());
    session.end(None).await;
    assert!(session.is_over());
    assert_eq!(recorder.seen(), ["finish"]);
}

#[tokio::test]
async fn who_sends_no_keyframes_is_told() {
    let recorder = Arc::new(Recorder::default());
    let mut session = session(&recorder);
    session.push(video(), Arrival::now());
    // A keyframe every ten seconds, then recovery points only.
    for number in 0..50 {
        let (key, recovery) = (number < 20 && number % 10 == 0, number >= 20 && number % 2 == 0);
        let Unit::Packet(packet) = packet(Track::Video, number * 1000) else { panic!() };
        session.push(Unit::Packet(Packet { key: key || recovery, recovery, ..packet }), Arrival::now());
        assert_eq!(session.problems.list().len(), usize::from(number >= 26), "{number}");
    }
    let told = session.problems.list();
    assert_eq!((told[0].kind.as_str(), told[0].count), ("keyframes-missing", 2));
}
