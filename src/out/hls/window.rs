//! What can be read of a rendition: its newest segments, the one that is being filled included.
//!
//! The playlist lists a window of complete segments. Segments that have just left it stay readable for as long again,
//! for readers that are about to ask for them (RFC 8216bis, 6.2.2); then their memory is freed.

use std::collections::VecDeque;

use bytes::Bytes;
use media::MediaTime;

use super::cuts::Cut;

/// Bytes that a rendition may hold: 60 Mbit/s over the usual half minute. A publisher that sends more in its playlist's
/// time gets a shorter playlist.
const MAX_BYTES: usize = 256 << 20;

/// A part: one fragment.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) duration: MediaTime,
    /// Decoding can start in it.
    pub(super) independent: bool,
}

/// A segment: the concatenation of its parts, never copied together.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) cut: Cut,
    /// Which initialisation segment it needs.
    pub(super) init: u64,
    /// Empty in a complete segment: there was nothing to show, a gap.
    pub(super) parts: Vec<Part>,
    pub(super) samples: u32,
}

impl Segment {
    pub(super) fn new(cut: Cut, init: u64) -> Self {
        Self { cut, init, parts: Vec::new(), samples: 0 }
    }

    pub(super) fn is_gap(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes.len()).sum()
    }

    /// By the cuts, hence the same in all renditions; zero while it is being filled.
    pub(super) fn duration(&self) -> MediaTime {
        self.cut.end.map_or(MediaTime::ZERO, |end| end - self.cut.at)
    }
}

/// The segments of one rendition. Complete ones have consecutive numbers; the open one follows them.
#[derive(Debug)]
pub(super) struct Window {
    listed: usize,
    complete: VecDeque<Segment>,
    open: Option<Segment>,
    /// Initialisation segments and their numbers, oldest first.
    inits: VecDeque<(u64, Bytes)>,
}

/// Where a part stands.
#[derive(Clone, Debug)]
pub(super) enum Lookup {
    /// Here it is.
    Found(Bytes),
    /// It is the next one to come.
    Next,
    /// It is gone, or it will not come.
    Gone,
}

impl Window {
    /// `listed` complete segments are in the playlist.
    pub(super) fn new(listed: usize) -> Self {
        Self { listed: listed.max(1), complete: VecDeque::new(), open: None, inits: VecDeque::new() }
    }

    /// Complete segments that the playlist lists, oldest first.
    pub(super) fn listed(&self) -> impl DoubleEndedIterator<Item = &Segment> + ExactSizeIterator + Clone {
        let skipped = self.complete.len().saturating_sub(self.listed);
        self.complete.range(skipped..)
    }

    pub(super) fn open(&self) -> Option<&Segment> {
        self.open.as_ref()
    }

    pub(super) fn last_complete(&self) -> Option<&Segment> {
        self.complete.back()
    }

    /// Number of the segment that is being filled, or that will be next.
    pub(super) fn current_msn(&self) -> Option<u64> {
        let open = self.open.as_ref().map(|segment| segment.cut.msn);
        open.or_else(|| self.complete.back().map(|segment| segment.cut.msn + 1))
    }

    /// Bytes held for readers.
    pub(super) fn held_bytes(&self) -> usize {
        self.complete.iter().chain(&self.open).map(Segment::bytes).sum()
    }

    pub(super) fn segment(&self, msn: u64) -> Option<&Segment> {
        let first = self.complete.front()?.cut.msn;
        let segment = self.complete.get(usize::try_from(msn.checked_sub(first)?).ok()?)?;
        (!segment.is_gap()).then_some(segment)
    }

    pub(super) fn part(&self, msn: u64, part: u64) -> Lookup {
        let Some(current) = self.current_msn() else { return Lookup::Gone };
        let index = usize::try_from(part).unwrap_or(usize::MAX);
        let holder = if msn < current {
            self.segment(msn)
        } else {
            self.open.as_ref().filter(|open| open.cut.msn == msn)
        };
        let parts = holder.map_or(0, |segment| segment.parts.len());
        match holder.and_then(|segment| segment.parts.get(index)) {
            Some(part) => Lookup::Found(part.bytes.clone()),
            None if msn == current && index == parts => Lookup::Next,
            None => Lookup::Gone,
        }
    }

    pub(super) fn init(&self, number: u64) -> Option<&Bytes> {
        self.inits.iter().find(|(found, _)| *found == number).map(|(_, bytes)| bytes)
    }

    pub(super) fn add_init(&mut self, number: u64, bytes: Bytes) {
        self.inits.push_back((number, bytes));
    }

    /// Begins a segment; the one before must have been completed.
    pub(super) fn begin(&mut self, segment: Segment) {
        debug_assert!(self.open.is_none());
        self.open = Some(segment);
    }

    pub(super) fn add_part(&mut self, part: Part, samples: u32) {
        if let Some(open) = &mut self.open {
            open.parts.push(part);
            open.samples += samples;
        }
    }

    /// Completes the open segment.
    pub(super) fn complete(&mut self, end: MediaTime) -> Option<&Segment> {
        let mut segment = self.open.take()?;
        segment.cut.end = Some(end.max(segment.cut.at));
        self.append(segment);
        self.complete.back()
    }

    /// Adds a segment without content.
    pub(super) fn add_gap(&mut self, cut: Cut, init: u64) {
        debug_assert!(self.open.is_none());
        self.append(Segment::new(cut, init));
    }

    /// Forgets everything that is complete: what comes next does not follow it in number.
    pub(super) fn clear(&mut self) {
        self.complete.clear();
    }

    fn append(&mut self, segment: Segment) {
        self.complete.push_back(segment);
        while self.complete.len() > 2 * self.listed
            || self.complete.len() > 1 && self.held_bytes() > MAX_BYTES
        {
            self.complete.pop_front();
        }
        // The newest one stays even if nothing needs it yet: the open segment does, or the next one.
        let oldest = self.complete.front().map_or(0, |segment| segment.init);
        while self.inits.len() > 1 && self.inits.front().is_some_and(|(number, _)| *number < oldest) {
            self.inits.pop_front();
        }
    }
}
