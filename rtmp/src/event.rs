//! What a server session tells its owner, and how a publisher is turned away.

use media::flv::Tag;
use secrecy::SecretString;

/// What happened on a connection, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The peer named an application (`rtmp://host/APP`).
    Connected { app: String },
    /// The peer wants to publish. Until it is accepted or rejected nothing more comes.
    PublishRequested { app: String, key: SecretString },
    /// Audio, video or metadata of the accepted publisher.
    Tag(Tag),
    /// The publisher said that it is done. It may publish again on the same connection.
    Unpublished,
    /// The session has ended and will read no more; send what is left in the output and close.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    BadKey,
    /// Whoever it is, not from there or not to this application.
    NotAllowed,
    InUse,
    /// The server takes no publishers at the moment.
    Unavailable,
}

impl Rejection {
    /// The code of `onStatus`. OBS knows the first and the last, and closes; it shows the description of all of them.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadKey | Self::NotAllowed => "NetStream.Publish.Denied",
            Self::InUse => "NetStream.Publish.BadName",
            Self::Unavailable => "NetStream.Publish.Rejected",
        }
    }

    /// One sentence for the person at the encoder.
    pub fn description(self) -> &'static str {
        match self {
            Self::BadKey => "No stream has this key.",
            Self::NotAllowed => "Publishing here is not allowed.",
            Self::InUse => "Somebody publishes to this stream already.",
            Self::Unavailable => "The server takes no publishers at the moment.",
        }
    }
}
