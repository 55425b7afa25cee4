//! What a server session tells its owner.

use media::flv::Tag;
use secrecy::SecretString;

use crate::Capabilities;
use crate::amf0::Object;
use crate::capabilities;

/// What happened on a connection, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The peer named an application (`rtmp://host/APP`), and itself. A session that
    /// [defers](crate::ServerSession::deferring) waits for its owner to accept or reject it.
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
