//! One RTMP connection: asks for admission, then turns its tags into access units.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::flow::Queued as _;
use media::flv::{Demuxer, Tag};
use rtmp::{Event, Limits, Refusals, Rejection, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::admission::{Admission, PublishRequest};
use super::half_open::Entry;
use crate::out::Arrival;
use crate::problems::Problems;
use crate::streams::{Error, Publication};

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
    loop {
        let event = tokio::select! {
            biased;
            () = replaced(publishing.as_ref()) => {
                return turn_away(connection, peer, entry, &Rejection::Replaced).await;
            }
            event = connection.next_event() => event?,
        };
        match event {
            Some(Event::Connected { .. }) => tracing::debug!(%peer, "connected"),
            Some(Event::PublishRequested { app, key }) => {
                // A connection publishes one stream at a time. What it had is given back first: it may ask for the same.
                drop(publishing.take());
                let request = PublishRequest { app: &app, key: &key, peer };
                match admit(admission, request, entry).await {
                    Ok(publication) => {
                        entry.authenticated();
                        tracing::info!(stream = %publication.name(), %peer, "publisher came");
                        publishing = Some(Publishing::new(publication));
                        connection.accept_publish().await?;
                    }
                    Err(rejection) => return turn_away(connection, peer, entry, &rejection).await,
                }
            }
            Some(Event::Tag(tag)) => match publishing.as_mut().map(|publishing| publishing.take(&tag)) {
                None | Some(Ok(None)) => {}
                Some(Ok(Some(warning))) => connection.warn_publisher(&warning).await?,
                Some(Err(rejection)) => {
                    // Given back first: saying goodbye takes time.
                    drop(publishing.take());
                    return turn_away(connection, peer, entry, &rejection).await;
                }
            },
            Some(Event::Unpublished) => publishing = None,
            Some(Event::Closed) | None => return Ok(()),
        }
    }
}

/// Asks for admission, unless too many wrong keys came from this address.
async fn admit(
    admission: &dyn Admission,
    request: PublishRequest<'_>,
    entry: &Entry,
) -> Result<Publication, Rejection> {
    entry.may_try(request.peer)?;
    let decision = timeout(DECISION, admission.admit(request)).await;
    let decision = decision.unwrap_or(Err(Rejection::Unavailable));
    if decision.as_ref().is_err_and(|rejection| *rejection == Rejection::BadKey) {
        entry.tried_wrong_key(request.peer);
    }
    decision
}

async fn turn_away<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: ServerConnection<S>,
    peer: SocketAddr,
    entry: &Entry,
    rejection: &Rejection,
) -> Result<(), rtmp::Error> {
    if entry.may_log() {
        tracing::warn!(%peer, code = rejection.code(), "publisher turned away: {}", rejection.description());
    }
    connection.reject_publish(rejection).await
}

/// Waits until somebody else publishes the same stream; for ever if nothing is published.
async fn replaced(publishing: Option<&Publishing>) {
    match publishing {
        Some(publishing) => publishing.publication.replaced().await,
        None => std::future::pending().await,
    }
}

struct Publishing {
    publication: Publication,
    demuxer: Demuxer,
    problems: Option<Problems>,
    refusals: Refusals,
}

impl Publishing {
    fn new(publication: Publication) -> Self {
        let problems = publication.problems();
        Self { publication, demuxer: Demuxer::new(), problems, refusals: Refusals::default() }
    }

    /// A tag that cannot be read concerns nothing but itself; `Some` if the publisher is to be warned of it. With an
    /// error the publication is over.
    fn take(&mut self, tag: &Tag) -> Result<Option<String>, Rejection> {
        let refused = self.demuxer.push(tag).err();
        self.pass_on().map_err(|error| match error {
            Error::Replaced => Rejection::Replaced,
            _ => Rejection::Unavailable,
        })?;
        let Some(error) = refused else { return Ok(None) };
        if let Some(problems) = &self.problems {
            problems.report(error.kind.name(), error.advice());
        }
        self.refusals.refuse(&error, Instant::now())
    }

    fn pass_on(&mut self) -> Result<(), Error> {
        while let Some(unit) = self.demuxer.pull() {
            if let Some(packet) = unit.packet() {
                self.refusals.used(packet.track);
            }
            self.publication.push(unit, Arrival::now())?;
        }
        Ok(())
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        // However the publisher leaves, the last picture is whole.
        self.demuxer.finish();
        let _ = self.pass_on();
    }
}
