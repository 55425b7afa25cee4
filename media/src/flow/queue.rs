//! A bounded queue for coded media between two threads, or a thread and a task.
//!
//! The pushing side never waits: when the queue is full, video goes and video begins again at a keyframe, because a
//! picture whose references are missing is worthless. What the rest needs to be understood (configurations,
//! discontinuities) always stays. Every packet that is dropped is counted.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::mpsc::RecvTimeoutError;
use std::task::{Poll, Waker};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// Something that can be queued: a packet, or a description of the packets behind it.
pub trait Queued {
    /// The packet; `None` for a description.
    fn packet(&self) -> Option<&Packet>;

    /// Whether this description makes an `older` one useless that has no packet behind it. At least between two of a
    /// kind it must, or descriptions alone could fill the memory.
    fn replaces(&self, older: &Self) -> bool;
}

impl Queued for Unit {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Packet(packet) => Some(packet),
            Self::VideoConfig(_) | Self::AudioConfig(_) => None,
        }
    }

    fn replaces(&self, older: &Self) -> bool {
        self.track() == older.track()
    }
}

/// What goes first when a queue is full. Without video in it, it is the oldest audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest video up to the next keyframe that waits; without one, all video until a keyframe comes.
    DropGop,
    /// All video, until a keyframe comes: the reader is up to date at once.
    DropVideo,
}

/// The queue. Shared by reference: one side pushes, the other pops.
#[derive(Debug)]
pub struct KeyQueue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    overflow: Overflow,
    max_packets: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    packets: usize,
    bytes: usize,
    dropped: u64,
    newest: Option<MediaTime>,
    needs_key: bool,
    closed: bool,
    /// The task that waits, if one does.
    task: Option<Waker>,
}

impl<T: Queued> KeyQueue<T> {
    /// An empty queue for at most `max_packets` packets, one at least.
    pub fn new(max_packets: usize, overflow: Overflow) -> Self {
        let state = State {
            items: VecDeque::new(),
            packets: 0,
            bytes: 0,
            dropped: 0,
            newest: None,
            needs_key: false,
            closed: false,
            task: None,
        };
        let max_packets = max_packets.max(1);
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
            overflow,
            max_packets,
            max_bytes: usize::MAX,
        }
    }

    /// The packets that wait may have this many bytes together; a larger one waits alone.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Appends; answers how many packets had to go for it (the pushed one included, if it cannot be used). After
    /// [`KeyQueue::close`] nothing is taken.
    pub fn push(&self, item: T) -> u64 {
        let mut state = self.state.lock();
        let before = state.dropped;
        if state.closed {
            // Nobody will read it any more, and the count says so.
            state.dropped += u64::from(item.packet().is_some());
        } else {
            self.accept(&mut state, item);
        }
        let dropped = state.dropped - before;
        let task = state.task.take();
        // Whoever is woken wants the lock.
        drop(state);
        self.filled.notify_one();
        task.into_iter().for_each(Waker::wake);
        dropped
    }

    fn accept(&self, state: &mut State<T>, item: T) {
        let Some(packet) = item.packet() else { return state.append(item) };
        state.newest = Some(packet.dts);
        let bytes = packet.data.len();
        let full = |state: &State<T>| {
            state.packets >= self.max_packets || state.bytes.saturating_add(bytes) > self.max_bytes
        };
        // A packet that is too large even for an empty queue is taken all the same.
        while state.packets > 0 && full(state) {
            state.make_room(self.overflow);
        }
        if packet.track == Track::Video {
            // Its references went; it would only show damage.
            if state.needs_key && !packet.key {
                state.dropped += 1;
                return;
            }
            state.needs_key = false;
        }
        state.packets += 1;
        state.bytes += bytes;
        state.append(item);
    }

    /// Takes the oldest item, and waits on this thread for one. `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        self.filled.wait_while(&mut state, |state| state.items.is_empty() && !state.closed);
        state.take()
    }

    /// Takes the oldest item, and waits on this thread up to `patience` for one. `Disconnected` once the queue is closed
    /// and empty.
    pub fn pop_timeout(&self, patience: Duration) -> Result<T, RecvTimeoutError> {
        let mut state = self.state.lock();
        self.filled.wait_while_for(&mut state, |state| state.items.is_empty() && !state.closed, patience);
        let none = if state.closed { RecvTimeoutError::Disconnected } else { RecvTimeoutError::Timeout };
        state.take().ok_or(none)
    }

    /// Takes the oldest item, for the one task that waits for it; cancelling the future loses nothing. `None` once
    /// the queue is closed and empty.
    pub async fn pop_async(&self) -> Option<T> {
        poll_fn(|context| {
            let mut state = self.state.lock();
            let item = state.take();
            if item.is_some() || state.closed {
                return Poll::Ready(item);
            }
            // Under the same lock as the look above: a push in between would wake nobody.
            state.task = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Drops the video up to the next keyframe that waits; answers how many packets went. Without a keyframe in the
    /// queue nothing is dropped: going on is no worse than waiting.
    pub fn skip_to_key(&self) -> u64 {
        let mut state = self.state.lock();
        state.drop_to_key()
    }

    /// Takes everything that waits, oldest first.
    pub fn drain(&self) -> Vec<T> {
        let mut state = self.state.lock();
        state.packets = 0;
        state.bytes = 0;
        state.items.drain(..).collect()
    }

    /// Nothing will be pushed any more; what waits can still be popped.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let task = state.task.take();
        drop(state);
        self.filled.notify_all();
        task.into_iter().for_each(Waker::wake);
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    pub fn len(&self) -> usize {
        self.state.lock().packets
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn has_key(&self) -> bool {
        self.state.lock().items.iter().any(is_key)
    }

    /// Decode time of the newest packet that was ever pushed.
    pub fn newest(&self) -> Option<MediaTime> {
        self.state.lock().newest
    }

    /// Packets that pushing has dropped.
    pub fn dropped(&self) -> u64 {
        self.state.lock().dropped
    }
}

impl<T: Queued> State<T> {
    fn take(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.forget(&item);
        Some(item)
    }

    /// Of descriptions without a packet between them only the last of each kind counts; it stands where the first did.
    fn append(&mut self, item: T) {
        if item.packet().is_none() {
            let mut run = self.items.iter_mut().rev().take_while(|other| other.packet().is_none());
            if let Some(older) = run.find(|older| item.replaces(older)) {
                *older = item;
                return;
            }
        }
        self.items.push_back(item);
    }

    fn make_room(&mut self, overflow: Overflow) {
        let mut gone = 0;
        if overflow == Overflow::DropGop {
            gone = self.drop_to_key();
        }
        if gone == 0 {
            gone = self.drop_where(|_, item| is_video(item));
            self.needs_key |= gone > 0;
        }
        if gone == 0 {
            let oldest = self.items.iter().position(|item| item.packet().is_some());
            gone = self.drop_where(|index, _| Some(index) == oldest);
        }
        self.dropped += gone;
    }

    fn drop_to_key(&mut self) -> u64 {
        let Some(first) = self.items.iter().position(is_video) else { return 0 };
        let Some(distance) = self.items.iter().skip(first + 1).position(is_key) else { return 0 };
        let key = first + 1 + distance;
        self.drop_where(|index, item| index < key && is_video(item))
    }

    fn drop_where(&mut self, gone: impl Fn(usize, &T) -> bool) -> u64 {
        let before = self.packets;
        let items = std::mem::take(&mut self.items);
        for (index, item) in items.into_iter().enumerate() {
            if gone(index, &item) {
                self.forget(&item);
            } else {
                // Descriptions may have become neighbours.
                self.append(item);
            }
        }
        (before - self.packets) as u64
    }

    fn forget(&mut self, item: &T) {
        if let Some(packet) = item.packet() {
            self.packets -= 1;
            self.bytes -= packet.data.len();
        }
    }
}

fn is_video<T: Queued>(item: &T) -> bool {
    item.packet().is_some_and(|packet| packet.track == Track::Video)
}

fn is_key<T: Queued>(item: &T) -> bool {
    item.packet().is_some_and(|packet| packet.track == Track::Video && packet.key)
}

#[cfg(test)]
mod tests;
