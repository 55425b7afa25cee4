//! Who may publish, and as which stream: the seam between a protocol's connection and the streams.
//!
//! An admission may ask elsewhere, so its answer comes in its own time; until then the publisher waits, and sends nothing.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::pin::Pin;

use api::names::StreamKey;
use rtmp::Rejection;
use secrecy::SecretString;

use crate::streams::{Error, Publication, Streams};

#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'a> {
    /// The application (`rtmp://host/APP`); may be empty.
    pub app: &'a str,
    /// The stream key or name, as the publisher sent it.
    pub key: &'a SecretString,
    pub peer: SocketAddr,
}

pub trait Admission: Debug + Send + Sync {
    /// The right to publish, or what the publisher is told instead.
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a>;
}

/// An answer that may take its time. It is dropped when the publisher goes, or when the server ends.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Publication, Rejection>> + Send + 'a>>;

/// Keys open streams, whatever the application and the address.
impl Admission for Streams {
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a> {
        Box::pin(async move {
            // What is no key at all opens no stream either.
            let key = StreamKey::try_from(request.key).map_err(|_| Rejection::BadKey)?;
            let stream = self.authenticate(&key).ok_or(Rejection::BadKey)?;
            stream.publish().map_err(|error| match error {
                Error::InUse => Rejection::InUse,
                _ => Rejection::Unavailable,
            })
        })
    }
}
