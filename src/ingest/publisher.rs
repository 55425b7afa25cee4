//! One RTMP connection: who it is, what it may do, and its tags turned into units.

use std::net::SocketAddr;

use api::names::StreamKey;
use media::flv::{Demuxer, FlvError, Tag};
use rtmp::{ConnectionError, Event, Limits, Rejection, ServerConnection};
use secrecy::SecretString;
use tokio::net::TcpStream;

use super::lobby::Guest;
use crate::out::Arrival;
use crate::streams::{Hub, Publication};

/// Refused tags of one connection are logged up to this many; an encoder that is set up wrongly refuses all.
const LOGGED: u32 = 3;

/// Serves a connection until its peer is gone. Dropping the future ends the publication.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    hub: &Hub,
    limits: Limits,
    guest: &Guest,
) -> Result<(), ConnectionError> {
    let mut connection = ServerConnection::accept(stream, limits).await?;
    let mut publishing: Option<Publishing> = None;
    while let Some(event) = connection.next_event().await? {
        match event {
            Event::Connected { app } => tracing::debug!(%peer, app, "connected"),
            Event::PublishRequested { key, .. } => {
                // A connection publishes one stream at a time.
                drop(publishing.take());
                match admit(hub, &key) {
                    Ok(publication) => {
                        guest.leave();
                        tracing::info!(stream = %publication.name(), %peer, "publisher came");
                        publishing = Some(Publishing::new(publication));
                        connection.accept_publish().await?;
                    }
                    Err(rejection) => {
                        tracing::warn!(%peer, ?rejection, "publisher turned away");
                        return connection.reject_publish(rejection).await;
                    }
                }
            }
            Event::Tag(tag) => {
                if let Some(publishing) = &mut publishing {
                    publishing.take(&tag);
                }
            }
            Event::Unpublished => publishing = None,
            Event::Closed => break,
        }
    }
    Ok(())
}

fn admit(hub: &Hub, key: &SecretString) -> Result<Publication, Rejection> {
    // What is no key at all opens no stream either.
    let key = StreamKey::try_from(key).map_err(|_| Rejection::BadKey)?;
    let stream = hub.authenticate(&key).ok_or(Rejection::BadKey)?;
    stream.publish().map_err(|_| Rejection::InUse)
}

struct Publishing {
    publication: Publication,
    demuxer: Demuxer,
    refused: u32,
}

impl Publishing {
    fn new(publication: Publication) -> Self {
        Self { publication, demuxer: Demuxer::new(), refused: 0 }
    }

    /// A tag that cannot be read concerns nothing but itself.
    fn take(&mut self, tag: &Tag) {
        match self.demuxer.push(tag) {
            Ok(Some(unit)) => self.publication.push(unit, Arrival::now()),
            Ok(None) => {}
            Err(error) => self.refuse(&error),
        }
    }

    fn refuse(&mut self, error: &FlvError) {
        self.refused = self.refused.saturating_add(1);
        let stream = self.publication.name();
        match self.refused {
            ..LOGGED => tracing::warn!(%stream, %error, "tag refused"),
            LOGGED => tracing::warn!(%stream, %error, "tag refused; further ones are not logged"),
            _ => {}
        }
    }
}
