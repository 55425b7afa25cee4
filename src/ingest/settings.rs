//! How connections are treated that come in at one address.

use rtmp::Limits;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestSettings {
    pub limits: Limits,
    /// Connections that may wait to publish or play; the oldest of more is closed.
    pub max_waiting: usize,
    /// All connections of the server, whatever they do; one more is closed at once.
    pub max_clients: Option<usize>,
    /// Has the system look whether silent peers are still there.
    pub keepalive: bool,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self { limits: Limits::default(), max_waiting: 64, max_clients: None, keepalive: false }
    }
}
