//! Orders to the server itself. They need the admin key.

use serde::{Deserialize, Serialize};

use crate::names::{StreamKey, StreamName};

/// A stream that shall be there from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStream {
    pub name: StreamName,
    /// Made by the server if nothing is said.
    pub key: Option<StreamKey>,
    /// As in the configuration; the server's usual one if nothing is said.
    pub profile: Option<String>,
}

/// A stream and its key, which is told this once.
#[derive(Serialize)]
pub struct StreamMade {
    pub name: String,
    pub key: String,
    pub watch: String,
    pub playlist: String,
}

impl StreamMade {
    pub fn new(name: &StreamName, key: &StreamKey) -> Self {
        Self {
            name: name.to_string(),
            key: key.expose().to_owned(),
            watch: super::routes::watch(name),
            playlist: super::routes::playlist(name),
        }
    }
}

/// An RTMP connection.
#[derive(Debug, Clone, Serialize)]
pub struct ClientSummary {
    pub id: u64,
    pub address: String,
    pub application: String,
    pub doing: ClientDoing,
    pub stream: Option<String>,
    pub connected_s: f64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientDoing {
    Waits,
    Publishes,
    Plays,
}

/// What an order to a recorder has begun or ended.
#[derive(Debug, Clone, Serialize)]
pub struct RecordingReport {
    /// The file; none if the recorder has not begun one, or was not recording.
    pub file: Option<String>,
}

/// What became of a configuration that was read again.
#[derive(Debug, Clone, Serialize)]
pub struct ReloadReport {
    /// Sections that have changed and are read at start alone.
    pub needs_restart: Vec<String>,
    /// Streams that could not be changed, and why.
    pub problems: Vec<String>,
}
