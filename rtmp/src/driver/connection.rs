//! The server's end of a connection.

use std::io;
use std::time::Duration;

use media::flv::{Tag, TagKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::transport::Transport;
use crate::{Error, Event, Limits, Rejection, ServerSession};

/// What a timeout waited for.
const PUBLISH_REQUEST: &str = "waiting for a publish request";
const MEDIA: &str = "waiting for sound or pictures";

/// How long a rejected peer may take to close its end before the connection is dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection of a peer that wants to publish.
#[derive(Debug)]
pub struct ServerConnection<S = TcpStream> {
    transport: Transport<S>,
    session: ServerSession,
    limits: Limits,
    started: Instant,
    /// Since when the peer has had nothing to publish.
    idle_since: Option<Instant>,
    /// When an accepted publisher last sent audio or video.
    media: Option<Instant>,
    /// When the peer last sent anything, or was last asked to go on.
    heard: Instant,
    pinged: bool,
    /// What ended the session, told behind the events before it.
    failure: Option<Error>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> ServerConnection<S> {
    /// Shakes hands with a peer that has just connected.
    pub async fn accept(stream: S, limits: Limits) -> Result<Self, Error> {
        let mut transport = Transport::new(stream);
        let rest = timeout(limits.handshake_timeout, transport.serve_handshake())
            .await
            .map_err(|_| Error::Timeout("waiting for the handshake"))??;
        let now = Instant::now();
        let mut connection = Self {
            transport,
            session: ServerSession::new(limits.clone()),
            limits,
            started: now,
            idle_since: Some(now),
            media: None,
            heard: now,
            pinged: false,
            failure: None,
        };
        // Kept for later: events that came before the fault are told first.
        connection.failure = connection.session.push(&rest).err();
        Ok(connection)
    }

    /// What happens next; none once the peer has closed or was rejected. [`Event::Closed`] never comes from here.
    pub async fn next_event(&mut self) -> Result<Option<Event>, Error> {
        loop {
            match self.session.poll_event() {
                Some(Event::Closed) => continue,
                Some(event) => {
                    // The time of our own decision is not the peer's.
                    match event {
                        Event::PublishRequested { .. } => self.idle_since = None,
                        Event::Unpublished => {
                            self.idle_since = Some(Instant::now());
                            self.media = None;
                        }
                        Event::Tag(Tag { kind: TagKind::Audio | TagKind::Video, .. }) => {
                            self.media = Some(Instant::now());
                        }
                        _ => {}
                    }
                    return Ok(Some(event));
                }
                None => {}
            }
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
            // Before reading: the peer may wait for just this answer.
            self.flush().await?;
            if self.session.has_ended() || !self.receive().await? {
                return Ok(None);
            }
        }
    }

    /// Lets the peer publish. It has been waiting for this, so its silence counts from now on.
    pub async fn accept_publish(&mut self) -> Result<(), Error> {
        self.session.accept_publish();
        self.heard = Instant::now();
        self.media = Some(self.heard);
        self.flush().await
    }

    /// Tells the publisher that something of what it sends cannot be used.
    pub async fn warn_publisher(&mut self, description: &str) -> Result<(), Error> {
        self.session.warn_publisher(description);
        self.flush().await
    }

    /// Turns the peer away: answers, and closes the connection.
    pub async fn reject_publish(&mut self, rejection: &Rejection) -> Result<(), Error> {
        self.session.reject_publish(rejection);
        self.flush().await?;
        // A peer that keeps talking has had its answer.
        let _ = timeout(FAREWELL, self.transport.close()).await;
        Ok(())
    }

    /// Reads once, pinging a silent peer; false at the end of its stream.
    async fn receive(&mut self) -> Result<bool, Error> {
        loop {
            let (deadline, waiting) = self.deadline();
            // Bytes that are there already would always win against the clock.
            let lively = self.idle_since.is_some() || self.media.is_some();
            if lively && Instant::now() >= deadline {
                return self.give_up(waiting).await;
            }
            let wake = if self.pinged { deadline } else { deadline.min(self.heard + self.limits.ping_after) };
            if let Ok(input) = timeout_at(wake, self.transport.read()).await {
                let input = match input {
                    // Encoders close with our last answers unread, which the network calls a reset.
                    Err(error) if is_gone(&error) && self.idle_since.is_some() => return Ok(false),
                    input => input?,
                };
                self.failure = self.session.push(input).err();
                self.heard = Instant::now();
                self.pinged = false;
                return Ok(!input.is_empty());
            }
            if Instant::now() >= deadline {
                return self.give_up(waiting).await;
            }
            self.pinged = true;
            self.session.ping(self.started.elapsed().as_millis() as u32);
            self.flush().await?;
        }
    }

    fn deadline(&self) -> (Instant, &'static str) {
        let silent = self.heard + self.limits.read_timeout;
        let idle = self.idle_since.map(|since| (since + self.limits.publish_timeout, PUBLISH_REQUEST));
        let media = self.media.map(|since| (since + self.limits.media_timeout, MEDIA));
        let all = [Some((silent, "waiting for any sign of life")), idle, media];
        all.into_iter().flatten().min_by_key(|(deadline, _)| *deadline).expect("the first is always there")
    }

    /// The peer has had its time. A publisher hears why: it is still there.
    async fn give_up(&mut self, waiting: &'static str) -> Result<bool, Error> {
        if waiting == MEDIA {
            self.reject_publish(&Rejection::Idle).await?;
        }
        Err(Error::Timeout(waiting))
    }

    /// Sends what there is to say, all of it within the time limit: a peer that takes a byte now and then would hold
    /// its place for ever.
    async fn flush(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.limits.write_timeout;
        while !self.session.output_mut().is_empty() {
            let written = timeout_at(deadline, self.transport.write(self.session.output_mut()))
                .await
                .map_err(|_| Error::Timeout("waiting for the peer to take our answers"))?;
            match written {
                // Nobody hears our answers any more, but what the peer said before is still to be read.
                Err(error) if is_gone(&error) => self.session.output_mut().clear(),
                written => written?,
            }
        }
        Ok(())
    }
}

/// The peer has closed the connection, as opposed to the network having failed.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}
