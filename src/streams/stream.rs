//! A stream, and the right to publish to it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::names::{StreamKey, StreamName};
use media::packet::Unit;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::error::Error;
use super::lane_feed::LaneFeed;
use super::report::CheckedReport;
use super::session::{Session, SessionSettings};
use crate::inference::{Profile, StreamModel};
use crate::out::broadcast::Broadcast;
use crate::out::hls::Packager;
use crate::out::{Arrival, Rendition};
use crate::problems::Problems;

/// So often within [`TURNS`] may a publisher that is heard be replaced. Two encoders that come back by themselves would
/// take turns for ever, and nobody could watch.
const MOST_TAKEOVERS: usize = 3;
const TURNS: Duration = Duration::from_secs(60);

/// A publisher that has sent nothing for so long is not heard: probably it is the one that comes back.
const UNHEARD: Duration = Duration::from_secs(3);

/// How long an open stream is listed after its end: players read the end of the playlist meanwhile.
const REMEMBERED: Duration = Duration::from_secs(60);

/// A stream and who may publish to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSettings {
    /// Public name.
    pub name: StreamName,
    /// What the publisher has as stream key; secret. Without one the stream is open: others decide who may publish, and it goes
    /// when it is over.
    pub key: Option<StreamKey>,
    /// Which net, if not the server's usual one.
    pub profile: Option<Profile>,
}

/// One stream of the registry.
#[derive(Debug)]
pub struct Stream {
    key: RwLock<Option<StreamKey>>,
    model: Arc<StreamModel>,
    settings: Arc<SessionSettings>,
    left: Arc<Notify>,
    changes: watch::Sender<()>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    presence: Presence,
    /// Tells whoever published last that somebody else does now.
    replaced: CancellationToken,
    /// When publishers that were heard were replaced, the newest [`MOST_TAKEOVERS`] at most.
    takeovers: VecDeque<Instant>,
    /// When the publisher sent its newest unit, or came.
    heard: Instant,
    /// The newest playlist; stays readable after its end, until the next one begins.
    session: Option<Session>,
}

/// Whether somebody publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nobody, and nobody is waited for.
    Idle,
    /// Somebody does.
    Live { since: Instant },
    /// Somebody did, and may come back until then.
    Waiting { until: Instant },
    /// Somebody did, and the playlist has ended.
    Over { since: Instant },
    /// The stream has ended; nobody may.
    Closed,
}

/// The right to publish, held by one connection at a time. Dropping it begins the grace period, unless somebody else
/// has taken over.
#[derive(Debug)]
pub struct Publication {
    stream: Arc<Stream>,
    /// Cancelled under the stream's lock.
    replaced: CancellationToken,
}

impl Stream {
    pub(super) fn new(
        stream: StreamSettings,
        profile: Profile,
        settings: Arc<SessionSettings>,
        left: Arc<Notify>,
        changes: watch::Sender<()>,
    ) -> Self {
        let model = Arc::new(StreamModel::new(stream.name, profile));
        let inner = Mutex::new(Inner {
            presence: Presence::Idle,
            replaced: CancellationToken::new(),
            takeovers: VecDeque::new(),
            heard: Instant::now(),
            session: None,
        });
        Self { key: RwLock::new(stream.key), model, settings, left, changes, inner }
    }

    /// Public name.
    pub fn name(&self) -> &StreamName {
        &self.model.name
    }

    /// Whether this is the stream's key; takes the same time wherever a wrong one differs.
    pub fn has_key(&self, key: &StreamKey) -> bool {
        self.key.read().as_ref().is_some_and(|own| own == key)
    }

    /// From now on this one is its key. Who publishes already goes on.
    pub(super) fn change_key(&self, key: Option<StreamKey>) {
        *self.key.write() = key;
    }

    /// Whether it lasts only as long as somebody publishes.
    pub fn is_open(&self) -> bool {
        self.key.read().is_none()
    }

    /// The stream's nets.
    pub fn model(&self) -> &Arc<StreamModel> {
        &self.model
    }

    /// The newest playlist: the live one, or the one that ended last.
    pub fn packager(&self) -> Option<Arc<Packager>> {
        self.look(|_, session| session.map(|session| Arc::clone(&session.packager)))
    }

    /// What RTMP players take now; none while nothing is live.
    pub fn broadcast(&self) -> Option<Arc<Broadcast>> {
        self.look(|_, session| {
            session.filter(|session| !session.is_over()).map(|session| Arc::clone(&session.broadcast))
        })
    }

    /// What the lane makes, if there is one.
    pub fn enhanced(&self) -> Option<Rendition> {
        self.look(|_, session| session.and_then(|session| session.lane.as_ref()).map(LaneFeed::rendition))
    }

    /// Looks at everything that is known at one moment. The figures of a session that has ended stay until the next
    /// one begins. Publishers wait meanwhile: be quick.
    pub fn look<T>(&self, look: impl FnOnce(Presence, Option<&Session>) -> T) -> T {
        let inner = self.inner.lock();
        look(inner.presence, inner.session.as_ref())
    }

    /// Lets a publisher in; one that is there has to go, or stays if nobody may take over. Continues the playlist that
    /// there is, or begins a fresh one.
    pub fn publish(self: &Arc<Self>) -> Result<Publication, Error> {
        let mut inner = self.inner.lock();
        match inner.presence {
            // Who has a key may take the place of who has it as well; a mere name is no right to anybody's place.
            Presence::Live { .. } => inner.take_over(self.settings.takeover, self.is_open())?,
            Presence::Closed => return Err(Error::Ended),
            Presence::Idle | Presence::Waiting { .. } | Presence::Over { .. } => {}
        }
        match inner.live_session() {
            Some(session) => session.new_publisher(),
            None => inner.session = Some(Session::begin(&self.settings, &self.model)),
        }
        inner.heard = Instant::now();
        inner.presence = Presence::Live { since: inner.heard };
        inner.replaced = CancellationToken::new();
        self.changes.send_replace(());
        Ok(Publication { stream: Arc::clone(self), replaced: inner.replaced.clone() })
    }

    /// Adds the publisher's newest report to what is known.
    pub fn report_training(&self, report: CheckedReport) -> Result<(), Error> {
        let mut inner = self.inner.lock();
        let session = inner.live_session().ok_or(Error::NotPublished)?;
        session.report_training(report.into_inner());
        Ok(())
    }

    /// When something is to be done about the stream: its publisher is waited for no longer, or it is forgotten.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.look(|presence, _| presence) {
            Presence::Waiting { until } => Some(until),
            Presence::Over { since } if self.is_open() => Some(since + REMEMBERED),
            _ => None,
        }
    }

    /// Whether it is open and over, and whoever wanted to has read the end of its playlist. If so, nobody may publish to it any
    /// more: the next one of the same name is another stream.
    pub(super) fn forget(&self, now: Instant) -> bool {
        let mut inner = self.inner.lock();
        let is_forgotten =
            self.is_open() && matches!(inner.presence, Presence::Over { since } if since + REMEMBERED <= now);
        if is_forgotten {
            inner.presence = Presence::Closed;
        }
        is_forgotten
    }

    /// As if the publisher had sent nothing for a while.
    #[cfg(test)]
    pub(super) fn falls_silent(&self) {
        self.inner.lock().heard -= UNHEARD;
    }

    /// Ends the session if its grace period is over. See [`Session::end`] for what is answered.
    pub(super) fn expire(&self, now: Instant) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut inner = self.inner.lock();
        match inner.presence {
            Presence::Waiting { until } if until <= now => {
                inner.presence = Presence::Over { since: now };
                self.end_session(&mut inner)
            }
            _ => None,
        }
    }

    /// Ends the session, whoever publishes, and lets nobody in any more.
    pub(super) fn end(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut inner = self.inner.lock();
        inner.presence = Presence::Closed;
        self.end_session(&mut inner)
    }

    fn end_session(&self, inner: &mut Inner) -> Option<impl Future<Output = ()> + Send + use<>> {
        let session = inner.live_session()?;
        let waiting = self.model.session_ended();
        // Its lane counts no longer: others may get larger nets.
        if let Some(lanes) = &self.settings.lanes {
            lanes.library.balance();
        }
        Some(session.end(waiting))
    }
}

impl Inner {
    fn live_session(&mut self) -> Option<&mut Session> {
        self.session.as_mut().filter(|session| !session.is_over())
    }

    /// Ends the publication that there is, which may be one that nobody hears any more.
    fn take_over(&mut self, allowed: bool, is_open: bool) -> Result<(), Error> {
        if !allowed {
            return Err(Error::InUse);
        }
        let now = Instant::now();
        self.takeovers.retain(|before| now.duration_since(*before) < TURNS);
        let is_heard = now.duration_since(self.heard) < UNHEARD;
        if is_open && is_heard {
            return Err(Error::InUse);
        }
        if is_heard && self.takeovers.len() >= MOST_TAKEOVERS {
            if let Some(session) = self.live_session() {
                session.problems.report(
                    "publishers-take-turns",
                    "several encoders publish with this stream's key and take its place from each other: stop all but one, \
                     or give each a stream and key of its own",
                );
            }
            return Err(Error::InUse);
        }
        if is_heard {
            self.takeovers.push_back(now);
        }
        self.replaced.cancel();
        Ok(())
    }
}

impl Publication {
    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// The stream's public name.
    pub fn name(&self) -> &StreamName {
        self.stream.name()
    }

    /// Where to note what of the publisher's stream cannot be used; `None` once the stream was ended.
    pub fn problems(&self) -> Option<Problems> {
        self.stream.inner.lock().live_session().map(|session| session.problems.clone())
    }

    /// Waits until somebody else has taken over.
    pub async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Passes the publisher's next unit on. Never waits. An error means that the stream was ended, or that somebody
    /// else publishes to it now.
    pub fn push(&self, unit: Unit, arrival: Arrival) -> Result<(), Error> {
        let mut inner = self.stream.inner.lock();
        if self.replaced.is_cancelled() {
            return Err(Error::Replaced);
        }
        inner.heard = arrival.instant;
        inner.live_session().ok_or(Error::Ended)?.push(unit, arrival);
        Ok(())
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        let grace = self.stream.settings.grace;
        let mut inner = self.stream.inner.lock();
        if matches!(inner.presence, Presence::Live { .. }) && !self.replaced.is_cancelled() {
            inner.presence = Presence::Waiting { until: Instant::now() + grace };
            self.stream.left.notify_one();
            self.stream.changes.send_replace(());
            tracing::debug!(stream = %self.stream.name(), ?grace, "publisher left; the playlist waits for it");
        }
    }
}
