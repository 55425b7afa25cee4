//! A bounded queue for coded media between two threads, or a thread and a task.
//!
//! Nobody who pushes ever waits. When the queue is full, the video in it is thrown away and video goes on at the next
//! keyframe, because a picture whose references are missing is worthless; configurations and audio stay as long
//! as there is room. Every unit that is thrown away is counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use media::{Track, Unit};
use tokio::sync::Notify;

/// What a queued thing means to those who follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Needed to understand what follows.
    Config,
    /// Understandable by itself.
    Audio,
    /// Video that needs nothing before it.
    Key,
    /// Video that needs everything since the last keyframe.
    Delta,
}

/// Something that can be queued.
pub trait Queued {
    /// What it means to those who follow.
    fn role(&self) -> Role;
}

impl Queued for Unit {
    fn role(&self) -> Role {
        match self {
            Self::VideoConfig(_) | Self::AudioConfig(_) => Role::Config,
            Self::Packet(packet) => match (packet.track, packet.key) {
                (Track::Audio, _) => Role::Audio,
                (Track::Video, true) => Role::Key,
                (Track::Video, false) => Role::Delta,
            },
        }
    }
}

/// The queue. One side pushes; the other side pops, on a thread or in a task.
#[derive(Debug)]
pub struct Queue<T> {
    inner: Mutex<Inner<T>>,
    ready: Condvar,
    ready_async: Notify,
    bound: usize,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<T>,
    awaits_key: bool,
    closed: bool,
}

impl<T: Queued> Queue<T> {
    /// An empty queue for at most `bound` things.
    pub fn new(bound: usize) -> Self {
        let inner = Inner { items: VecDeque::with_capacity(bound), awaits_key: false, closed: false };
        Self {
            inner: Mutex::new(inner),
            ready: Condvar::new(),
            ready_async: Notify::new(),
            bound: bound.max(1),
            dropped: AtomicU64::new(0),
        }
    }

    /// Puts `item` at the end, making room first if there is none. After [`Self::close`] it is thrown away.
    pub fn push(&self, item: T) {
        let mut inner = self.lock();
        if inner.closed {
            return;
        }
        let role = item.role();
        if inner.items.len() >= self.bound {
            self.make_room(&mut inner);
        }
        match role {
            Role::Key => inner.awaits_key = false,
            Role::Delta if inner.awaits_key => {
                self.count(1);
                return;
            }
            Role::Delta | Role::Audio | Role::Config => {}
        }
        inner.items.push_back(item);
        drop(inner);
        self.ready.notify_one();
        self.ready_async.notify_one();
    }

    /// Takes the first item; waits on this thread for it. None after the queue was closed and emptied.
    pub fn pop_blocking(&self) -> Option<T> {
        let inner = self.lock();
        let mut inner = self
            .ready
            .wait_while(inner, |inner| inner.items.is_empty() && !inner.closed)
            .unwrap_or_else(PoisonError::into_inner);
        inner.items.pop_front()
    }

    /// Takes the first item; cancelling the future loses nothing. None after the queue was closed and emptied.
    pub async fn pop(&self) -> Option<T> {
        loop {
            let woken = self.ready_async.notified();
            {
                let mut inner = self.lock();
                if let Some(item) = inner.items.pop_front() {
                    return Some(item);
                }
                if inner.closed {
                    return None;
                }
            }
            woken.await;
        }
    }

    /// Nothing more will come; what is in the queue can still be taken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
        self.ready_async.notify_one();
    }

    /// Everything that waits, oldest first.
    pub fn take_all(&self) -> Vec<T> {
        self.lock().items.drain(..).collect()
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How much is waiting.
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much was thrown away for want of room.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Throws the video away; where there is none, the oldest audio; where there is none, the oldest configuration.
    fn make_room(&self, inner: &mut Inner<T>) {
        let before = inner.items.len();
        inner.items.retain(|item| matches!(item.role(), Role::Config | Role::Audio));
        if inner.items.len() < before {
            inner.awaits_key = true;
        } else {
            let oldest = inner.items.iter().position(|item| item.role() == Role::Audio).unwrap_or(0);
            inner.items.remove(oldest);
        }
        self.count(before - inner.items.len());
    }

    fn count(&self, dropped: usize) {
        self.dropped.fetch_add(dropped as u64, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Queued for (Role, u32) {
        fn role(&self) -> Role {
            self.0
        }
    }

    fn drain(queue: &Queue<(Role, u32)>) -> Vec<u32> {
        queue.close();
        std::iter::from_fn(|| queue.pop_blocking()).map(|(_, n)| n).collect()
    }

    #[test]
    fn keeps_the_order() {
        let queue = Queue::new(8);
        for (n, role) in [Role::Config, Role::Key, Role::Audio, Role::Delta].into_iter().enumerate() {
            queue.push((role, n as u32));
        }
        assert_eq!(drain(&queue), [0, 1, 2, 3]);
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn overflow_goes_on_at_the_next_key_picture() {
        let queue = Queue::new(4);
        let pushed = [
            (Role::Config, 0),
            (Role::Key, 1),
            (Role::Audio, 2),
            (Role::Delta, 3),
            (Role::Delta, 4), // no room: 1, 3 and 4 go
            (Role::Delta, 5), // goes
            (Role::Audio, 6),
            (Role::Key, 7),
        ];
        for item in pushed {
            queue.push(item);
        }
        assert_eq!(drain(&queue), [0, 2, 6, 7]);
        assert_eq!(queue.dropped(), 4);
    }

    #[test]
    fn audio_alone_loses_the_oldest() {
        let queue = Queue::new(3);
        (0..5).for_each(|n| queue.push((Role::Audio, n)));
        assert_eq!(drain(&queue), [2, 3, 4]);
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn a_full_queue_accepts_the_key_picture_that_overflows_it() {
        let queue = Queue::new(2);
        for item in [(Role::Key, 0), (Role::Delta, 1), (Role::Key, 2), (Role::Delta, 3)] {
            queue.push(item);
        }
        assert_eq!(drain(&queue), [2, 3]);
        assert_eq!(queue.dropped(), 2);
    }

    #[tokio::test]
    async fn a_task_waits_for_an_item_and_for_the_end() {
        let queue = std::sync::Arc::new(Queue::new(2));
        let other = queue.clone();
        let pusher = std::thread::spawn(move || {
            other.push((Role::Audio, 7));
            other.close();
        });
        assert_eq!(queue.pop().await, Some((Role::Audio, 7)));
        assert_eq!(queue.pop().await, None);
        pusher.join().unwrap();
        queue.push((Role::Audio, 8));
        assert!(queue.is_empty());
    }
}
