//! What handlers share.

use std::sync::Arc;
use std::time::Instant;

use api::names::StreamName;

use super::access::AccessSettings;
use super::error::ApiError;
use super::gate::Gates;
use super::operators::pages::OperatorPages;
use super::orders::{Record, Reload};
use crate::abuse::{Connections, WrongKeys};
use crate::clients::Clients;
use crate::inference::LibraryHandle;
use crate::streams::{Stream, Streams};

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    streams: Arc<Streams>,
    pub(super) library: LibraryHandle,
    pub(super) uploads: Arc<Gates>,
    pub(super) keys: Arc<WrongKeys>,
    pub(super) connections: Arc<Connections>,
    pub(super) clients: Arc<Clients>,
    pub(super) pages: Arc<OperatorPages>,
    pub(super) access: Arc<AccessSettings>,
    pub(super) reload: Reload,
    pub(super) record: Record,
    pub(super) started: Instant,
}

/// What the rest of the server gives them.
#[derive(Debug)]
pub struct Parts {
    pub streams: Arc<Streams>,
    pub library: LibraryHandle,
    pub keys: Arc<WrongKeys>,
    pub connections: Arc<Connections>,
    pub clients: Arc<Clients>,
    pub pages: OperatorPages,
    pub access: Arc<AccessSettings>,
    /// Where orders to read the configuration again go.
    pub reload: Reload,
    /// Where orders to recorders go.
    pub record: Record,
}

impl App {
    /// Handlers read the streams that there are, and send packages to the library. Wrong keys and connections are
    /// counted elsewhere, too.
    pub fn new(parts: Parts) -> Self {
        let Parts { streams, library, keys, connections, clients, pages, access, reload, record } = parts;
        Self {
            streams,
            library,
            uploads: Arc::default(),
            keys,
            connections,
            clients,
            pages: Arc::new(pages),
            access,
            reload,
            record,
            started: Instant::now(),
        }
    }

    pub(super) fn registry(&self) -> &Streams {
        &self.streams
    }

    pub(super) fn streams(&self) -> Vec<Arc<Stream>> {
        self.streams.all()
    }

    /// The stream with this public name.
    pub(super) fn stream(&self, name: &str) -> Result<Arc<Stream>, ApiError> {
        let found = name.parse::<StreamName>().ok().and_then(|name| self.streams.find(&name));
        found.ok_or_else(|| ApiError::NoStream(name.chars().take(StreamName::MAX_LENGTH).collect()))
    }
}
