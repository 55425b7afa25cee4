//! How long a peer may take for what. Knows the time and waits for nothing.

use std::time::Duration;

use media::flv::{Tag, TagKind};
use tokio::time::Instant;

use crate::{Event, Limits};

/// What was waited for in vain.
pub(super) const SENDING: &str = "waiting for the peer to take what it is sent";
pub(super) const MEDIA: &str = "waiting for sound or pictures";
const REQUEST: &str = "waiting for a request to publish or play";
const LIFE: &str = "waiting for any sign of life";

/// The clocks of one connection.
#[derive(Debug)]
pub(super) struct Patience {
    request_timeout: Duration,
    read_timeout: Duration,
    media_timeout: Duration,
    ping_after: Duration,
    write_timeout: Duration,
    /// Since when the peer has had nothing to do.
    idle_since: Option<Instant>,
    /// When an accepted publisher last sent audio or video.
    media: Option<Instant>,
    /// When the peer last gave a sign of life, or was last asked to go on.
    heard: Instant,
    pinged: bool,
    due: Option<Due>,
}

/// What the network is to take in time: all that waited at some moment, whatever has been added to it since. A peer that takes a
/// byte now and then would hold its place for ever, while one that is always a little behind is no reason to part.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// Counted from the beginning of the connection.
    bytes: u64,
    since: Instant,
}

impl Patience {
    /// Of a peer that has shaken hands.
    pub(super) fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            request_timeout: limits.request_timeout,
            read_timeout: limits.read_timeout,
            media_timeout: limits.media_timeout,
            ping_after: limits.ping_after,
            write_timeout: limits.write_timeout,
            idle_since: Some(now),
            media: None,
            heard: now,
            pinged: false,
            due: None,
        }
    }

    /// The owner learns this now. The time of its own decision is not the peer's.
    pub(super) fn told(&mut self, event: &Event) {
        match event {
            Event::PublishRequested { .. } | Event::PlayRequested { .. } => self.idle_since = None,
            Event::Unpublished | Event::Stopped => {
                self.idle_since = Some(Instant::now());
                self.media = None;
            }
            Event::Tag(Tag { kind: TagKind::Audio | TagKind::Video, .. }) => {
                self.media = Some(Instant::now());
            }
            Event::Connected(_) | Event::Tag(_) | Event::Closed => {}
        }
    }

    /// The peer waits for our decision, however long it takes.
    pub(super) fn deciding(&mut self) {
        self.idle_since = None;
    }

    /// The peer may go on and ask for something.
    pub(super) fn connected(&mut self) {
        self.heard();
        self.idle_since = Some(self.heard);
    }

    /// The peer may publish from now on.
    pub(super) fn publishes(&mut self) {
        self.heard();
        self.media = Some(self.heard);
    }

    /// How long a publisher may send neither sound nor pictures.
    pub(super) fn wait_for_media(&mut self, timeout: Duration) {
        self.media_timeout = timeout;
    }

    /// The peer gives a sign of life.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        self.pinged = false;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.idle_since.is_some()
    }

    /// Some bytes wait, or none; `sent` have gone before them.
    pub(super) fn unsent(&mut self, unsent: usize, sent: u64) {
        let is_taken = unsent == 0 || self.due.is_none_or(|due| due.bytes <= sent);
        if is_taken {
            let due = Due { bytes: sent + unsent as u64, since: Instant::now() };
            self.due = (unsent > 0).then_some(due);
        }
    }

    /// Whether time is up although the peer is lively: bytes that are there already would always win against the clock.
    pub(super) fn is_over(&self) -> Option<&'static str> {
        let (deadline, waiting) = self.deadline();
        let counts = self.is_idle() || self.media.is_some() || self.due.is_some();
        (counts && Instant::now() >= deadline).then_some(waiting)
    }

    /// When the peer has had its time, and for what.
    pub(super) fn deadline(&self) -> (Instant, &'static str) {
        // Who has not taken what was sent before cannot hear a ping.
        let alive = match self.due {
            Some(due) => (due.since + self.write_timeout, SENDING),
            None => (self.heard + self.read_timeout, LIFE),
        };
        let idle = self.idle_since.map(|since| (since + self.request_timeout, REQUEST));
        let media = self.media.map(|since| (since + self.media_timeout, MEDIA));
        let others = [idle, media].into_iter().flatten();
        others.fold(alive, |first, other| if other.0 < first.0 { other } else { first })
    }

    /// Until when the network is to take something.
    pub(super) fn sending(&self) -> Instant {
        self.due.map_or_else(Instant::now, |due| due.since) + self.write_timeout
    }

    /// When to look again: to ping, or to give up.
    pub(super) fn wake(&self) -> Instant {
        let (deadline, _) = self.deadline();
        if self.pinged || self.due.is_some() {
            return deadline;
        }
        deadline.min(self.heard + self.ping_after)
    }

    /// It is time to ping.
    pub(super) fn pinged(&mut self) {
        self.pinged = true;
    }
}
