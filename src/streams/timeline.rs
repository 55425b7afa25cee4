//! The stream's own timeline: maps every publisher's times onto one that only ever goes forward.
//!
//! Pure: no clock, no channel. Both tracks share one offset, so nothing here can move sound against picture.
//! - The first packet lands on [`START`], so that nothing on the timeline is negative, whatever the composition offset.
//! - A jump of more than [`JUMP`] (either way), a step back of more than [`STEP_BACK`] within a track, or a new
//!   publisher anchors anew right behind the last packet; the caller marks a discontinuity.
//! - Smaller irregularities are smoothed: decode times of a track never stand still or go back.
//! - While the tracks cross a jump one after the other, stragglers of the old time base keep the old offset.

use media::packet::{Packet, Track};
use media::time::MediaTime;

/// Where a timeline starts.
pub(super) const START: MediaTime = MediaTime::from_millis(10_000);

/// A larger gap is no gap but another time base.
pub(super) const JUMP: MediaTime = MediaTime::from_millis(5_000);

/// Decode times of a track that go back further than this are another time base: clamping them would squeeze
/// a noticeable piece of the stream into an instant.
pub(super) const STEP_BACK: MediaTime = MediaTime::from_millis(250);

/// Composition offsets beyond this are damage; real ones are a few frames.
const MAX_COMPOSITION: MediaTime = MediaTime::from_millis(5_000);

/// After a jump, how much of the stream may pass until the old time base is forgotten.
const STRAGGLERS: MediaTime = MediaTime::from_millis(2_000);

/// How long the last packet is taken to last when the next one follows a jump.
const USUAL_FRAME: MediaTime = MediaTime::from_millis(33);

/// Longest frame that is believed when the end of the last packet is estimated.
const LONGEST_FRAME: MediaTime = MediaTime::from_millis(500);

/// How a packet follows the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// As expected.
    Continuous,
    /// The first after a jump or of a new publisher.
    Jump,
}

/// The map from publishers' times to the stream's.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    offset: Option<MediaTime>,
    old: Option<OldBase>,
    video: TrackTimes,
    audio: TrackTimes,
}

#[derive(Debug, Clone, Copy)]
struct OldBase {
    offset: MediaTime,
    forget_at: MediaTime,
}

#[derive(Debug, Default, Clone, Copy)]
struct TrackTimes {
    last: Option<MediaTime>,
    /// Latest presentation time: with reordering, pictures are still shown when decoding has gone on.
    shown: Option<MediaTime>,
    frame: Option<MediaTime>,
}

impl Timeline {
    /// Nothing placed yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// What follows comes from another publisher, whose clock says nothing about the last one's.
    pub(super) fn new_publisher(&mut self) {
        self.offset = None;
        self.old = None;
    }

    /// Newest decode time that was given out.
    pub(super) fn newest(&self) -> Option<MediaTime> {
        self.video.last.max(self.audio.last)
    }

    /// Moves a packet onto the stream's timeline.
    pub(super) fn place(&mut self, packet: &mut Packet) -> Step {
        let composition = packet.pts - packet.dts;
        let composition = if composition.abs() > MAX_COMPOSITION { MediaTime::ZERO } else { composition };
        let (offset, step) = self.offset_for(packet.track, packet.dts, composition);
        let track = self.track_mut(packet.track);
        packet.dts = track.accept(packet.dts + offset);
        packet.pts = packet.dts + composition;
        track.shown = track.shown.max(Some(packet.pts));
        step
    }

    fn offset_for(&mut self, track: Track, dts: MediaTime, composition: MediaTime) -> (MediaTime, Step) {
        let Some(newest) = self.newest() else {
            let offset = START - dts;
            self.offset = Some(offset);
            return (offset, Step::Continuous);
        };
        if let Some(offset) = self.offset {
            if self.plausible(track, dts + offset, newest) {
                return (offset, Step::Continuous);
            }
            self.old = self.old.filter(|old| newest <= old.forget_at);
            if let Some(old) = self.old
                && self.plausible(track, dts + old.offset, newest)
            {
                return (old.offset, Step::Continuous);
            }
            self.old = Some(OldBase { offset, forget_at: newest + STRAGGLERS });
        }
        // Behind what was decoded, and shown behind what was shown. Sound may come first and has no reordering: it waits
        // for the pictures, so that nothing that follows is shown before them.
        let composition = if track == Track::Video { composition } else { MediaTime::ZERO };
        let offset = (self.end() - dts).max(self.end_of_showing() - dts - composition);
        self.offset = Some(offset);
        (offset, Step::Jump)
    }

    fn plausible(&self, track: Track, mapped: MediaTime, newest: MediaTime) -> bool {
        let steps_back = self.track(track).last.is_some_and(|last| mapped < last - STEP_BACK);
        !steps_back && (mapped - newest).abs() <= JUMP
    }

    /// Where the next packet belongs if nothing is known about it: right behind everything that was placed.
    fn end(&self) -> MediaTime {
        let ends = [self.video, self.audio]
            .into_iter()
            .filter_map(|track| track.last.map(|last| last + track.frame.unwrap_or(USUAL_FRAME)));
        ends.max().unwrap_or(START)
    }

    /// Where what was placed has all been shown.
    fn end_of_showing(&self) -> MediaTime {
        let ends = [self.video, self.audio]
            .into_iter()
            .filter_map(|track| track.shown.map(|shown| shown + track.frame.unwrap_or(USUAL_FRAME)));
        ends.max().unwrap_or(START)
    }

    fn track(&self, track: Track) -> &TrackTimes {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn track_mut(&mut self, track: Track) -> &mut TrackTimes {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

impl TrackTimes {
    fn accept(&mut self, mapped: MediaTime) -> MediaTime {
        let Some(last) = self.last else {
            // The other track may have started earlier; what lies before the start is moved onto it.
            self.last = Some(mapped.max(MediaTime::ZERO));
            return mapped.max(MediaTime::ZERO);
        };
        let mapped = mapped.max(last + MediaTime::from_ticks(1));
        let frame = mapped - last;
        if frame > MediaTime::from_millis(1) && frame <= LONGEST_FRAME {
            self.frame = Some(frame);
        }
        self.last = Some(mapped);
        mapped
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn packet(track: Track, millis: i64) -> Packet {
        let dts = MediaTime::from_millis(millis);
        Packet {
            track,
            dts,
            pts: dts + MediaTime::from_millis(80),
            key: false,
            recovery: false,
            data: Bytes::new(),
        }
    }

    fn place(timeline: &mut Timeline, track: Track, millis: i64) -> (i64, Step) {
        let mut packet = packet(track, millis);
        let step = timeline.place(&mut packet);
        (packet.dts.as_millis(), step)
    }

    #[test]
    fn pictures_of_a_new_publisher_are_shown_behind_the_last_ones() {
        for sound_first in [false, true] {
            let mut timeline = Timeline::new();
            let mut shown = MediaTime::ZERO;
            // Decoded 0, 40, 80 ...; shown I B B P as x264 writes it: the P picture three frames later.
            for (n, composition) in [80, 160, 40, 0, 160].into_iter().enumerate() {
                let dts = MediaTime::from_millis(n as i64 * 40);
                let pts = dts + MediaTime::from_millis(composition);
                let mut packet = Packet {
                    track: Track::Video,
                    dts,
                    pts,
                    key: n == 0,
                    recovery: false,
                    data: Bytes::new(),
                };
                timeline.place(&mut packet);
                shown = shown.max(packet.pts);
            }
            timeline.new_publisher();
            let at = MediaTime::from_millis(777_000);
            if sound_first {
                let mut sound = Packet {
                    track: Track::Audio,
                    dts: at,
                    pts: at,
                    key: true,
                    recovery: false,
                    data: Bytes::new(),
                };
                assert_eq!(timeline.place(&mut sound), Step::Jump);
            }
            let pts = at + MediaTime::from_millis(80);
            let mut key =
                Packet { track: Track::Video, dts: at, pts, key: true, recovery: false, data: Bytes::new() };
            timeline.place(&mut key);
            assert!(key.pts >= shown + MediaTime::from_millis(40), "{} after {shown}", key.pts);
        }
    }

    #[test]
    fn starts_at_ten_seconds_and_keeps_the_composition_offset() {
        let mut timeline = Timeline::new();
        let mut first = packet(Track::Video, 123_456);
        assert_eq!(timeline.place(&mut first), Step::Continuous);
        assert_eq!((first.dts.as_millis(), first.pts.as_millis()), (10_000, 10_080));
    }

    #[test]
    fn small_gaps_stay_and_large_ones_anchor_anew() {
        let mut timeline = Timeline::new();
        let mut at = |millis| place(&mut timeline, Track::Video, millis);
        assert_eq!(at(0), (10_000, Step::Continuous));
        assert_eq!(at(40), (10_040, Step::Continuous));
        assert_eq!(at(4_040), (14_040, Step::Continuous));
        assert_eq!(at(90_000), (14_080, Step::Jump));
        assert_eq!(at(90_040), (14_120, Step::Continuous));
        assert_eq!(at(0), (14_160, Step::Jump));
    }

    #[test]
    fn small_steps_back_are_smoothed_and_larger_ones_anchor_anew() {
        let mut timeline = Timeline::new();
        place(&mut timeline, Track::Video, 0);
        place(&mut timeline, Track::Video, 40);
        let mut back = packet(Track::Video, 30);
        assert_eq!(timeline.place(&mut back), Step::Continuous);
        assert_eq!(back.dts, MediaTime::from_millis(10_040) + MediaTime::from_ticks(1));
        place(&mut timeline, Track::Video, 1_000);
        assert_eq!(place(&mut timeline, Track::Video, 500).1, Step::Jump);
    }

    #[test]
    fn a_new_publisher_continues_right_behind() {
        let mut timeline = Timeline::new();
        place(&mut timeline, Track::Video, 0);
        place(&mut timeline, Track::Video, 40);
        timeline.new_publisher();
        assert_eq!(place(&mut timeline, Track::Video, 5_555_000), (10_080, Step::Jump));
        assert_eq!(place(&mut timeline, Track::Audio, 5_555_010), (10_090, Step::Continuous));
    }

    #[test]
    fn tracks_may_cross_a_jump_one_after_the_other() {
        let mut timeline = Timeline::new();
        for millis in [0, 40, 80] {
            place(&mut timeline, Track::Video, millis);
            place(&mut timeline, Track::Audio, millis);
        }
        assert_eq!(place(&mut timeline, Track::Video, 60_000), (10_120, Step::Jump));
        assert_eq!(place(&mut timeline, Track::Audio, 101), (10_101, Step::Continuous), "straggler");
        assert_eq!(place(&mut timeline, Track::Video, 60_040), (10_160, Step::Continuous));
        assert_eq!(place(&mut timeline, Track::Audio, 60_010), (10_130, Step::Continuous));
    }

    #[test]
    fn damaged_composition_offsets_are_dropped() {
        let mut timeline = Timeline::new();
        let mut packet = packet(Track::Video, 0);
        packet.pts = MediaTime::from_secs_f64(8_000.0);
        timeline.place(&mut packet);
        assert_eq!(packet.pts, packet.dts);
    }

    proptest! {
        #[test]
        fn whatever_comes_decode_times_grow_and_stay_close(times in prop::collection::vec((any::<bool>(), any::<i32>()), 1..200)) {
            let mut timeline = Timeline::new();
            let mut last = [None::<MediaTime>; 2];
            for (video, millis) in times {
                let track = if video { Track::Video } else { Track::Audio };
                let before = timeline.newest();
                let mut packet = packet(track, millis.into());
                timeline.place(&mut packet);
                prop_assert!(packet.dts >= MediaTime::ZERO);
                prop_assert!(last[usize::from(video)].is_none_or(|last| packet.dts > last));
                prop_assert!(before.is_none_or(|before| (packet.dts - before).abs() <= JUMP + STEP_BACK));
                last[usize::from(video)] = Some(packet.dts);
            }
        }
    }
}
