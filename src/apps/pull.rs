//! What is fetched from other servers.

use std::time::Duration;

use rtmp::{Introduction, RtmpUrl};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where from.
#[derive(Debug, Clone, PartialEq)]
pub struct PullSettings {
    pub url: RtmpUrl,
    /// What it is called there; our own name if nothing is said.
    pub path: Option<String>,
    /// What it is called here; any name that somebody asks for if nothing is said.
    pub name: Option<String>,
    /// From the start on, whether somebody plays it or not. Such a stream needs a name.
    pub always: bool,
    /// What we say of ourselves; what is empty, is said as usual.
    pub introduction: Introduction,
    /// Pause before the next try.
    pub reconnect: Duration,
}

impl PullSettings {
    /// Whether it is begun for players who ask for this name.
    pub(super) fn serves(&self, name: &str) -> bool {
        !self.always && self.name.as_deref().is_none_or(|own| own == name)
    }
}

/// One stream that is fetched.
#[derive(Debug)]
pub(super) struct Pull {
    /// Name of the application.
    pub(super) app: String,
    pub(super) settings: PullSettings,
    /// Here.
    pub(super) name: String,
    pub(super) end: CancellationToken,
    pub(super) is_live: watch::Receiver<bool>,
}
