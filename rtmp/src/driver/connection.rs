//! The server's end of a connection.

use std::time::Duration;
use std::{io, mem};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::patience::{MEDIA, Patience, SENDING};
use super::transport::{Room, Step, Transport};
use crate::{
    Chunked, ConnectRejection, Error, Event, Limits, Notices, PlayRejection, RecordNotice, Rejection,
    ServerSession,
};

/// How long a rejected peer may take to close its end before the connection is dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection of a peer that wants to publish or to play.
#[derive(Debug)]
pub struct ServerConnection<S = TcpStream> {
    transport: Transport<S>,
    session: ServerSession,
    patience: Patience,
    started: Instant,
    /// The owner decides on who connects, and has not yet.
    undecided: bool,
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
    /// Shakes hands with a peer that has just connected. Whatever it introduces itself as, it may ask to publish or play.
    pub async fn accept(stream: S, limits: Limits) -> Result<Self, Error> {
        Self::begin(stream, &limits, ServerSession::new(limits.clone()), false).await
    }

    /// The same, but after [`Event::Connected`] the peer waits for [`accept_connect`](Self::accept_connect) or
    /// [`reject_connect`](Self::reject_connect).
    pub async fn deferring(stream: S, limits: Limits) -> Result<Self, Error> {
        Self::begin(stream, &limits, ServerSession::deferring(limits.clone()), true).await
    }

    async fn begin(
        stream: S,
        limits: &Limits,
        session: ServerSession,
        undecided: bool,
    ) -> Result<Self, Error> {
        let mut transport = Transport::new(stream);
        let rest = timeout(limits.handshake_timeout, transport.serve_handshake())
            .await
            .map_err(|_| Error::Timeout("waiting for the handshake"))??;
        let mut connection = Self {
            transport,
            session,
            patience: Patience::new(limits),
            started: Instant::now(),
            undecided,
            traffic: Traffic::default(),
            failure: None,
        };
        // Kept for later: events that came before the fault are told first.
        connection.failure = connection.session.push(&rest).err();
        Ok(connection)
    }

    /// What happens next; none once the peer has closed or was rejected. [`Event::Closed`] never comes from here. While this is
    /// waited for, what is to be sent is sent.
    pub async fn next_event(&mut self) -> Result<Option<Event>, Error> {
        loop {
            match self.session.poll_event() {
                Some(Event::Closed) => continue,
                Some(event) => {
                    self.patience.told(&event);
                    if self.undecided && matches!(event, Event::Connected(_)) {
                        self.patience.deciding();
                    }
                    return Ok(Some(event));
                }
                None => {}
            }
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
            if self.session.has_ended() {
                self.flush().await?;
                return Ok(None);
            }
            if !self.step().await? {
                return Ok(None);
            }
        }
    }

    /// Lets the peer connect, if it is waiting for that.
    pub async fn accept_connect(&mut self) -> Result<(), Error> {
        let failure = self.session.accept_connect().err();
        self.failure = self.failure.take().or(failure);
        if mem::take(&mut self.undecided) {
            self.patience.connected();
        }
        self.flush().await
    }

    /// Turns the peer away, whatever it does: answers, and closes the connection.
    pub async fn reject_connect(&mut self, rejection: &ConnectRejection) -> Result<(), Error> {
        self.session.reject_connect(rejection);
        self.farewell().await
    }

    /// Lets the peer publish. It has been waiting for this, so its silence counts from now on.
    pub async fn accept_publish(&mut self) -> Result<(), Error> {
        self.session.accept_publish();
        self.patience.publishes();
        self.flush().await
    }

    /// Tells the publisher that something of what it sends cannot be used.
    pub async fn warn_publisher(&mut self, description: &str) -> Result<(), Error> {
        self.session.warn_publisher(description);
        self.flush().await
    }

    /// Tells the publisher of a recorder; it leaves while [`next_event`](Self::next_event) is waited for.
    pub fn tell_recorder(&mut self, notice: RecordNotice, recorder: &str) {
        self.session.tell_recorder(notice, recorder);
    }

    /// Turns the peer away: answers, and closes the connection.
    pub async fn reject_publish(&mut self, rejection: &Rejection) -> Result<(), Error> {
        self.session.reject_publish(rejection);
        self.farewell().await
    }

    /// From now on sound goes to a player on the chunk stream of pictures.
    pub fn interleave(&mut self) {
        self.session.interleave();
    }

    /// A publisher may send neither sound nor pictures for so long, instead of what the limits say.
    pub fn wait_for_media(&mut self, timeout: Duration) {
        self.patience.wait_for_media(timeout);
    }

    /// Lets the peer play.
    pub async fn accept_play(&mut self) -> Result<(), Error> {
        self.session.accept_play();
        self.patience.heard();
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

    /// Tells a player that nobody publishes at the moment; it keeps its place.
    pub fn play_waits(&mut self, notices: Notices) {
        self.session.play_waits(notices);
    }

    /// Tells a player that somebody publishes again.
    pub fn play_goes_on(&mut self, notices: Notices) {
        self.session.play_goes_on(notices);
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

    /// Waits until the network has taken everything, and hears the peer meanwhile; what it said is told by
    /// [`next_event`](Self::next_event).
    pub async fn sent(&mut self) -> Result<(), Error> {
        while self.unsent() > 0 {
            let hears = self.failure.is_none() && !self.session.has_ended();
            if !hears || !self.step().await? {
                return self.flush().await;
            }
        }
        Ok(())
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

    /// Writes what the network has room for, or else reads, or pings a silent peer; false at the end of its stream.
    async fn step(&mut self) -> Result<bool, Error> {
        self.count_unsent();
        if let Some(waiting) = self.patience.is_over() {
            return self.give_up(waiting).await;
        }
        let output = self.session.output_mut();
        let before = output.len();
        match timeout_at(self.patience.wake(), self.transport.step(output)).await {
            Ok(Step::Written(room)) => self.written(before, room)?,
            Ok(Step::Read(input)) => {
                let input = match input {
                    // Encoders close with our last answers unread, which the network calls a reset.
                    Err(error) if is_gone(&error) && self.patience.is_idle() => return Ok(false),
                    input => input?,
                };
                self.failure = self.session.push(input).err();
                self.traffic.received += input.len() as u64;
                self.patience.heard();
                return Ok(!input.is_empty());
            }
            Err(_) => {
                let (deadline, waiting) = self.patience.deadline();
                if Instant::now() >= deadline {
                    return self.give_up(waiting).await;
                }
                self.patience.pinged();
                self.session.ping(self.started.elapsed().as_millis() as u32);
            }
        }
        Ok(true)
    }

    /// The peer has had its time. A publisher hears why: it is still there.
    async fn give_up(&mut self, waiting: &'static str) -> Result<bool, Error> {
        if waiting == MEDIA {
            self.reject_publish(&Rejection::Idle).await?;
        }
        Err(Error::Timeout(waiting))
    }

    /// Sends what there is to say. If the future is dropped, the next one goes on, and so does the time.
    async fn flush(&mut self) -> Result<(), Error> {
        self.count_unsent();
        while self.unsent() > 0 {
            let output = self.session.output_mut();
            let before = output.len();
            let room = timeout_at(self.patience.sending(), self.transport.write(output))
                .await
                .map_err(|_| Error::Timeout(SENDING))?;
            self.written(before, room)?;
        }
        Ok(())
    }

    /// The network has taken what there is less of, or failed to.
    fn written(&mut self, before: usize, room: io::Result<Room>) -> Result<(), Error> {
        match room {
            // Nobody hears us any more, but what the peer said before is still to be read.
            Err(error) if is_gone(&error) => self.session.output_mut().clear(),
            room => {
                if room? == Room::Again {
                    self.patience.heard();
                }
                self.traffic.sent += (before - self.unsent()) as u64;
            }
        }
        self.count_unsent();
        Ok(())
    }

    fn count_unsent(&mut self) {
        let unsent = self.unsent();
        self.patience.unsent(unsent, self.traffic.sent);
    }
}

/// The peer has closed the connection, as opposed to the network having failed.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}
