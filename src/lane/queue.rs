//! The bounded queue between a stream's ingest task and its lane thread.
//!
//! The pushing side never waits: when the queue is full, the oldest pictures go, up to the next keyframe, and
//! are counted. What the rest of the queue needs to be understood (configuration, discontinuity) is kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::VideoConfig;
use media::packet::Packet;
use media::time::MediaTime;
use parking_lot::{Condvar, Mutex};

/// Coded pictures that may wait: ten seconds at 60 pictures a second, far beyond where a lane skips by itself.
pub const MAX_PICTURES: usize = 600;

/// Bytes that may wait; bounds memory when pictures are large.
pub const MAX_BYTES: usize = 32 << 20;

/// What a lane is fed with.
#[derive(Debug, Clone)]
pub enum LaneInput {
    /// The pictures that follow are coded like this.
    Config(Arc<VideoConfig>),
    /// What follows does not continue what came before.
    Discontinuity,
    /// One coded picture.
    Picture(Packet),
    /// Nothing will come any more; what [`Queue::close`] leads to.
    End,
}

/// The queue. Shared by reference: one side pushes, the other pops.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    max_pictures: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    inputs: VecDeque<LaneInput>,
    pictures: usize,
    keys: usize,
    bytes: usize,
    newest: Option<MediaTime>,
    needs_key: bool,
    closed: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self::with_limits(MAX_PICTURES, MAX_BYTES)
    }
}

impl Queue {
    fn with_limits(max_pictures: usize, max_bytes: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), max_pictures, max_bytes }
    }

    /// Appends; answers how many coded pictures had to go for it (the pushed one included, if it cannot be used).
    pub fn push(&self, input: LaneInput) -> u64 {
        let mut state = self.state.lock();
        if state.closed {
            return u64::from(matches!(input, LaneInput::Picture(_)));
        }
        let dropped = match input {
            LaneInput::Picture(packet) => state.push_picture(packet, self.max_pictures, self.max_bytes),
            LaneInput::End => {
                state.closed = true;
                0
            }
            other => {
                state.inputs.push_back(other);
                state.merge_descriptions();
                0
            }
        };
        drop(state);
        self.filled.notify_one();
        dropped
    }

    /// Takes the oldest input, waiting up to `patience` for one. `None`: nothing came in time.
    pub fn pop(&self, patience: Duration) -> Option<LaneInput> {
        let mut state = self.state.lock();
        let waits = |state: &mut State| state.inputs.is_empty() && !state.closed;
        self.filled.wait_while_for(&mut state, waits, patience);
        match state.inputs.pop_front() {
            Some(input) => {
                state.forget(&input);
                Some(input)
            }
            None => state.closed.then_some(LaneInput::End),
        }
    }

    /// Drops everything up to the next keyframe that waits; answers how many coded pictures went. Without a keyframe
    /// in the queue nothing is dropped: going on is no worse than waiting.
    pub fn skip_to_key(&self) -> u64 {
        self.state.lock().drop_to_key()
    }

    /// Drops everything; answers how many coded pictures went.
    pub fn clear(&self) -> u64 {
        let mut state = self.state.lock();
        let dropped = state.pictures as u64;
        *state = State { closed: state.closed, newest: state.newest, ..State::default() };
        dropped
    }

    /// Nothing will be pushed any more.
    pub fn close(&self) {
        self.push(LaneInput::End);
    }

    /// Whether [`Queue::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Coded pictures that wait.
    pub fn len(&self) -> usize {
        self.state.lock().pictures
    }

    /// Whether no coded picture waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a keyframe waits.
    pub fn has_key(&self) -> bool {
        self.state.lock().keys > 0
    }

    /// Decode time of the newest picture that was ever pushed.
    pub fn newest(&self) -> Option<MediaTime> {
        self.state.lock().newest
    }
}

impl State {
    fn push_picture(&mut self, packet: Packet, max_pictures: usize, max_bytes: usize) -> u64 {
        self.newest = Some(packet.dts);
        let mut dropped = 0;
        while self.pictures > 0
            && (self.pictures >= max_pictures || self.bytes + packet.data.len() > max_bytes)
        {
            let to_key = self.drop_to_key();
            dropped += to_key;
            if to_key == 0 {
                // No keyframe waits behind the oldest: only the next one to come helps.
                dropped += self.drop_pictures(self.inputs.len());
                self.needs_key = true;
            }
        }
        if self.needs_key && !packet.key {
            return dropped + 1;
        }
        self.needs_key = false;
        self.pictures += 1;
        self.keys += usize::from(packet.key);
        self.bytes += packet.data.len();
        self.inputs.push_back(LaneInput::Picture(packet));
        dropped
    }

    fn drop_to_key(&mut self) -> u64 {
        let is_key = |input: &LaneInput| matches!(input, LaneInput::Picture(packet) if packet.key);
        let first = self.inputs.iter().position(|input| matches!(input, LaneInput::Picture(_)));
        let Some(first) = first else { return 0 };
        match self.inputs.iter().skip(first + 1).position(is_key) {
            Some(ahead) => self.drop_pictures(first + 1 + ahead),
            None => 0,
        }
    }

    /// Drops the pictures among the oldest `count` inputs; configurations and discontinuities stay.
    fn drop_pictures(&mut self, count: usize) -> u64 {
        let rest = self.inputs.split_off(count);
        let mut dropped = 0;
        for input in std::mem::replace(&mut self.inputs, rest).into_iter().rev() {
            if matches!(input, LaneInput::Picture(_)) {
                self.forget(&input);
                dropped += 1;
            } else {
                self.inputs.push_front(input);
            }
        }
        self.merge_descriptions();
        dropped
    }

    /// Of configurations and discontinuities without a picture behind them at the end of the queue, only the last
    /// of each kind counts; so a publisher who sends nothing else cannot fill the memory.
    fn merge_descriptions(&mut self) {
        let pictures_end = self
            .inputs
            .iter()
            .rposition(|input| matches!(input, LaneInput::Picture(_)))
            .map_or(0, |index| index + 1);
        self.merge_range(pictures_end, self.inputs.len());
        let leading_end =
            self.inputs.iter().position(|input| matches!(input, LaneInput::Picture(_))).unwrap_or(0);
        self.merge_range(0, leading_end);
    }

    fn merge_range(&mut self, from: usize, to: usize) {
        if to - from < 2 {
            return;
        }
        let run: Vec<LaneInput> = self.inputs.drain(from..to).collect();
        let jump = run.iter().any(|input| matches!(input, LaneInput::Discontinuity));
        let config = run.into_iter().rev().find(|input| matches!(input, LaneInput::Config(_)));
        let merged = jump.then_some(LaneInput::Discontinuity).into_iter().chain(config);
        for (place, input) in (from..).zip(merged) {
            self.inputs.insert(place, input);
        }
    }

    fn forget(&mut self, input: &LaneInput) {
        if let LaneInput::Picture(packet) = input {
            self.pictures -= 1;
            self.keys -= usize::from(packet.key);
            self.bytes -= packet.data.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::packet::Track;
    use proptest::prelude::*;

    use super::*;

    fn picture(index: i64, key: bool) -> LaneInput {
        let dts = MediaTime::from_millis(index * 40);
        LaneInput::Picture(Packet {
            track: Track::Video,
            dts,
            pts: dts,
            key,
            data: Bytes::from_static(&[0; 10]),
        })
    }

    fn drain(queue: &Queue) -> Vec<String> {
        queue.close();
        std::iter::from_fn(|| match queue.pop(Duration::ZERO) {
            Some(LaneInput::Picture(packet)) => {
                Some(format!("{}{}", if packet.key { "K" } else { "p" }, packet.dts.as_millis() / 40))
            }
            Some(LaneInput::Discontinuity) => Some("|".to_owned()),
            Some(LaneInput::Config(_)) => Some("c".to_owned()),
            Some(LaneInput::End) | None => None,
        })
        .collect()
    }

    #[test]
    fn overflow_drops_the_oldest_up_to_the_next_keyframe() {
        let queue = Queue::with_limits(5, 1000);
        let dropped: Vec<u64> = (0..7).map(|index| queue.push(picture(index, index % 3 == 0))).collect();
        assert_eq!(dropped, [0, 0, 0, 0, 0, 3, 0]);
        assert_eq!(drain(&queue), ["K3", "p4", "p5", "K6"]);
    }

    #[test]
    fn without_a_keyframe_everything_goes_until_one_comes() {
        let queue = Queue::with_limits(3, 1000);
        let dropped: Vec<u64> =
            (0..6).map(|index| queue.push(picture(index, index == 0 || index == 5))).collect();
        assert_eq!(dropped, [0, 0, 0, 4, 1, 0]);
        assert_eq!(drain(&queue), ["K5"]);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let queue = Queue::with_limits(100, 25);
        assert_eq!((0..3).map(|index| queue.push(picture(index, true))).sum::<u64>(), 1);
        assert_eq!(drain(&queue), ["K1", "K2"]);
    }

    #[test]
    fn discontinuities_survive_overflow_once() {
        let queue = Queue::with_limits(3, 1000);
        queue.push(picture(0, true));
        queue.push(LaneInput::Discontinuity);
        queue.push(picture(1, false));
        queue.push(LaneInput::Discontinuity);
        queue.push(LaneInput::Discontinuity);
        queue.push(picture(2, true));
        queue.push(picture(3, false));
        assert_eq!(drain(&queue), ["|", "K2", "p3"]);
    }

    #[test]
    fn skipping_goes_to_the_next_keyframe_or_nowhere() {
        let queue = Queue::default();
        for index in 0..6 {
            queue.push(picture(index, index == 4));
        }
        assert_eq!(queue.skip_to_key(), 4);
        assert_eq!(queue.skip_to_key(), 0);
        assert_eq!(drain(&queue), ["K4", "p5"]);
    }

    #[test]
    fn a_closed_queue_is_emptied_and_then_ends() {
        let queue = Queue::default();
        assert!(queue.pop(Duration::ZERO).is_none());
        queue.push(picture(0, true));
        queue.close();
        assert_eq!(queue.push(picture(1, false)), 1);
        assert!(matches!(queue.pop(Duration::from_secs(60)), Some(LaneInput::Picture(_))));
        assert!(matches!(queue.pop(Duration::from_secs(60)), Some(LaneInput::End)));
    }

    proptest! {
        #[test]
        fn bounds_hold_and_every_picture_is_accounted_for(kinds in prop::collection::vec(0..6u8, 0..200)) {
            let queue = Queue::with_limits(8, 1000);
            let (mut pushed, mut gone) = (0, 0);
            for (index, kind) in kinds.into_iter().enumerate() {
                match kind {
                    0 => drop(queue.push(LaneInput::Discontinuity)),
                    1 => gone += queue.skip_to_key(),
                    2 => gone += u64::from(matches!(queue.pop(Duration::ZERO), Some(LaneInput::Picture(_)))),
                    kind => {
                        pushed += 1;
                        gone += queue.push(picture(index as i64, kind == 3));
                    }
                }
                prop_assert!(queue.len() <= 8);
                prop_assert_eq!(pushed, gone + queue.len() as u64);
            }
        }
    }
}
