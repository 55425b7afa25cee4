//! HTTP callbacks: somebody else's program is asked who may publish and play, and told what has ended.
//!
//! Fields, their order, and what an answer means are those of nginx-rtmp-module's `on_publish` and its relatives: 2xx lets the
//! peer in, 3xx sends it to another name or address, everything else turns it away, and so does a hook that is down. Only addresses
//! from the configuration are called; what peers say travels in the body (or the query), escaped.

mod caller;
mod json;
#[cfg(test)]
mod tests;

use std::time::Duration;

use nginx_compat::callback::{Event, Updates};
use url::Url;

pub use caller::{Caller, Unreachable};

/// Which hooks there are, and how they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    pub connect: Option<Url>,
    pub disconnect: Option<Url>,
    pub publish: Option<Url>,
    pub play: Option<Url>,
    pub publish_done: Option<Url>,
    pub play_done: Option<Url>,
    /// Both kinds of end.
    pub done: Option<Url>,
    pub record_done: Option<Url>,
    /// Asked again and again while somebody publishes or plays.
    pub update: Option<Url>,
    pub update_every: Duration,
    /// Whether an answer of 3xx to an update ends the connection as well.
    pub updates: Updates,
    /// Where answers of 3xx may point to.
    pub redirects: Redirects,
    /// How long an answer may take.
    pub timeout: Duration,
    pub method: Method,
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Post,
    Get,
}

/// Where answers of 3xx may point to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redirects {
    /// Names of streams.
    #[default]
    Names,
    /// Addresses of RTMP as well, to which we connect then.
    Addresses,
    /// The same, and the stream has a name here that is made of the address.
    NamedAddresses,
}

/// How the fields of a call are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `application/x-www-form-urlencoded`, as nginx-rtmp has it.
    #[default]
    Form,
    Json,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            connect: None,
            disconnect: None,
            publish: None,
            play: None,
            publish_done: None,
            play_done: None,
            done: None,
            record_done: None,
            update: None,
            update_every: Duration::from_secs(30),
            updates: Updates::Lenient,
            redirects: Redirects::Names,
            // Encoders wait some ten seconds.
            timeout: Duration::from_secs(10),
            method: Method::Post,
            format: Format::Form,
        }
    }
}

impl HookSettings {
    /// Who hears of it.
    pub fn url(&self, event: &Event<'_>) -> Option<&Url> {
        let url = match event {
            Event::Connect { .. } => &self.connect,
            Event::Disconnect => &self.disconnect,
            Event::Publish { .. } => &self.publish,
            Event::Play { .. } => &self.play,
            Event::PublishDone { .. } => &self.publish_done,
            Event::PlayDone { .. } => &self.play_done,
            Event::Done { .. } => &self.done,
            Event::RecordDone { .. } => &self.record_done,
            Event::Update { .. } => &self.update,
        };
        url.as_ref()
    }
}
