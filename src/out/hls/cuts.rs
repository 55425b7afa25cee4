//! Where the stream is cut into segments: one list of instants that all renditions follow.
//!
//! One rendition leads: the received video, or the audio where there is none. It is cut at keyframes once a segment
//! is long enough. `EXT-X-TARGETDURATION` may never change, so it is learnt from the first segment; when a keyframe
//! is overdue later, the segment ends at an ordinary picture, and the next keyframe ends that one, so that segments
//! come back to beginning with keyframes. (Our playlists therefore never promise `EXT-X-INDEPENDENT-SEGMENTS`.)
//! Where nothing came for longer than a segment may last, the list goes on without content; renditions show such a
//! segment as a gap.

use std::collections::VecDeque;
use std::time::SystemTime;

use media::MediaTime;

/// A longer jump in the leader's times is a break even if nobody announced it.
pub(super) const MAX_JUMP: MediaTime = MediaTime::from_millis(10_000);
/// Longest target duration: iOS needs three of them to start, and a viewer should not wait for more than half a minute.
const MAX_TARGET: MediaTime = MediaTime::from_millis(10_000);
/// A keyframe may come this much early and still end its segment: stamps are rounded to milliseconds on the way.
const EARLY: MediaTime = MediaTime::from_millis(100);
/// Durations are compared with the target after rounding to the nearest second (RFC 8216bis, 4.4.3.1).
const ROUNDING: MediaTime = MediaTime::from_millis(500);
/// A segment this much over its target ends, keyframe or not: below [`ROUNDING`] by more than a picture.
const OVERDUE: MediaTime = MediaTime::from_millis(400);
/// The first segment may exceed the target duration learnt from it by this much, so that its likes stay under [`OVERDUE`].
const LEARNING_SLACK: MediaTime = MediaTime::from_millis(250);
/// Cuts remembered for renditions that lag: over two minutes of two-second segments.
const REMEMBERED: usize = 64;
/// Longest time that the leader's newest sample is taken to last.
const MAX_STEP: MediaTime = MediaTime::from_millis(1_000);

/// The beginning of a segment, the same for all renditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Media sequence number, from 1.
    pub(super) msn: u64,
    /// The first instant that belongs to the segment.
    pub(super) at: MediaTime,
    /// The first instant that does not, once known.
    pub(super) end: Option<MediaTime>,
    /// The segment does not continue the one before.
    pub(super) discontinuity: bool,
    /// Discontinuities so far, this one included.
    pub(super) discontinuities: u64,
    /// Wall-clock time of `at`.
    pub(super) wall: SystemTime,
}

/// What the leader has next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// A keyframe.
    Key,
    /// A keyframe that needs another initialisation segment.
    Reconfigured,
    /// Any other picture.
    Picture,
    /// An audio frame of a stream whose audio leads.
    Sound,
    /// An audio frame while the leading video is silent: only to keep the list going.
    Substitute,
}

/// The list of cuts.
#[derive(Debug)]
pub(super) struct CutList {
    shortest: MediaTime,
    cuts: VecDeque<Cut>,
    learnt: Option<MediaTime>,
    longest_seen: MediaTime,
    /// Segments that nothing continued, while no target duration is known.
    broken_off: u32,
    open: Open,
    announced: Announced,
    /// Start of the newest era: since the first cut, or since the last break.
    era: MediaTime,
    /// Start of the leader's newest sample, and how long it is taken to last.
    newest: MediaTime,
    step: MediaTime,
    /// The newest keyframe, and the longest of the last two times from one to the next.
    key: Option<MediaTime>,
    key_distances: [MediaTime; 2],
    anchor: Option<(MediaTime, SystemTime)>,
}

/// What the segment that is being filled begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// The leader has put nothing into it.
    Empty,
    /// It begins with a keyframe, or with sound that leads.
    Decodable,
    /// It begins with a picture that cannot be decoded alone, or with sound in place of pictures.
    Undecodable,
}

/// What a caller has announced of the leader's next sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Announced {
    Nothing,
    /// The next keyframe begins a segment with a discontinuity.
    Mark,
    /// What comes next does not continue what was.
    Break,
}

impl CutList {
    /// `shortest` is the duration after which a keyframe ends a segment, at most [`MAX_TARGET`].
    pub(super) fn new(shortest: MediaTime) -> Self {
        Self {
            shortest: shortest.min(MAX_TARGET),
            cuts: VecDeque::new(),
            learnt: None,
            longest_seen: MediaTime::ZERO,
            broken_off: 0,
            open: Open::Empty,
            announced: Announced::Nothing,
            era: MediaTime::ZERO,
            newest: MediaTime::ZERO,
            step: MediaTime::ZERO,
            key: None,
            key_distances: [MediaTime::ZERO; 2],
            anchor: None,
        }
    }

    /// `EXT-X-TARGETDURATION`, in whole seconds, once known; then it never changes.
    pub(super) fn target_duration(&self) -> Option<MediaTime> {
        self.learnt
    }

    /// Start of the newest era; audio from before it has no place in the segments that follow.
    pub(super) fn era(&self) -> MediaTime {
        self.era
    }

    /// A break was announced and what follows it has not come yet.
    pub(super) fn is_broken(&self) -> bool {
        self.announced == Announced::Break
    }

    /// The next samples do not continue the previous ones.
    pub(super) fn announce_break(&mut self) {
        if !self.cuts.is_empty() {
            self.announced = Announced::Break;
        }
    }

    /// A follower needs a segment boundary with a discontinuity, for another initialisation segment.
    pub(super) fn announce_mark(&mut self) {
        if !self.cuts.is_empty() && self.announced == Announced::Nothing {
            self.announced = Announced::Mark;
        }
    }

    /// Whether an instant is too far from the leader's newest sample to continue it.
    pub(super) fn is_jump(&self, pts: MediaTime) -> bool {
        !self.cuts.is_empty() && !self.is_broken() && (pts - self.newest).abs() > MAX_JUMP
    }

    /// Tells of the leader's next sample, in decode order; cuts where it is due. After an announced break the caller
    /// goes on with [`Lead::Key`], [`Lead::Reconfigured`] or [`Lead::Sound`].
    pub(super) fn lead(&mut self, lead: Lead, pts: MediaTime, arrived: SystemTime) {
        if self.cuts.is_empty() {
            self.begin_era(pts);
            self.cut(pts, false, arrived);
        } else if self.is_broken() {
            // What comes next belongs behind the break in any case, even if it is shown a little early.
            let end = self.end().min(pts.max(self.open_at()));
            let at = pts.max(end);
            self.close(end);
            self.learn_from_break();
            self.anchor = None;
            self.begin_era(at);
            self.cut(at, true, arrived);
        } else {
            self.continue_with(lead, pts, arrived);
        }
        self.note(lead, pts);
    }

    /// The segment that an instant belongs to; none before the first.
    pub(super) fn locate(&self, pts: MediaTime) -> Option<&Cut> {
        self.cuts.iter().rev().find(|cut| cut.at <= pts)
    }

    /// The cut that begins segment `msn`, if it is still remembered.
    pub(super) fn get(&self, msn: u64) -> Option<&Cut> {
        let first = self.cuts.front()?.msn;
        self.cuts.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }

    /// The newest cut; its segment is being filled.
    pub(super) fn newest(&self) -> Option<&Cut> {
        self.cuts.back()
    }

    /// Ends the last segment, and learns a target duration if there was none.
    pub(super) fn finish(&mut self) {
        if self.cuts.is_empty() {
            return;
        }
        self.close(self.end());
        if self.learnt.is_none() {
            self.learn(self.longest_seen);
        }
    }

    fn begin_era(&mut self, at: MediaTime) {
        self.era = at;
        self.newest = at;
        self.step = MediaTime::ZERO;
    }

    fn continue_with(&mut self, lead: Lead, pts: MediaTime, arrived: SystemTime) {
        // A segment that nothing is in does not end with a sample.
        while pts - self.open_at() >= self.longest_rounded()
            || self.open == Open::Empty && pts - self.open_at() >= self.longest()
        {
            let at = self.open_at() + self.longest();
            self.learn_from_continuation(at);
            self.close(at);
            self.cut(at, false, arrived);
        }
        let elapsed = pts - self.open_at();
        if self.open == Open::Empty || elapsed <= MediaTime::ZERO {
            return;
        }
        let marked = self.announced == Announced::Mark;
        let due = match lead {
            Lead::Reconfigured => true,
            Lead::Key => {
                marked
                    || self.open == Open::Undecodable
                    || elapsed + EARLY >= self.shortest
                    || self.is_last_chance(elapsed)
            }
            Lead::Sound => marked || elapsed >= self.shortest,
            // Without any keyframe so far there is none to wait for.
            Lead::Picture if self.key.is_none() && self.learnt.is_none() => elapsed >= self.shortest,
            Lead::Picture | Lead::Substitute => elapsed >= self.longest(),
        };
        if due {
            let discontinuity =
                lead == Lead::Reconfigured || (marked && matches!(lead, Lead::Key | Lead::Sound));
            if discontinuity || self.open == Open::Undecodable {
                self.longest_seen = self.longest_seen.max(elapsed);
                self.learn_from_break();
            } else {
                self.learn_from_continuation(pts);
            }
            self.close(pts);
            self.cut(pts, discontinuity, arrived);
        }
    }

    /// Whether the keyframe after this one will probably come too late to end the segment.
    fn is_last_chance(&self, elapsed: MediaTime) -> bool {
        let distance = self.key_distances[0].max(self.key_distances[1]);
        self.learnt.is_some() && elapsed + distance > self.longest() && elapsed * 4 >= self.shortest
    }

    fn note(&mut self, lead: Lead, pts: MediaTime) {
        if matches!(lead, Lead::Key | Lead::Reconfigured) {
            if let Some(before) = self.key.filter(|before| *before < pts) {
                self.key_distances = [self.key_distances[1], (pts - before).min(MAX_TARGET)];
            }
            self.key = Some(pts);
        }
        if self.open == Open::Empty {
            self.open = match lead {
                Lead::Key | Lead::Reconfigured | Lead::Sound => Open::Decodable,
                Lead::Picture | Lead::Substitute => Open::Undecodable,
            };
        }
        if pts > self.newest {
            self.step = (pts - self.newest).min(MAX_STEP);
            self.newest = pts;
        }
    }

    /// The leader changes: what the segment begins with does not serve the new one.
    pub(super) fn change_leader(&mut self) {
        if self.open == Open::Decodable {
            self.open = Open::Undecodable;
        }
    }

    fn cut(&mut self, at: MediaTime, discontinuity: bool, arrived: SystemTime) {
        let (anchor_at, anchor_wall) = *self.anchor.get_or_insert((at, arrived));
        let last = self.cuts.back();
        let cut = Cut {
            msn: last.map_or(1, |cut| cut.msn + 1),
            at,
            end: None,
            discontinuity,
            discontinuities: last.map_or(0, |cut| cut.discontinuities) + u64::from(discontinuity),
            wall: anchor_wall.checked_add((at - anchor_at).to_duration()).unwrap_or(arrived),
        };
        if self.cuts.len() == REMEMBERED {
            self.cuts.pop_front();
        }
        self.cuts.push_back(cut);
        self.open = Open::Empty;
        if discontinuity || self.is_broken() {
            self.announced = Announced::Nothing;
        }
    }

    fn close(&mut self, end: MediaTime) {
        if let Some(open) = self.cuts.back_mut() {
            let end = end.max(open.at);
            open.end = Some(end);
            self.longest_seen = self.longest_seen.max(end - open.at);
        }
    }

    fn learn_from_continuation(&mut self, end: MediaTime) {
        if self.learnt.is_none() {
            self.learn((end - self.open_at()).max(self.longest_seen));
        }
    }

    /// A segment that is broken off says little of those to come; where one is after the other, there may never be one
    /// that says more.
    fn learn_from_break(&mut self) {
        self.broken_off += 1;
        if self.learnt.is_none() && self.broken_off > 1 {
            self.learn(self.longest_seen);
        }
    }

    fn learn(&mut self, longest: MediaTime) {
        let ticks = (longest - LEARNING_SLACK).max(self.shortest).ticks();
        let seconds = (ticks + MediaTime::HZ - 1) / MediaTime::HZ;
        self.learnt = Some(MediaTime::from_ticks(seconds * MediaTime::HZ).min(MAX_TARGET));
    }

    /// Where the last segment ends if nothing continues it.
    fn end(&self) -> MediaTime {
        (self.newest + self.step).min(self.open_at() + self.longest())
    }

    fn open_at(&self) -> MediaTime {
        self.cuts.back().map_or(MediaTime::ZERO, |cut| cut.at)
    }

    /// A segment that is as long as this ends with the next sample.
    fn longest(&self) -> MediaTime {
        self.learnt.unwrap_or(MAX_TARGET) + OVERDUE
    }

    /// No segment may be as long as this.
    fn longest_rounded(&self) -> MediaTime {
        self.longest() - OVERDUE + ROUNDING
    }
}
