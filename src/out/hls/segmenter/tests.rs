//! One rendition alone: a picture every 40 ms, parts of 200 ms, segments of two seconds.

use std::time::UNIX_EPOCH;

use media::Unit;

use super::*;
use crate::out::hls::cuts::Lead;
use crate::out::hls::tests::feed::{START, picture, small_video};

struct Bench {
    segmenter: Segmenter,
    cuts: CutList,
}

impl Bench {
    fn new() -> Self {
        let mut segmenter = Segmenter::new(Rendition::SOURCE, MediaTime::from_millis(200), 7);
        let Unit::VideoConfig(config) = small_video() else { unreachable!() };
        segmenter.configure(Config::Video(config));
        Self { segmenter, cuts: CutList::new(MediaTime::from_millis(2_000)) }
    }

    /// The leading rendition, whichever it is, has a keyframe.
    fn lead(&mut self, millis: i64) {
        self.cuts.lead(Lead::Key, at(millis), UNIX_EPOCH);
    }

    fn push(&mut self, millis: i64, key: bool) {
        let lead = if key { Lead::Key } else { Lead::Picture };
        self.cuts.lead(lead, at(millis), UNIX_EPOCH);
        self.segmenter.push(&packet(millis, key), &self.cuts).unwrap();
    }

    /// The parts of the segment that is being filled: how long they last, and whether they can be begun with.
    fn parts(&self) -> Vec<(i64, bool)> {
        let open = self.segmenter.window.open().unwrap();
        open.parts.iter().map(|part| (part.duration.as_millis(), part.independent)).collect()
    }
}

fn at(millis: i64) -> MediaTime {
    START + MediaTime::from_millis(millis)
}

fn packet(millis: i64, key: bool) -> Packet {
    let Unit::Packet(packet) = picture(at(millis), key) else { unreachable!() };
    packet
}

#[test]
fn nothing_is_accepted_before_a_configuration_and_a_keyframe() {
    let unconfigured = Segmenter::new(Rendition::SOURCE, MediaTime::from_millis(200), 7);
    assert!(!unconfigured.accepts(&packet(0, true)));
    let mut bench = Bench::new();
    assert!(!bench.segmenter.accepts(&packet(0, false)));
    bench.push(0, true);
    assert!(bench.segmenter.accepts(&packet(40, false)));
    bench.segmenter.require_key();
    assert!(!bench.segmenter.accepts(&packet(40, false)));
    bench.push(40, false);
    assert_eq!((bench.segmenter.tally.packets, bench.segmenter.tally.dropped), (2, 1));
}

#[test]
fn a_part_ends_when_another_picture_would_not_fit() {
    let mut bench = Bench::new();
    for number in 0..5 {
        bench.push(number * 40, number == 0);
        assert_eq!(bench.parts(), [], "how long picture {number} lasts is not known yet");
    }
    bench.push(200, false);
    assert_eq!(bench.parts(), [(200, true)]);
    for number in 6..11 {
        bench.push(number * 40, false);
    }
    assert_eq!(bench.parts(), [(200, true), (200, false)]);
}

#[test]
fn a_picture_lasts_until_the_next_one_however_late_that_is() {
    let mut bench = Bench::new();
    for millis in [0, 40, 120] {
        bench.push(millis, millis == 0);
    }
    bench.segmenter.flush().unwrap();
    assert_eq!(bench.parts(), [(200, true)], "40 ms, 80 ms, and 80 ms again for the last");
}

#[test]
fn a_segment_ends_where_the_cut_is() {
    let mut bench = Bench::new();
    for number in 0..=50 {
        bench.push(number * 40, number % 50 == 0);
    }
    let complete = bench.segmenter.window.last_complete().unwrap();
    assert_eq!((complete.cut.msn, complete.duration().as_millis(), complete.parts.len()), (1, 2_000, 10));
    assert_eq!(bench.segmenter.window.current_msn(), Some(2));
    assert_eq!(bench.segmenter.tally.segments, 1);
    bench.segmenter.finish(&bench.cuts).unwrap();
    assert_eq!(bench.segmenter.tally.segments, 2);
}

#[test]
fn who_lags_too_far_behind_goes_on_with_gaps_and_needs_a_keyframe() {
    let mut bench = Bench::new();
    bench.push(0, true);
    for number in 1..=3 {
        bench.lead(number * 2_000);
        bench.segmenter.keep_up(&bench.cuts).unwrap();
    }
    assert_eq!(bench.segmenter.tally.gaps, 0, "three segments may be missing");
    for number in 4..=5 {
        bench.lead(number * 2_000);
        bench.segmenter.keep_up(&bench.cuts).unwrap();
    }
    let gaps: Vec<_> = bench.segmenter.window.listed().map(Segment::is_gap).collect();
    assert_eq!(gaps, [false, true], "what had come is kept");
    assert_eq!(bench.segmenter.tally.gaps, 1);
    assert!(!bench.segmenter.accepts(&packet(10_040, false)));
    bench.push(12_000, true);
    assert_eq!(bench.segmenter.window.current_msn(), Some(7));
    assert_eq!(bench.segmenter.tally.gaps, 5, "and the ones that were still missing");
}
