//! What a hook's answer means.

use super::Event;

/// What a hook has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    pub status: u16,
    /// The header of this name.
    pub location: Option<&'a str>,
}

/// What an answer of 3xx to an update means: `notify_update_strict`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Updates {
    /// It goes on.
    #[default]
    Lenient,
    /// It ends.
    Strict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Allow,
    /// Under another name: of the application for who connects, otherwise of the stream.
    Rename(String),
    /// To this address, or from it, since it begins with `rtmp://`: who publishes is pushed there, what is played is pulled from there.
    Relay(String),
    /// Refused, or ended.
    Deny,
}

impl Answer {
    /// 2xx lets the peer in, 3xx sends it elsewhere, everything else turns it away, and so does a hook that cannot be reached (`None`).
    /// Who is only told decides nothing.
    pub fn of(event: &Event<'_>, reply: Option<Reply<'_>>, updates: Updates) -> Self {
        let is_asked = match event {
            Event::Connect { .. } | Event::Publish { .. } | Event::Play { .. } | Event::Update { .. } => true,
            Event::Disconnect
            | Event::PublishDone { .. }
            | Event::PlayDone { .. }
            | Event::Done { .. }
            | Event::RecordDone { .. } => false,
        };
        if !is_asked {
            return Self::Allow;
        }
        let Some(reply) = reply else { return Self::Deny };
        match (reply.status, event) {
            (300..=399, Event::Update { .. }) if updates == Updates::Strict => Self::Deny,
            (200..=299, _) | (300..=399, Event::Update { .. }) => Self::Allow,
            (300..=399, _) => Self::redirected(event, reply.location.unwrap_or_default().trim()),
            _ => Self::Deny,
        }
    }

    fn redirected(event: &Event<'_>, location: &str) -> Self {
        let is_address = location.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("rtmp://"));
        match event {
            // As there: a hook that does not say where to lets the peer in as it is.
            _ if location.is_empty() => Self::Allow,
            Event::Connect { .. } => Self::Rename(location.to_owned()),
            _ if is_address => Self::Relay(location.to_owned()),
            _ => Self::Rename(location.to_owned()),
        }
    }
}
