//! The packager of one stream: writers push, readers wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::{MediaTime, Unit};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::playlist::HOLD_BACK_TARGETS;
use super::presentation::{PackagerSettings, Presentation};
use super::reload::{Delta, Reload, ReloadError};
use super::window::Lookup;
use crate::out::cmaf::CmafError;
use crate::out::{Arrival, Kind, Rendition, RenditionId, Sink, SinkError};

/// Readers of a stream that has just begun wait this long: a first segment may take ten seconds.
const START_WAIT: Duration = Duration::from_secs(12);
/// Readers of a stream that has no enhanced picture yet, but will, wait this long for it.
const EXPECTATION_WAIT: Duration = Duration::from_secs(6);

/// Packages one stream; shared by its writers (a session, its lane) and all its readers.
///
/// As a [`Sink`] it is synchronous and cheap: it moves a reference to the packet, and writes a fragment every part
/// target, which is the only copy of the payload. Waiting is left to the readers.
#[derive(Debug)]
pub struct Packager {
    presentation: Mutex<Presentation>,
    /// The newest version of the presentation that readers have been told of.
    changes: watch::Sender<u64>,
    /// The newest text of every playlist and its version, since many readers ask for the same at the same time.
    cache: Mutex<HashMap<(RenditionId, Delta), (u64, Bytes)>>,
}

impl Sink for Packager {
    fn expect(&self, rendition: Rendition) {
        self.presentation.lock().expect(rendition);
    }

    fn unit(&self, rendition: Rendition, unit: &Unit, arrival: Arrival) -> Result<(), SinkError> {
        self.write(|presentation| presentation.push(rendition, unit.clone(), arrival.time))
    }

    fn captions(&self) {
        self.presentation.lock().captions = true;
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        self.write(Presentation::discontinuity)
    }

    fn finish(&self) -> Result<(), SinkError> {
        self.write(Presentation::finish)
    }
}

impl Packager {
    /// A packager without content.
    pub fn new(settings: PackagerSettings) -> Arc<Self> {
        Arc::new(Self {
            presentation: Mutex::new(Presentation::new(settings)),
            changes: watch::Sender::new(0),
            cache: Mutex::default(),
        })
    }

    /// Tells the stream's files from those of an earlier stream of the same name; empty before the first packet.
    pub fn version_tag(&self) -> String {
        self.presentation.lock().session.clone()
    }

    /// `EXT-X-TARGETDURATION`, once known.
    pub fn target_duration(&self) -> Option<MediaTime> {
        self.presentation.lock().cuts.target_duration()
    }

    /// Media type of a rendition's segments.
    pub fn media_type(&self, id: RenditionId) -> &'static str {
        match self.presentation.lock().segmenter(id).map(|segmenter| segmenter.rendition.kind) {
            Some(Kind::Audio) => "audio/mp4",
            _ => "video/mp4",
        }
    }

    /// The multivariant playlist as it is now; none before there is something to play.
    pub fn multivariant(&self) -> Option<String> {
        self.presentation.lock().multivariant()
    }

    /// The multivariant playlist; of a stream that has just begun, once it is worth reading.
    pub async fn wait_multivariant(&self) -> Result<String, ReloadError> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            let (text, complete) = {
                let presentation = self.presentation.lock();
                (presentation.multivariant(), !presentation.is_incomplete())
            };
            let wait = if text.is_some() { EXPECTATION_WAIT } else { START_WAIT };
            let enough = complete && text.is_some();
            if enough || timeout_at(began + wait, changes.changed()).await.is_err() {
                return text.ok_or(ReloadError::NotReady);
            }
        }
    }

    /// A media playlist, once it holds what the reader asks for.
    pub async fn playlist(&self, id: RenditionId, reload: Reload) -> Result<Bytes, ReloadError> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            if let Some(text) = self.try_playlist(id, reload)? {
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
    pub fn init(&self, id: RenditionId, number: u64) -> Option<Bytes> {
        self.presentation.lock().segmenter(id)?.window.init(number).cloned()
    }

    /// The parts of a complete segment; their concatenation is the segment.
    pub fn segment(&self, id: RenditionId, msn: u64) -> Option<Vec<Bytes>> {
        let presentation = self.presentation.lock();
        let segment = presentation.segmenter(id)?.window.segment(msn)?;
        Some(segment.parts.iter().map(|part| part.bytes.clone()).collect())
    }

    /// A part; the one that the playlist hints at is waited for.
    pub async fn part(&self, id: RenditionId, msn: u64, part: u64) -> Option<Bytes> {
        let mut changes = self.changes.subscribe();
        let began = Instant::now();
        loop {
            let (lookup, finished) = {
                let presentation = self.presentation.lock();
                (presentation.segmenter(id)?.window.part(msn, part), presentation.finished)
            };
            match lookup {
                Lookup::Found(bytes) => return Some(bytes),
                Lookup::Next if !finished => {}
                Lookup::Next | Lookup::Gone => return None,
            }
            timeout_at(began + self.longest_wait(), changes.changed()).await.ok()?.ok()?;
        }
    }

    /// `None`: to be waited for.
    fn try_playlist(&self, id: RenditionId, reload: Reload) -> Result<Option<Bytes>, ReloadError> {
        let presentation = self.presentation.lock();
        let segmenter = presentation.segmenter(id).ok_or(ReloadError::NoRendition(id))?;
        // An enhanced rendition is there from the moment that it is announced; source and sound may never come.
        let comes = matches!(segmenter.rendition.kind, Kind::Enhanced { .. }) || segmenter.config().is_some();
        if !comes || (presentation.finished && !segmenter.has_segment()) {
            return Err(ReloadError::NoRendition(id));
        }
        let begun = segmenter.has_segment() && presentation.cuts.target_duration().is_some();
        let readable = presentation.finished || (begun && reload.is_satisfied(&segmenter.window)?);
        if !readable {
            return Ok(None);
        }
        // Nothing changes while the presentation is locked: what the cache gets is of this version.
        let version = presentation.version();
        let mut cache = self.cache.lock();
        if let Some((cached, text)) = cache.get(&(id, reload.delta))
            && *cached == version
        {
            return Ok(Some(text.clone()));
        }
        let text = Bytes::from(presentation.playlist(id, reload.delta)?);
        cache.insert((id, reload.delta), (version, text.clone()));
        Ok(Some(text))
    }

    fn longest_wait(&self) -> Duration {
        self.target_duration().map_or(START_WAIT, |target| (target * HOLD_BACK_TARGETS).to_duration())
    }

    /// Changes the presentation and wakes readers, even where an error came after something that they can read.
    fn write(
        &self,
        change: impl FnOnce(&mut Presentation) -> Result<(), CmafError>,
    ) -> Result<(), SinkError> {
        let mut presentation = self.presentation.lock();
        let before = presentation.version();
        let result = change(&mut presentation);
        let version = presentation.version();
        drop(presentation);
        if version != before {
            self.changes.send_replace(version);
        }
        Ok(result?)
    }
}
