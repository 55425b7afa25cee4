//! How a peer is turned away: a code for its program, and a sentence for its person.

use std::borrow::Cow;

/// Why somebody may not publish, or not any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    BadKey,
    /// Whoever it is, not from there or not to this application.
    NotAllowed,
    InUse,
    /// The server takes no publishers at the moment.
    Unavailable,
    /// The peer's address has tried too many wrong keys.
    TooManyTries,
    /// Another publisher with the same key has come.
    Replaced,
    /// The operator, or a hook, has ended the publication.
    Dropped,
    /// No audio or video came for [`Limits::media_timeout`](crate::Limits::media_timeout).
    Idle,
    /// Nothing can be made of what the publisher sends. Says what came, and what to send instead.
    Unusable(String),
}

impl Rejection {
    /// The code of `onStatus`. OBS knows `Denied` and `Rejected`, and closes; it shows the description of all of them.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadKey | Self::NotAllowed | Self::TooManyTries => "NetStream.Publish.Denied",
            Self::InUse => "NetStream.Publish.BadName",
            Self::Unavailable | Self::Dropped | Self::Unusable(_) => "NetStream.Publish.Rejected",
            Self::Replaced => "NetStream.Publish.Replaced",
            Self::Idle => "NetStream.Publish.Idle",
        }
    }

    /// One sentence for the person at the encoder.
    pub fn description(&self) -> &str {
        match self {
            Self::BadKey => "No stream has this key.",
            Self::NotAllowed => "Publishing here is not allowed.",
            Self::InUse => "Somebody publishes to this stream already.",
            Self::Unavailable => "The server takes no publishers at the moment.",
            Self::TooManyTries => "Too many wrong stream keys came from this address; try again in a minute.",
            Self::Replaced => "Another encoder with the same stream key has taken over.",
            Self::Dropped => "The server's operator has ended this publication.",
            Self::Idle => {
                "No sound and no picture came for too long; connect again when there is something to send."
            }
            Self::Unusable(what) => what,
        }
    }
}

/// Why somebody may not be here at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectRejection {
    /// There is no application of this name.
    NotFound,
    /// Whoever it is, not from there or not to this application.
    NotAllowed,
    /// There are as many connections as there may be, or the server ends.
    Unavailable,
    /// What the peer wants is at this address, `rtmp://host/app`. Not every client goes there on its own, so the sentence says
    /// it as well.
    Elsewhere(String),
}

impl ConnectRejection {
    /// The code of `_error` and `onStatus`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NetConnection.Connect.InvalidApp",
            Self::NotAllowed | Self::Unavailable | Self::Elsewhere(_) => "NetConnection.Connect.Rejected",
        }
    }

    /// One sentence for the person at the encoder or player.
    pub fn description(&self) -> Cow<'static, str> {
        match self {
            Self::NotFound => "There is no such application.".into(),
            Self::NotAllowed => "Connecting from here is not allowed.".into(),
            Self::Unavailable => "The server takes no connections at the moment.".into(),
            Self::Elsewhere(url) => format!("This is found at {url}.").into(),
        }
    }
}

/// Why somebody may not play, or not any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayRejection {
    NotFound,
    /// Whoever it is, not from there or not from this application.
    NotAllowed,
    /// There are as many players as there may be, or the server ends.
    Unavailable,
    /// The player does not know the codecs.
    Codec,
    /// The operator, or a hook, has ended it.
    Dropped,
}

impl PlayRejection {
    /// The code of `onStatus`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "NetStream.Play.StreamNotFound",
            Self::NotAllowed | Self::Unavailable | Self::Codec | Self::Dropped => "NetStream.Play.Failed",
        }
    }

    /// One sentence for the person at the player.
    pub fn description(self) -> &'static str {
        match self {
            Self::NotFound => "There is no such stream, or nobody publishes to it now.",
            Self::NotAllowed => "Playing from here is not allowed.",
            Self::Unavailable => "The server takes no players at the moment.",
            Self::Codec => {
                "The stream is in a codec that this player does not know; play it over HLS, or the enhanced stream."
            }
            Self::Dropped => "The server's operator has ended this connection.",
        }
    }
}
