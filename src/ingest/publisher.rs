//! One RTMP connection: asks for admission, then turns its tags into access units.

use std::net::SocketAddr;
use std::time::Duration;

use media::flv::{Demuxer, FlvError, Tag};
use rtmp::{Event, Limits, Rejection, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::admission::{Admission, PublishRequest};
use super::half_open::Entry;
use crate::out::Arrival;
use crate::streams::{self, Problems, Publication};

/// How long a decision on a publisher may take. Encoders give up after some ten seconds.
const DECISION: Duration = Duration::from_secs(5);

/// Serves a connection until its peer is gone. Dropping the future ends the publication.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: SocketAddr,
    admission: &dyn Admission,
    limits: Limits,
    entry: &Entry,
) -> Result<(), rtmp::Error> {
    let mut connection = ServerConnection::accept(stream, limits).await?;
    let mut publishing: Option<Publishing> = None;
    while let Some(event) = connection.next_event().await? {
        match event {
            Event::Connected { app } => tracing::debug!(%peer, app, "connected"),
            Event::PublishRequested { app, key } => {
                // A connection publishes one stream at a time. What it had is given back first: it may ask for the same.
                drop(publishing.take());
                let request = PublishRequest { app: &app, key: &key, peer };
                let decision = timeout(DECISION, admission.admit(request)).await;
                match decision.unwrap_or(Err(Rejection::Unavailable)) {
                    Ok(publication) => {
                        entry.authenticated();
                        tracing::info!(stream = %publication.name(), %peer, "publisher came");
                        publishing = Some(Publishing::new(publication));
                        connection.accept_publish().await?;
                    }
                    Err(rejection) => {
                        tracing::warn!(%peer, ?rejection, "publisher turned away");
                        return connection.reject_publish(&rejection).await;
                    }
                }
            }
            Event::Tag(tag) => {
                if let Some(Err(error)) = publishing.as_mut().map(|publishing| publishing.take(&tag)) {
                    tracing::warn!(%peer, %error, "publisher turned away");
                    return connection.reject_publish(&Rejection::Unavailable).await;
                }
            }
            Event::Unpublished => publishing = None,
            Event::Closed => break,
        }
    }
    Ok(())
}

struct Publishing {
    publication: Publication,
    demuxer: Demuxer,
    problems: Option<Problems>,
}

impl Publishing {
    fn new(publication: Publication) -> Self {
        let problems = publication.problems();
        Self { publication, demuxer: Demuxer::new(), problems }
    }

    /// A tag that cannot be read concerns nothing but itself. An error says that the stream has ended.
    fn take(&mut self, tag: &Tag) -> Result<(), streams::Error> {
        if let Err(error) = self.demuxer.push(tag) {
            self.refuse(&error);
        }
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<(), streams::Error> {
        while let Some(unit) = self.demuxer.pull() {
            self.publication.push(unit, Arrival::now())?;
        }
        Ok(())
    }

    fn refuse(&self, error: &FlvError) {
        if let Some(problems) = &self.problems {
            let cause = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
            problems.report(error.kind.name(), format!("{error}{cause}"));
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        // However the publisher leaves, the last picture is whole.
        self.demuxer.finish();
        let _ = self.pass_on();
    }
}
