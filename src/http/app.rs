//! What handlers share.

use std::sync::Arc;

use api::names::StreamName;

use super::error::ApiError;
use super::gate::Gates;
use crate::inference::LibraryHandle;
use crate::streams::{Stream, Streams};

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    streams: Arc<Streams>,
    pub(super) library: LibraryHandle,
    pub(super) uploads: Arc<Gates>,
}

impl App {
    /// Handlers read the streams that there are, and send packages to the library.
    pub fn new(streams: Arc<Streams>, library: LibraryHandle) -> Self {
        Self { streams, library, uploads: Arc::default() }
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
