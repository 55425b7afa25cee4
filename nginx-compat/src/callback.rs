//! What hooks are asked and told, and what their answers mean: `on_publish` and its relatives.
//!
//! The fields and their order are those that nginx-rtmp sends. Nothing here calls anybody.

mod answer;
mod form;
#[cfg(test)]
mod tests;

use crate::rtmp::Action;

pub use answer::{Answer, Reply, Updates};

/// The type of what [`Call::form`] makes. GET has it as well, there.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// Who it is about, as it has introduced itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Without what stands behind its `?`.
    pub app: &'a str,
    pub flash_version: &'a str,
    pub swf_url: &'a str,
    pub tc_url: &'a str,
    pub page_url: &'a str,
    /// Without a port.
    pub address: &'a str,
    /// The number of the connection.
    pub client: u64,
}

/// What has happened, or is to happen. Names stand without what is behind their `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// `epoch`: the clock that the handshake named, in milliseconds.
    Connect {
        epoch: u32,
    },
    Disconnect,
    /// `kind`: `live`, `record` or `append`.
    Publish {
        name: &'a str,
        kind: &'a str,
    },
    /// Milliseconds; -2000 is what players say who take either a live stream or a recording.
    Play {
        name: &'a str,
        start: i32,
        duration: i32,
        reset: bool,
    },
    PublishDone {
        name: &'a str,
    },
    PlayDone {
        name: &'a str,
    },
    /// Follows either of the two.
    Done {
        name: &'a str,
    },
    /// Again and again. `seconds` since it began, `timestamp` of its media in milliseconds.
    Update {
        action: Action,
        name: &'a str,
        seconds: u64,
        timestamp: u32,
    },
    /// The recorder without a name has an empty one.
    RecordDone {
        name: &'a str,
        recorder: &'a str,
        path: &'a str,
    },
}

/// One call of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    pub peer: Peer<'a>,
    pub event: Event<'a>,
    /// What the peer has put behind the `?`: of the application when it connects or leaves, otherwise of the name.
    pub arguments: &'a str,
}

impl Event<'_> {
    /// The value of the field `call`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::Disconnect => "disconnect",
            Self::Publish { .. } => "publish",
            Self::Play { .. } => "play",
            Self::PublishDone { .. } => "publish_done",
            Self::PlayDone { .. } => "play_done",
            Self::Done { .. } => "done",
            Self::Update { action: Action::Publish, .. } => "update_publish",
            Self::Update { action: Action::Play, .. } => "update_play",
            Self::RecordDone { .. } => "record_done",
        }
    }

    /// The directive that names the hook.
    pub fn directive(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "on_connect",
            Self::Disconnect => "on_disconnect",
            Self::Publish { .. } => "on_publish",
            Self::Play { .. } => "on_play",
            Self::PublishDone { .. } => "on_publish_done",
            Self::PlayDone { .. } => "on_play_done",
            Self::Done { .. } => "on_done",
            Self::Update { .. } => "on_update",
            Self::RecordDone { .. } => "on_record_done",
        }
    }
}
