//! The packager of one stream: writers push, readers wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use media::{MediaTime, Unit};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::address::Rendition;
use super::cmaf::CmafError;
use super::playlist::HOLD_BACK_TARGETS;
use super::reload::{Delta, Reload, ReloadError};
use super::state::{HlsSettings, RenditionStatus, State};
use super::window::Lookup;
use crate::out::{self, Arrival, Sink, SinkError};

/// Readers of a stream that has just begun wait this long: a first segment may take ten seconds.
const START_WAIT: Duration = Duration::from_secs(12);
/// Readers of a stream that has no enhanced picture yet, but will, wait this long for it.
const EXPECTATION_WAIT: Duration = Duration::from_secs(6);

/// Packages one stream; shared by its writers (ingest, the enhancing lane) and all its readers.
///
/// [`push`](Self::push) is synchronous and cheap: it moves a reference to the packet, and writes a fragment every part
/// target, which is the only copy of the payload. Waiting is left to the readers.
#[derive(Debug)]
pub struct Packager {
    state: Mutex<State>,
    /// The newest version of the state that readers have been told of.
    changes: watch::Sender<u64>,
    enhanced_expected: AtomicBool,
    cache: Mutex<PlaylistCache>,
}

/// The newest text of every playlist, since many readers ask for the same at the same time.
type PlaylistCache = [Option<(u64, Bytes)>; 6];

impl Packager {
    /// A packager without content.
    pub fn new(settings: HlsSettings) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(settings)),
            changes: watch::Sender::new(0),
            enhanced_expected: AtomicBool::new(false),
            cache: Mutex::default(),
        })
    }

    // Until renditions are open here, too.
    fn own(rendition: out::Rendition) -> Rendition {
        match rendition.kind {
            out::Kind::Source => Rendition::Source,
            out::Kind::Enhanced { .. } => Rendition::Enhanced,
            out::Kind::Audio => Rendition::Audio,
        }
    }

    /// Announces that an enhanced rendition will come, so that early readers of the multivariant playlist wait for it
    /// for some seconds rather than never hear of it.
    pub fn expect_enhanced(&self) {
        self.enhanced_expected.store(true, Ordering::Relaxed);
    }

    /// Takes the next unit of a rendition. Configurations come before their packets; times never go back, but for
    /// what a decoder reorders. An error concerns that one configuration or part; what follows is taken as usual.
    pub fn push(&self, rendition: Rendition, unit: Unit, arrived: SystemTime) -> Result<(), CmafError> {
        self.write(|state| state.push(rendition, unit, arrived))
    }

    /// The next packets of every rendition do not continue the previous ones: another publisher, or a jump.
    pub fn discontinuity(&self) -> Result<(), CmafError> {
        self.write(State::discontinuity)
    }

    /// The stream is over: all playlists end. To be called after the last packet of the enhanced rendition.
    pub fn finish(&self) -> Result<(), CmafError> {
        self.write(State::finish)
    }

    /// Tells the stream's files from those of an earlier stream of the same name; empty before the first packet.
    pub fn session(&self) -> String {
        self.state().session().to_owned()
    }

    /// What a rendition has done so far.
    pub fn status(&self, rendition: Rendition) -> RenditionStatus {
        self.state().status(rendition)
    }

    /// `EXT-X-TARGETDURATION`, once known.
    pub fn target_duration(&self) -> Option<MediaTime> {
        self.state().target_duration()
    }

    /// A counter that changes whenever there is something new to read.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The multivariant playlist as it is now; none before there is something to play.
    pub fn multivariant(&self) -> Option<String> {
        self.state().multivariant()
    }

    /// The multivariant playlist; of a stream that has just begun, once it is worth reading.
    pub async fn wait_multivariant(&self) -> Result<String, ReloadError> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            let (ready, complete) = {
                let state = self.state();
                let enhanced = !self.enhanced_expected.load(Ordering::Relaxed)
                    || state.is_finished()
                    || !state.is_known(Rendition::Source)
                    || state.is_known(Rendition::Enhanced);
                (state.multivariant(), enhanced)
            };
            let wait = if ready.is_some() { EXPECTATION_WAIT } else { START_WAIT };
            let waited =
                complete && ready.is_some() || timeout_at(began + wait, changes.changed()).await.is_err();
            match ready {
                Some(text) if waited => return Ok(text),
                None if waited => return Err(ReloadError::NotReady),
                _ => {}
            }
        }
    }

    /// A media playlist, once it holds what the reader asks for.
    pub async fn playlist(&self, rendition: Rendition, reload: Reload) -> Result<Bytes, ReloadError> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            if let Some(text) = self.try_playlist(rendition, reload)? {
                return Ok(text);
            }
            let limit = self.longest_wait();
            if timeout_at(began + limit, changes.changed()).await.is_err() {
                let started = self.target_duration().is_some();
                return Err(if started { ReloadError::TimedOut(limit) } else { ReloadError::NotReady });
            }
        }
    }

    /// An initialisation segment.
    pub fn init(&self, rendition: Rendition, number: u64) -> Option<Bytes> {
        self.state().track(rendition).window.init(number).map(|init| init.bytes.clone())
    }

    /// The parts of a complete segment; their concatenation is the segment.
    pub fn segment(&self, rendition: Rendition, msn: u64) -> Option<Vec<Bytes>> {
        let state = self.state();
        let segment = state.track(rendition).window.segment(msn)?;
        Some(segment.parts.iter().map(|part| part.bytes.clone()).collect())
    }

    /// A part; the one that the playlist hints at is waited for.
    pub async fn part(&self, rendition: Rendition, msn: u64, part: u64) -> Option<Bytes> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            let (lookup, finished) = {
                let state = self.state();
                (state.track(rendition).window.part(msn, part), state.is_finished())
            };
            match lookup {
                Lookup::Found(bytes) => return Some(bytes),
                Lookup::Next if !finished => {}
                Lookup::Next | Lookup::Gone => return None,
            }
            timeout_at(began + self.longest_wait(), changes.changed()).await.ok()?.ok()?;
        }
    }

    fn try_playlist(&self, rendition: Rendition, reload: Reload) -> Result<Option<Bytes>, ReloadError> {
        let state = self.state();
        let version = state.version();
        let expected = rendition == Rendition::Enhanced && self.enhanced_expected.load(Ordering::Relaxed);
        if !state.is_known(rendition) && (!expected || state.is_finished()) {
            return Err(ReloadError::NoRendition(rendition));
        }
        let window = &state.track(rendition).window;
        if state.is_finished() {
            if !state.has_segment(rendition) {
                return Err(ReloadError::NoRendition(rendition));
            }
        } else if !state.has_segment(rendition)
            || state.target_duration().is_none()
            || !reload.is_satisfied(window)?
        {
            return Ok(None);
        }
        let slot = rendition.index() * 2 + usize::from(reload.delta == Delta::Skip);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((cached, text)) = &cache[slot]
            && *cached == version
        {
            return Ok(Some(text.clone()));
        }
        let text = Bytes::from(state.playlist(rendition, reload.delta)?);
        cache[slot] = Some((version, text.clone()));
        Ok(Some(text))
    }

    fn longest_wait(&self) -> Duration {
        self.target_duration().map_or(START_WAIT, |target| (target * HOLD_BACK_TARGETS).to_duration())
    }

    /// Changes the state and wakes readers, even where an error came after something that they can read.
    fn write(&self, change: impl FnOnce(&mut State) -> Result<(), CmafError>) -> Result<(), CmafError> {
        let mut state = self.state();
        let before = state.version();
        let result = change(&mut state);
        let version = state.version();
        drop(state);
        if version != before {
            self.changes.send_replace(version);
        }
        result
    }

    /// A writer that panicked leaves the state as after some packet: worth reading on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Packager {
    fn expect(&self, _: out::Rendition) {
        self.expect_enhanced();
    }

    fn unit(&self, rendition: out::Rendition, unit: &Unit, arrival: Arrival) -> Result<(), SinkError> {
        Ok(self.push(Self::own(rendition), unit.clone(), arrival.time)?)
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        Ok(Self::discontinuity(self)?)
    }

    fn finish(&self) -> Result<(), SinkError> {
        Ok(Self::finish(self)?)
    }
}
