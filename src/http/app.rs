//! What handlers share.

use std::sync::Arc;
use std::time::Instant;

use api::names::StreamName;

use super::error::ApiError;
use super::gate::Gates;
use super::operators::pages::OperatorPages;
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
    pub(super) started: Instant,
}

impl App {
    /// Handlers read the streams that there are, and send packages to the library. Wrong keys and connections are
    /// counted elsewhere, too.
    pub fn new(
        streams: Arc<Streams>,
        library: LibraryHandle,
        keys: Arc<WrongKeys>,
        connections: Arc<Connections>,
        clients: Arc<Clients>,
        pages: OperatorPages,
    ) -> Self {
        Self {
            streams,
            library,
            uploads: Arc::default(),
            keys,
            connections,
            clients,
            pages: Arc::new(pages),
            started: Instant::now(),
        }
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
