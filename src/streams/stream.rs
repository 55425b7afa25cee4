//! A configured stream, and the right to publish to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use api::names::{StreamKey, StreamName};
use media::packet::Unit;
use tokio::sync::Notify;

use super::session::{Ending, Session, SessionSettings};
use crate::inference::{Profile, StreamModel};
use crate::out::Arrival;
use crate::out::hls::Packager;

/// A stream and who may publish to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSettings {
    /// Public name.
    pub name: StreamName,
    /// What the publisher has as stream key; secret.
    pub key: StreamKey,
    /// Which net, if not the server's usual one.
    pub profile: Option<Profile>,
}

/// A configured stream; lives as long as the server.
#[derive(Debug)]
pub struct Stream {
    name: StreamName,
    key: StreamKey,
    model: Arc<StreamModel>,
    settings: Arc<SessionSettings>,
    left: Arc<Notify>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) presence: Presence,
    /// The newest playlist; stays readable after its end, until the next one begins.
    pub(super) session: Option<Session>,
}

/// Whether somebody publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Nobody, and nobody is waited for.
    Idle,
    /// Somebody does.
    Live { since: Instant },
    /// Somebody did, and may come back until then.
    Waiting { until: Instant },
    /// The server ends; nobody may.
    Closed,
}

/// Somebody publishes already (or the server ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody publishes to this stream already")]
pub struct InUse;

/// The right to publish, held by one connection at a time. Dropping it begins the grace period.
#[derive(Debug)]
pub struct Publication {
    stream: Arc<Stream>,
}

impl Stream {
    pub(super) fn new(
        stream: StreamSettings,
        profile: Profile,
        settings: Arc<SessionSettings>,
        left: Arc<Notify>,
    ) -> Self {
        let model = Arc::new(StreamModel::new(stream.name.clone(), profile));
        let inner = Mutex::new(Inner { presence: Presence::Idle, session: None });
        Self { name: stream.name, key: stream.key, model, settings, left, inner }
    }

    /// Public name.
    pub fn name(&self) -> &StreamName {
        &self.name
    }

    /// Whether this is the stream's key; takes the same time wherever a wrong one differs.
    pub fn has_key(&self, key: &StreamKey) -> bool {
        self.key == *key
    }

    /// The stream's nets.
    pub fn model(&self) -> &Arc<StreamModel> {
        &self.model
    }

    /// The newest playlist: the live one, or the one that ended last.
    pub fn packager(&self) -> Option<Arc<Packager>> {
        self.inner().session.as_ref().map(|session| Arc::clone(&session.packager))
    }

    /// Lets a publisher in, unless there is one. Continues the playlist that waits, or begins a fresh one.
    pub fn publish(self: &Arc<Self>) -> Result<Publication, InUse> {
        let mut inner = self.inner();
        if matches!(inner.presence, Presence::Live { .. } | Presence::Closed) {
            return Err(InUse);
        }
        match inner.session.as_mut().filter(|session| !session.is_over()) {
            Some(session) => session.new_publisher(),
            None => inner.session = Some(Session::begin(&self.settings, &self.model)),
        }
        inner.presence = Presence::Live { since: Instant::now() };
        Ok(Publication { stream: Arc::clone(self) })
    }

    /// Until when the publisher is waited for, if it is.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        match self.inner().presence {
            Presence::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// Ends the session if its grace period is over.
    pub(super) fn expire(&self, now: Instant) -> Option<Ending> {
        let mut inner = self.inner();
        match inner.presence {
            Presence::Waiting { until } if until <= now => {
                inner.presence = Presence::Idle;
                self.end_session(&mut inner)
            }
            _ => None,
        }
    }

    /// Ends the session, whoever publishes, and lets nobody in any more.
    pub(super) fn end(&self) -> Option<Ending> {
        let mut inner = self.inner();
        inner.presence = Presence::Closed;
        self.end_session(&mut inner)
    }

    fn end_session(&self, inner: &mut Inner) -> Option<Ending> {
        let session = inner.session.as_mut().filter(|session| !session.is_over())?;
        let waiting = self.model.session_ended();
        // Its lane counts no longer: others may get larger nets.
        if let Some(lanes) = &self.settings.lanes {
            lanes.library.balance();
        }
        Some(session.end(waiting))
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic between two units leaves a session that goes on with the next one.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publication {
    /// The stream's public name.
    pub fn name(&self) -> &StreamName {
        &self.stream.name
    }

    /// Passes the publisher's next unit on. Never waits.
    pub fn push(&self, unit: Unit, arrival: Arrival) {
        let mut inner = self.stream.inner();
        if let Some(session) = inner.session.as_mut().filter(|session| !session.is_over()) {
            session.push(unit, arrival);
        }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        let grace = self.stream.settings.grace;
        let mut inner = self.stream.inner();
        if matches!(inner.presence, Presence::Live { .. }) {
            inner.presence = Presence::Waiting { until: Instant::now() + grace };
            self.stream.left.notify_one();
            tracing::info!(stream = %self.stream.name, ?grace, "publisher left; the playlist waits for it");
        }
    }
}
