//! Who may publish and play, and what: the seam between a protocol's connection and the streams.
//!
//! An admission may ask elsewhere, so its answer comes in its own time; until then the peer waits, and sends nothing.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::names::StreamKey;
use rtmp::{PlayRejection, Rejection};
use secrecy::{ExposeSecret as _, SecretString};

use super::seat::{Guard, PlayerSettings, Seat};
use crate::clients::Client;
use crate::streams::{Error, Publication, Stream, Streams};

#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'a> {
    /// The application (`rtmp://host/APP`); may be empty, and has the key in it where encoders know one address only.
    pub app: &'a str,
    /// The stream key or name, as the publisher sent it; [`StreamKey::readings`] says what it may mean.
    pub key: &'a SecretString,
    pub client: &'a Arc<Client>,
}

#[derive(Debug, Clone, Copy)]
pub struct PlayRequest<'a> {
    pub app: &'a str,
    /// As the player sent it, arguments included.
    pub name: &'a str,
    pub client: &'a Arc<Client>,
}

/// The right to publish.
#[derive(Debug)]
pub struct Grant {
    pub publication: Publication,
    /// How long the publisher may send neither sound nor pictures, if not as long as the limits say.
    pub idle: Option<Duration>,
    pub guard: Option<Guard>,
}

/// What stands behind the `?` of a name, or else of the application: `user=me&pass=secret`.
pub fn arguments<'a>(app: &'a str, name: &'a str) -> Option<&'a str> {
    let behind = |text: &'a str| text.split_once('?').map(|(_, arguments)| arguments);
    behind(name).or_else(|| behind(app))
}

impl<'a> PublishRequest<'a> {
    /// See [`arguments`].
    pub fn arguments(&self) -> Option<&'a str> {
        arguments(self.app, self.key.expose_secret())
    }
}

pub trait Admission: Debug + Send + Sync {
    /// Whether somebody who has introduced itself may stay; an error closes the connection.
    fn meet<'a>(&'a self, _client: &'a Arc<Client>, _app: &'a str) -> Answer<'a, Option<Guard>, Rejection> {
        Box::pin(async { Ok(None) })
    }

    /// The right to publish, or what the publisher is told instead.
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a, Grant, Rejection>;

    /// The right to play, or what the player is told instead.
    fn admit_player<'a>(&'a self, request: PlayRequest<'a>) -> Answer<'a, Seat, PlayRejection>;
}

/// An answer that may take its time. It is dropped when the peer goes, or when the server ends.
pub type Answer<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Keys open streams, whatever stands around them and from wherever they come; names let everybody watch.
impl Admission for Streams {
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a, Grant, Rejection> {
        Box::pin(async move {
            // What is no key at all opens no stream either.
            let keys = StreamKey::readings(request.app, request.key);
            let stream = keys.iter().find_map(|key| self.authenticate(key)).ok_or(Rejection::BadKey)?;
            Ok(Grant { publication: publish(&stream)?, idle: None, guard: None })
        })
    }

    fn admit_player<'a>(&'a self, request: PlayRequest<'a>) -> Answer<'a, Seat, PlayRejection> {
        Box::pin(async move {
            let path = request.name.split('?').next().unwrap_or_default();
            Seat::take(self, path.trim_matches('/'), request.client, &PlayerSettings::default())
        })
    }
}

/// Lets somebody publish to a stream who may.
pub fn publish(stream: &Arc<Stream>) -> Result<Publication, Rejection> {
    stream.publish().map_err(|error| match error {
        Error::InUse => Rejection::InUse,
        _ => Rejection::Unavailable,
    })
}
