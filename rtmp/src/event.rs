//! What a server session tells its owner, and how a peer is turned away.

use media::flv::Tag;
use secrecy::SecretString;

use crate::Capabilities;
use crate::amf0::Object;
use crate::capabilities;

/// What happened on a connection, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The peer named an application (`rtmp://host/APP`), and itself.
    Connected(Box<Introduction>),
    /// The peer wants to publish, to what it calls `key`, word for word. Until it is accepted or rejected nothing more
    /// comes.
    PublishRequested { app: String, key: SecretString },
    /// The peer wants to play what it calls `name`, word for word (arguments behind a `?` included). Until it is accepted or
    /// rejected nothing is sent.
    PlayRequested { app: String, name: String },
    /// Audio, video or metadata of the accepted publisher.
    Tag(Tag),
    /// The publisher said that it is done. It may publish again on the same connection.
    Unpublished,
    /// The player said that it is done. It may play something else on the same connection.
    Stopped,
    /// The session has ended and will read no more; send what is left in the output and close.
    Closed,
}

/// What a peer says of itself in `connect`, none of it checked. Texts are cut at [`Limits::introduction`](crate::Limits).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Introduction {
    pub app: String,
    /// The address that it thinks it has connected to.
    pub tc_url: String,
    pub page_url: String,
    pub swf_url: String,
    pub flash_version: String,
    /// What it knows of Enhanced RTMP; none if it does not speak of it.
    pub capabilities: Option<Capabilities>,
}

impl Introduction {
    /// `app` has been taken from the object already.
    pub(crate) fn read(app: String, object: &Object, longest: usize) -> Self {
        let text = |name| object.text(name).unwrap_or_default().chars().take(longest).collect();
        Self {
            app,
            tc_url: text("tcUrl"),
            page_url: text("pageUrl"),
            swf_url: text("swfUrl"),
            flash_version: text("flashVer"),
            capabilities: capabilities::are_told(object).then(|| Capabilities::read(object)),
        }
    }
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
