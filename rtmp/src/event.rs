//! What a server session tells its owner, and how a publisher is turned away.

use media::flv::Tag;
use secrecy::SecretString;

/// What happened on a connection, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The peer named an application (`rtmp://host/APP`).
    Connected { app: String },
    /// The peer wants to publish, to what it calls `key`, word for word. Until it is accepted or rejected nothing more
    /// comes.
    PublishRequested { app: String, key: SecretString },
    /// Audio, video or metadata of the accepted publisher.
    Tag(Tag),
    /// The publisher said that it is done. It may publish again on the same connection.
    Unpublished,
    /// The session has ended and will read no more; send what is left in the output and close.
    Closed,
}

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
            Self::Unavailable | Self::Unusable(_) => "NetStream.Publish.Rejected",
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
            Self::Idle => {
                "No sound and no picture came for too long; connect again when there is something to send."
            }
            Self::Unusable(what) => what,
        }
    }
}
