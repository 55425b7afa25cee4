//! What holds for any stream.

use media::MediaTime;
use mp4_atom::{Atom, Decode, Header, Mdat, Moof};
use proptest::prelude::*;

use super::feed::{ALL, AUDIO, ENHANCED, Feed, PICTURE, SOURCE, large_video, picture, small_video, stereo};
use crate::out::hls::presentation::Presentation;
use crate::out::hls::reload::Delta;

#[derive(Clone, Debug)]
enum Event {
    Pictures(u8),
    KeyEvery(i64),
    Silence(i64),
    Pause(i64),
    Discontinuity,
    SourceConfig(bool),
    AudioConfig(bool),
    /// The lane hands out what it has, leaving out the first so many pictures.
    Enhance(u8),
    EnhancedConfig(bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1_u8..120).prop_map(Event::Pictures),
        2 => (200_i64..12_000).prop_map(Event::KeyEvery),
        1 => (0_i64..6_000).prop_map(Event::Silence),
        1 => (0_i64..15_000).prop_map(Event::Pause),
        1 => Just(Event::Discontinuity),
        1 => any::<bool>().prop_map(Event::SourceConfig),
        1 => any::<bool>().prop_map(Event::AudioConfig),
        5 => (0_u8..60).prop_map(Event::Enhance),
        1 => any::<bool>().prop_map(Event::EnhancedConfig),
    ]
}

fn video(large: bool) -> media::Unit {
    if large { large_video() } else { small_video() }
}

fn play(events: &[Event], with_audio: bool, mut check: impl FnMut(&Presentation)) -> Feed {
    let mut feed = Feed::new();
    let mut lane = Vec::new();
    feed.push(SOURCE, small_video());
    for event in events {
        match *event {
            Event::Pictures(count) => {
                for _ in 0..count {
                    lane.push(feed.picture());
                    if with_audio {
                        feed.sound();
                    }
                }
            }
            Event::KeyEvery(milliseconds) => feed.key_every = milliseconds,
            Event::Silence(milliseconds) => feed.audio += milliseconds,
            Event::Pause(milliseconds) => {
                feed.video += milliseconds;
                if with_audio {
                    feed.sound();
                }
            }
            Event::Discontinuity => {
                feed.state.discontinuity().unwrap();
                feed.key_next();
            }
            Event::SourceConfig(large) => {
                feed.push(SOURCE, video(large));
                feed.key_next();
            }
            Event::AudioConfig(other) => {
                feed.push(AUDIO, stereo(if other { 44_100 } else { 48_000 }));
            }
            Event::Enhance(skipped) => {
                for (pts, key) in lane.drain(..).skip(skipped.into()) {
                    feed.push(ENHANCED, picture(pts, key));
                }
            }
            Event::EnhancedConfig(large) => feed.push(ENHANCED, video(large)),
        }
        check(&feed.state);
    }
    feed
}

/// Everything that a reader relies on, in one state.
fn check_window(state: &Presentation) {
    for rendition in ALL {
        let window = &state.segmenter(rendition.id).unwrap().window;
        let segments: Vec<_> = window.listed().collect();
        assert!(segments.len() <= 4);
        for pair in segments.windows(2) {
            assert_eq!(pair[1].cut.msn, pair[0].cut.msn + 1, "{rendition}");
            let (end, next) = (pair[0].cut.end.unwrap(), pair[1].cut.at);
            assert!(end == next || pair[1].cut.discontinuity && end <= next, "{rendition}: {pair:?}");
            let step = pair[1].cut.discontinuities - pair[0].cut.discontinuities;
            assert_eq!(step, u64::from(pair[1].cut.discontinuity), "{rendition}");
        }
        for segment in &segments {
            if let Some(target) = state.cuts.target_duration() {
                assert!(
                    segment.duration() < target + MediaTime::from_millis(500),
                    "{rendition}: {segment:?}"
                );
            }
            assert!(window.init(segment.init).is_some(), "{rendition}: init {} is gone", segment.init);
        }
        for part in segments.iter().copied().chain(window.open()).flat_map(|segment| &segment.parts) {
            assert!(part.duration <= MediaTime::from_millis(500), "{rendition}: part of {}", part.duration);
        }
    }
}

/// All renditions say the same of a segment.
fn check_alignment(state: &Presentation) {
    let source = &state.segmenter(SOURCE.id).unwrap().window;
    for rendition in [ENHANCED, AUDIO] {
        for segment in state.segmenter(rendition.id).unwrap().window.listed() {
            if let Some(same) = source.listed().find(|source| source.cut.msn == segment.cut.msn) {
                assert_eq!(same.cut, segment.cut, "{rendition}");
            }
        }
    }
}

fn check_text(state: &Presentation) {
    let Some(target) = state.cuts.target_duration() else { return };
    for rendition in ALL {
        for delta in [Delta::Full, Delta::Skip] {
            let Ok(text) = state.playlist(rendition.id, delta) else { continue };
            let (_, parsed) = m3u8_rs::parse_media_playlist(text.as_bytes()).expect("parses");
            assert_eq!(parsed.target_duration as i64 * MediaTime::HZ, target.ticks());
            let first = state.segmenter(rendition.id).unwrap().window.listed().next().unwrap();
            assert_eq!(parsed.media_sequence, first.cut.msn);
            let tags = parsed
                .segments
                .first()
                .filter(|_| delta == Delta::Full)
                .map_or(0, |s| u64::from(s.discontinuity));
            if delta == Delta::Full {
                assert_eq!(parsed.discontinuity_sequence + tags, first.cut.discontinuities);
                assert!(parsed.segments[0].map.is_some());
            }
        }
    }
}

/// Fragments follow each other in decode time, within an initialisation segment.
fn check_media(state: &Presentation) {
    for rendition in ALL {
        let window = &state.segmenter(rendition.id).unwrap().window;
        let mut end: Option<(u64, u64, u64)> = None;
        for segment in window.listed() {
            for part in &segment.parts {
                let mut bytes = part.bytes.as_ref();
                let moof = Moof::decode(&mut bytes).unwrap();
                assert_eq!(Header::decode(&mut &*bytes).unwrap().kind, Mdat::KIND);
                let mdat = Mdat::decode(&mut bytes).unwrap();
                assert!(bytes.is_empty());
                let traf = &moof.traf[0];
                let samples: Vec<_> = traf.trun.iter().flat_map(|run| run.samples.iter()).collect();
                assert_eq!(
                    samples.iter().map(|sample| sample.size.unwrap() as usize).sum::<usize>(),
                    mdat.data.len()
                );
                let start = traf.tfdt.as_ref().unwrap().base_media_decode_time;
                let duration: u64 = samples.iter().map(|sample| u64::from(sample.duration.unwrap())).sum();
                if samples.is_empty() {
                    continue; // a picture goes on standing
                }
                if let Some((init, discontinuities, end)) = end
                    && (init, discontinuities) == (segment.init, segment.cut.discontinuities)
                {
                    assert!(start >= end, "{rendition}: segment {}, {start} after {end}", segment.cut.msn);
                }
                end = Some((segment.init, segment.cut.discontinuities, start + duration));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_stream(events in proptest::collection::vec(event(), 1..40), with_audio: bool) {
        let mut version = 0;
        let feed = play(&events, with_audio, |state| {
            check_window(state);
            check_alignment(state);
            assert!(state.version() >= version);
            version = state.version();
        });
        check_text(&feed.state);
        check_media(&feed.state);
        let mut feed = feed;
        feed.state.finish().unwrap();
        check_window(&feed.state);
        check_text(&feed.state);
    }

    /// From 120 pictures a second to one in four seconds, changing as it likes, with sound or without.
    #[test]
    fn parts_add_up_at_any_frame_rate(
        rates in proptest::collection::vec((8_i64..4_000, 1_usize..40), 1..8),
        key_every in 200_i64..6_000,
        with_audio: bool,
    ) {
        let mut feed = if with_audio { Feed::av() } else { Feed::new() };
        feed.push(SOURCE, small_video());
        let mut key = 0;
        for distance in rates.iter().flat_map(|(distance, count)| std::iter::repeat_n(*distance, *count)) {
            feed.push(SOURCE, picture(feed.now(), feed.video >= key));
            if feed.video >= key {
                key += key_every;
            }
            feed.video += distance;
            if with_audio {
                feed.sound();
            }
            let state = &feed.state;
            check_window(state);
            for segment in state.source().window.listed().filter(|segment| !segment.is_gap()) {
                let parts: MediaTime = segment.parts.iter().map(|part| part.duration).sum();
                prop_assert!((parts - segment.duration()).abs() <= MediaTime::from_ticks(2), "{parts} in {}: {:?}", segment.duration(), segment.cut);
                let full = segment.parts.iter().rev().skip(1).all(|part| part.duration >= MediaTime::from_millis(425));
                prop_assert!(full, "{:?}", segment.cut);
            }
        }
        check_media(&feed.state);
    }

    #[test]
    fn memory_is_bounded(events in proptest::collection::vec(event(), 20..60)) {
        play(&events, true, |state| {
            for rendition in ALL {
                // Eight segments and the open one, of ten seconds at most, with the payloads of the tests' packets.
                let pictures = 9 * 10_400 / PICTURE as usize;
                assert!(state.segmenter(rendition.id).unwrap().window.held_bytes() < pictures * (400 + 40));
            }
        });
    }
}
