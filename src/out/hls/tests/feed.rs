//! Streams for tests: packets without meaning in their payload, with times and configurations that have one.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use media::{AudioConfig, MediaTime, Packet, Track, Unit, VideoConfig};

use crate::out::Rendition;
use crate::out::hls::Delta;
use crate::out::hls::presentation::{PackagerSettings, Presentation};
use crate::out::hls::segmenter::Tally;

pub(super) const SOURCE: Rendition = Rendition::SOURCE;
pub(super) const ENHANCED: Rendition = Rendition::enhanced(2);
pub(super) const AUDIO: Rendition = Rendition::AUDIO;
pub(super) const ALL: [Rendition; 3] = [SOURCE, ENHANCED, AUDIO];

/// The stream's timeline starts here.
pub(in crate::out::hls) const START: MediaTime = MediaTime::from_millis(10_000);
/// 25 pictures a second.
pub(super) const PICTURE: i64 = 40;

const AVC_320X180: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];
const AVC_640X360: [u8; 40] = [
    0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5,
    0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x58, 0xba, 0x80, 0x01,
    0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8,
];

pub(in crate::out::hls) fn small_video() -> Unit {
    Unit::VideoConfig(Arc::new(VideoConfig::avc(Bytes::from_static(&AVC_320X180)).unwrap()))
}

pub(super) fn large_video() -> Unit {
    Unit::VideoConfig(Arc::new(VideoConfig::avc(Bytes::from_static(&AVC_640X360)).unwrap()))
}

pub(super) fn stereo(rate: u32) -> Unit {
    Unit::AudioConfig(Arc::new(AudioConfig::aac_low_complexity(rate, 2).unwrap()))
}

pub(in crate::out::hls) fn picture(pts: MediaTime, key: bool) -> Unit {
    let data = Bytes::from_static(if key { &[7; 400] } else { &[5; 100] });
    Unit::Packet(Packet { track: Track::Video, dts: pts, pts, key, recovery: false, data })
}

pub(super) fn frame(pts: MediaTime) -> Unit {
    Unit::Packet(Packet {
        track: Track::Audio,
        dts: pts,
        pts,
        key: true,
        recovery: false,
        data: Bytes::from_static(&[3; 50]),
    })
}

/// A packager's state with a publisher that stamps in milliseconds.
pub(super) struct Feed {
    pub(super) state: Presentation,
    /// Time of the next picture and audio frame, in milliseconds from the start.
    pub(super) video: i64,
    pub(super) audio: i64,
    pub(super) key_every: i64,
    since_key: i64,
}

impl Feed {
    pub(super) fn new() -> Self {
        let settings = PackagerSettings { window_segments: 4, ..PackagerSettings::default() };
        let mut state = Presentation::new(settings);
        state.expect(ENHANCED);
        Self { state, video: 0, audio: 0, key_every: 2_000, since_key: i64::MAX / 2 }
    }

    pub(super) fn av() -> Self {
        let mut feed = Self::new();
        feed.push(SOURCE, small_video());
        feed.push(AUDIO, stereo(48_000));
        feed
    }

    pub(super) fn push(&mut self, rendition: Rendition, unit: Unit) {
        let at = UNIX_EPOCH
            + Duration::from_secs(1_800_000_000)
            + Duration::from_millis(self.video.max(self.audio) as u64);
        self.push_at(rendition, unit, at);
    }

    fn push_at(&mut self, rendition: Rendition, unit: Unit, at: SystemTime) {
        self.state.push(rendition, unit, at).unwrap();
    }

    /// One picture, a keyframe where one is due; says what it was.
    pub(in crate::out::hls) fn picture(&mut self) -> (MediaTime, bool) {
        let key = self.since_key >= self.key_every;
        let pts = self.now();
        self.push(SOURCE, picture(pts, key));
        self.since_key = if key { PICTURE } else { self.since_key + PICTURE };
        self.video += PICTURE;
        (pts, key)
    }

    /// Audio up to the pictures, and a little ahead of them.
    pub(super) fn sound(&mut self) {
        while self.audio <= self.video + 30 {
            let pts = START + MediaTime::from_millis(self.audio);
            self.push(AUDIO, frame(pts));
            self.audio += if self.audio % 64 == 42 { 22 } else { 21 }; // 21.33 ms in milliseconds
        }
    }

    /// Pictures, sound and enhanced pictures for a while.
    pub(super) fn run(&mut self, seconds: f64) {
        for _ in 0..(seconds * 25.0).round() as usize {
            let (pts, key) = self.picture();
            self.sound();
            if self.state.segmenter(ENHANCED.id).is_some_and(|segmenter| segmenter.config().is_some()) {
                self.push(ENHANCED, picture(pts, key));
            }
        }
    }

    pub(super) fn key_next(&mut self) {
        self.since_key = i64::MAX / 2;
    }

    pub(super) fn now(&self) -> MediaTime {
        START + MediaTime::from_millis(self.video)
    }

    pub(super) fn tally(&self, rendition: Rendition) -> Tally {
        self.state.segmenter(rendition.id).unwrap().tally
    }

    pub(super) fn text(&self, rendition: Rendition) -> String {
        self.state.playlist(rendition.id, Delta::Full).unwrap()
    }

    /// The target duration, once it is known.
    pub(super) fn seconds(&self) -> i64 {
        self.state.cuts.target_duration().expect("known after the first segment").ticks() / MediaTime::HZ
    }

    /// Start and end of every listed segment, in milliseconds.
    pub(super) fn bounds(&self, rendition: Rendition) -> Vec<(i64, i64)> {
        self.listed(rendition).iter().map(|segment| (segment.from, segment.to)).collect()
    }

    /// Number, start and end in milliseconds, discontinuity, parts and gap of every listed segment.
    pub(super) fn listed(&self, rendition: Rendition) -> Vec<Listed> {
        let milliseconds = |time: MediaTime| (time - START).as_millis();
        self.state
            .segmenter(rendition.id)
            .unwrap()
            .window
            .listed()
            .map(|segment| Listed {
                msn: segment.cut.msn,
                from: milliseconds(segment.cut.at),
                to: milliseconds(segment.cut.end.expect("listed segments are complete")),
                discontinuity: segment.cut.discontinuity,
                parts: segment.parts.len(),
            })
            .collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) msn: u64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) discontinuity: bool,
    pub(super) parts: usize,
}

impl Listed {
    /// Without what differs between renditions.
    pub(super) fn boundaries(self) -> (u64, i64, i64, bool) {
        (self.msn, self.from, self.to, self.discontinuity)
    }
}
