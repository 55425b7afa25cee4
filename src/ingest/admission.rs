//! Who may publish, and as which stream: the seam between a protocol's connection and the streams.
//!
//! An admission may ask elsewhere, so its answer comes in its own time; until then the publisher waits, and sends nothing.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::pin::Pin;

use api::names::StreamKey;
use rtmp::Rejection;
use secrecy::{ExposeSecret as _, SecretString};

use crate::streams::{Error, Publication, Streams};

#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'a> {
    /// The application (`rtmp://host/APP`); may be empty, and has the key in it where encoders know one address only.
    pub app: &'a str,
    /// The stream key or name, as the publisher sent it; [`StreamKey::readings`] says what it may mean.
    pub key: &'a SecretString,
    pub peer: SocketAddr,
}

impl<'a> PublishRequest<'a> {
    /// What stands behind the `?` of the key, or else of the application: `user=me&pass=secret`.
    pub fn arguments(&self) -> Option<&'a str> {
        let behind = |text: &'a str| text.split_once('?').map(|(_, arguments)| arguments);
        behind(self.key.expose_secret()).or_else(|| behind(self.app))
    }
}

pub trait Admission: Debug + Send + Sync {
    /// The right to publish, or what the publisher is told instead.
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a>;
}

/// An answer that may take its time. It is dropped when the publisher goes, or when the server ends.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Publication, Rejection>> + Send + 'a>>;

/// Keys open streams, whatever stands around them and from wherever they come.
impl Admission for Streams {
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a> {
        Box::pin(async move {
            // What is no key at all opens no stream either.
            let keys = StreamKey::readings(request.app, request.key);
            let stream = keys.iter().find_map(|key| self.authenticate(key)).ok_or(Rejection::BadKey)?;
            stream.publish().map_err(|error| match error {
                Error::InUse => Rejection::InUse,
                _ => Rejection::Unavailable,
            })
        })
    }
}
