//! The stream's own timeline: maps every publisher's times onto one that only ever goes forward.
//!
//! Pure: no clock, no channel, and nothing waits: every packet has its time when it comes.
//! - The first packet lands on [`START`], so that nothing on the timeline is negative, whatever the composition offset.
//! - Each track has its offset. The second track takes the first one's as long as that puts it within [`JUMP`] of it:
//!   one clock, whose stamps keep sound and picture together. Otherwise the clocks differ, and order of arrival is all
//!   that is known: it begins where the other track is.
//! - A stamp that does not fit, more than [`JUMP`] away or back by more than [`STEP_BACK`], is not believed: its packet gets
//!   the time that was expected next. After [`BELIEVED`] in a row that agree with each other, their clock is the
//!   track's. Its time goes on without a seam.
//! - The other track follows onto such a clock if its stamps say so. That, as well as a stream of one track that moved,
//!   is a jump, and marked where decoding can start; a track that moved alone is no break for anybody.
//! - Another publisher begins right behind everything, and is a jump at once.
//! - Smaller irregularities are smoothed: decode times of a track never stand still or go back.

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

/// Packets of a track in a row that agree on another clock before it is believed.
const BELIEVED: u32 = 3;

/// Packets of a track after which it is settled on its clock, and after which it is said that the clocks are apart.
const SETTLED: u32 = 100;

/// The other track crosses a jump within this much of the stream. A track that had nothing for as long is not there.
const STRAGGLERS: MediaTime = MediaTime::from_millis(2_000);

/// How long the last packet is taken to last when the next one's time is not known.
const USUAL_FRAME: MediaTime = MediaTime::from_millis(33);

/// Longest frame that is believed when the end of the last packet is estimated.
const LONGEST_FRAME: MediaTime = MediaTime::from_millis(500);

/// How a packet follows the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// As expected.
    Continuous,
    /// The first of a new publisher, or the first behind a jump that decoding can start with.
    Jump,
    /// Continuous again; the packet before it was stamped this far from where it belongs, and was put right.
    Stray(MediaTime),
    /// Continuous; it is clear by now that the track's stamps are this far ahead of the other track's.
    Apart(MediaTime),
}

/// The map from publishers' times to the stream's.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    video: TrackTimes,
    audio: TrackTimes,
    /// The stream has jumped, and nothing that decoding can start with has come since.
    jumped: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct TrackTimes {
    /// From the publisher's times to the stream's; none before its first packet.
    offset: Option<MediaTime>,
    /// Packets that the offset fitted, up to [`SETTLED`].
    fitted: u32,
    /// When the offset was given up for another one.
    moved: Option<MediaTime>,
    /// The newest packets do not fit.
    doubt: Option<Doubt>,
    last: Option<MediaTime>,
    /// From the packet before to the last one.
    distance: MediaTime,
    /// Latest presentation time: with reordering, pictures are still shown when decoding has gone on.
    shown: Option<MediaTime>,
    frame: Option<MediaTime>,
}

/// An offset that would put the newest packets right, so many of them.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    offset: MediaTime,
    packets: u32,
}

impl Timeline {
    /// Nothing placed yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// What follows comes from another publisher, whose clock says nothing about the last one's.
    pub(super) fn new_publisher(&mut self) {
        for track in [&mut self.video, &mut self.audio] {
            *track = TrackTimes { offset: None, fitted: 0, moved: None, doubt: None, ..*track };
        }
        self.jumped = false;
    }

    /// Newest decode time that was given out.
    pub(super) fn newest(&self) -> Option<MediaTime> {
        self.video.last.max(self.audio.last)
    }

    /// Moves a packet onto the stream's timeline.
    pub(super) fn place(&mut self, packet: &mut Packet) -> Step {
        let composition = packet.pts - packet.dts;
        let composition = if composition.abs() > MAX_COMPOSITION { MediaTime::ZERO } else { composition };
        let (mapped, step) = match (self.newest(), self.track(packet.track).offset) {
            (None, _) => (self.begin(packet.track, packet.dts, START), Step::Continuous),
            (Some(newest), None) => self.join(packet.track, packet.dts, composition, newest),
            (Some(newest), Some(offset)) => self.follow(packet.track, packet.dts, offset, newest),
        };
        let track = self.track_mut(packet.track);
        packet.dts = track.accept(mapped);
        packet.pts = packet.dts + composition;
        track.shown = track.shown.max(Some(packet.pts));
        // A break loses what cannot be decoded alone, so it waits for what can.
        let entry = packet.track == Track::Video && packet.key || !self.is_running(Track::Video);
        if self.jumped && entry {
            self.jumped = false;
            return Step::Jump;
        }
        step
    }

    /// The first packet of a track, of this publisher.
    fn join(
        &mut self,
        track: Track,
        dts: MediaTime,
        composition: MediaTime,
        newest: MediaTime,
    ) -> (MediaTime, Step) {
        match self.track(other(track)).offset {
            Some(offset) if self.is_plausible(track, dts + offset, newest) => {
                (self.begin(track, dts, dts + offset), Step::Continuous)
            }
            Some(_) => (self.begin(track, dts, newest), Step::Continuous),
            // Another publisher: behind what was decoded, and shown behind what was shown. Sound may come first and has
            // no reordering: it waits for the pictures, so that nothing that follows is shown before them.
            None => {
                let composition = if track == Track::Video { composition } else { MediaTime::ZERO };
                let at = self.end_of(|track| track.last).max(self.end_of(|track| track.shown) - composition);
                (self.begin(track, dts, at), Step::Jump)
            }
        }
    }

    /// A packet of a track that has a clock.
    fn follow(
        &mut self,
        track: Track,
        dts: MediaTime,
        offset: MediaTime,
        newest: MediaTime,
    ) -> (MediaTime, Step) {
        let mapped = dts + offset;
        let own = *self.track(track);
        let agreed = own.doubt.filter(|doubt| self.is_plausible(track, dts + doubt.offset, newest));
        let fits = self.is_plausible(track, mapped, newest);
        if fits && (agreed.is_some() || !self.leaps(track, mapped, newest)) {
            return (mapped, self.fit(track, offset, agreed.is_some()));
        }
        if !fits
            && let Some(clock) = self.other_clock(track, newest)
            && self.is_plausible(track, dts + clock, newest)
        {
            self.jumped |= self.settle(track, clock, newest);
            return (dts + clock, Step::Continuous);
        }
        let doubt = match agreed {
            Some(doubt) => Doubt { packets: doubt.packets + 1, ..doubt },
            None => Doubt { offset: self.expected(track, newest) - dts, packets: 1 },
        };
        self.track_mut(track).doubt = Some(doubt);
        if doubt.packets >= BELIEVED {
            let alone = !self.is_running(other(track));
            let together = self.track(other(track)).moved.is_some_and(|at| newest - at <= STRAGGLERS);
            self.jumped |= self.settle(track, doubt.offset, newest) && (alone || together);
        }
        (dts + doubt.offset, Step::Continuous)
    }

    /// Gives a track the clock by which `dts` is at `at`.
    fn begin(&mut self, track: Track, dts: MediaTime, at: MediaTime) -> MediaTime {
        let track = self.track_mut(track);
        track.offset = Some(at - dts);
        track.fitted = 1;
        at
    }

    /// The track's clock fits. What was doubted before was stray, unless it was the first packet behind a hole.
    fn fit(&mut self, track: Track, offset: MediaTime, hole: bool) -> Step {
        let clock = self.track(other(track));
        let apart = match clock.offset {
            Some(other) if clock.fitted == SETTLED && (other - offset).abs() > JUMP => Some(other - offset),
            _ => None,
        };
        let own = self.track_mut(track);
        let doubted = own.doubt.take();
        let settles = own.fitted + 1 == SETTLED;
        own.fitted = (own.fitted + 1).min(SETTLED);
        match (doubted, apart) {
            (Some(doubt), _) if !hole => Step::Stray(offset - doubt.offset),
            (_, Some(apart)) if settles => Step::Apart(apart),
            _ => Step::Continuous,
        }
    }

    /// Gives a track another clock; whether it had one that could be believed.
    fn settle(&mut self, track: Track, offset: MediaTime, newest: MediaTime) -> bool {
        let track = self.track_mut(track);
        let had = track.fitted >= BELIEVED;
        *track = TrackTimes { offset: Some(offset), fitted: BELIEVED, doubt: None, ..*track };
        if had {
            track.moved = Some(newest);
        }
        had
    }

    /// The other track's clock, if this one may follow onto it: that one has moved a moment ago, or its own is no more
    /// than what its first packet said.
    fn other_clock(&self, track: Track, newest: MediaTime) -> Option<MediaTime> {
        let clock = self.track(other(track));
        let moved = clock.moved.is_some_and(|at| newest - at <= STRAGGLERS);
        clock.offset.filter(|_| moved || self.track(track).fitted < BELIEVED)
    }

    fn is_plausible(&self, track: Track, mapped: MediaTime, newest: MediaTime) -> bool {
        let steps_back = self.track(track).last.is_some_and(|last| mapped < last - STEP_BACK);
        !steps_back && (mapped - newest).abs() <= JUMP
    }

    /// Whether a time is ahead of both tracks by more than could be taken back: the next packet says whether there is
    /// a hole in the stream or a stray stamp. A track that is alone, or slow, has nothing else to go by.
    fn leaps(&self, track: Track, mapped: MediaTime, newest: MediaTime) -> bool {
        let own = self.track(track);
        let slow = own.last.is_none_or(|last| mapped - last <= own.distance * 2);
        self.is_running(other(track)) && !slow && mapped - newest > STEP_BACK
    }

    /// Whether a track goes on, as far as is known.
    fn is_running(&self, track: Track) -> bool {
        let track = self.track(track);
        let newest = self.newest().filter(|_| track.offset.is_some());
        newest.zip(track.last).is_some_and(|(newest, last)| newest - last <= STRAGGLERS)
    }

    /// Where the next packet of a track belongs if its stamp says nothing: behind the last one, unless the other track
    /// is somewhere else by now.
    fn expected(&self, track: Track, newest: MediaTime) -> MediaTime {
        let own = self.track(track);
        let next = own.last.map_or(newest, |last| last + own.frame.unwrap_or(USUAL_FRAME));
        if (next - newest).abs() <= JUMP { next } else { newest }
    }

    /// Where the latest of a kind of times has passed, of all that was placed.
    fn end_of(&self, time: impl Fn(&TrackTimes) -> Option<MediaTime>) -> MediaTime {
        let end = |track: &TrackTimes| time(track).map(|time| time + track.frame.unwrap_or(USUAL_FRAME));
        [&self.video, &self.audio].into_iter().filter_map(end).max().unwrap_or(START)
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

fn other(track: Track) -> Track {
    match track {
        Track::Video => Track::Audio,
        Track::Audio => Track::Video,
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
        self.distance = mapped - last;
        if self.distance > MediaTime::from_millis(1) && self.distance <= LONGEST_FRAME {
            self.frame = Some(self.distance);
        }
        self.last = Some(mapped);
        mapped
    }
}

#[cfg(test)]
mod tests;
