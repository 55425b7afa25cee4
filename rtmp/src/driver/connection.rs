//! The server's end of a connection.

use std::io;
use std::time::Duration;

use media::flv::{Tag, TagKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::transport::Transport;
use crate::{Chunked, Error, Event, Limits, PlayRejection, Rejection, ServerSession};

/// What a timeout waited for.
const REQUEST: &str = "waiting for a request to publish or play";
const MEDIA: &str = "waiting for sound or pictures";

/// How long a rejected peer may take to close its end before the connection is dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection of a peer that wants to publish or to play.
#[derive(Debug)]
pub struct ServerConnection<S = TcpStream> {
    transport: Transport<S>,
    session: ServerSession,
    limits: Limits,
    started: Instant,
    /// Since when the peer has had nothing to do.
    idle_since: Option<Instant>,
    /// When an accepted publisher last sent audio or video.
    media: Option<Instant>,
    /// When the peer last sent anything, or was last asked to go on.
    heard: Instant,
    pinged: bool,
    /// When the network last took something, or there was nothing to take.
    taken: Instant,
    traffic: Traffic,
    /// What ended the session, told behind the events before it.
    failure: Option<Error>,
}

/// Bytes of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub received: u64,
    pub sent: u64,
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
            taken: now,
            traffic: Traffic::default(),
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
                        Event::PublishRequested { .. } | Event::PlayRequested { .. } => {
                            self.idle_since = None;
                        }
                        Event::Unpublished | Event::Stopped => {
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
        self.farewell().await
    }

    /// Lets the peer play.
    pub async fn accept_play(&mut self) -> Result<(), Error> {
        self.session.accept_play();
        self.heard = Instant::now();
        self.flush().await
    }

    /// Turns a player away: answers, and closes the connection.
    pub async fn reject_play(&mut self, rejection: PlayRejection) -> Result<(), Error> {
        self.session.reject_play(rejection);
        self.farewell().await
    }

    /// Says that what the peer plays has ended, and closes the connection.
    pub async fn end_play(&mut self) -> Result<(), Error> {
        self.session.end_play();
        self.farewell().await
    }

    /// Adds a tag to what a player is to get; it leaves while [`next_event`](Self::next_event) is waited for. Look at
    /// [`unsent`](Self::unsent): who reads slowly must not fill the memory.
    pub fn play_tag(&mut self, tag: &Chunked) {
        self.session.play_tag(tag);
    }

    /// Bytes that wait for the network.
    pub fn unsent(&mut self) -> usize {
        self.session.output_mut().len()
    }

    /// Waits until the network has taken everything.
    pub async fn sent(&mut self) -> Result<(), Error> {
        self.flush().await
    }

    /// Bytes that came in and went out, the handshake aside.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Sends what is left to say, and closes.
    async fn farewell(&mut self) -> Result<(), Error> {
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
                self.traffic.received += input.len() as u64;
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
        let idle = self.idle_since.map(|since| (since + self.limits.request_timeout, REQUEST));
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
    /// its place for ever. If the future is dropped, the next one goes on, and so does the time.
    async fn flush(&mut self) -> Result<(), Error> {
        if self.taken_all() {
            self.taken = Instant::now();
        }
        let deadline = self.taken + self.limits.write_timeout;
        while !self.taken_all() {
            let before = self.session.output_mut().len();
            let written = timeout_at(deadline, self.transport.write(self.session.output_mut()))
                .await
                .map_err(|_| Error::Timeout("waiting for the peer to take what it is sent"))?;
            match written {
                // Nobody hears us any more, but what the peer said before is still to be read.
                Err(error) if is_gone(&error) => self.session.output_mut().clear(),
                written => written?,
            }
            self.traffic.sent += (before - self.session.output_mut().len()) as u64;
        }
        self.taken = Instant::now();
        Ok(())
    }

    fn taken_all(&mut self) -> bool {
        self.session.output_mut().is_empty()
    }
}

/// The peer has closed the connection, as opposed to the network having failed.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}
