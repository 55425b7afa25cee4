//! The server's end of a connection.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::transport::{HandshakeFailure, Transport};
use crate::rtmp::handshake::HandshakeError;
use crate::rtmp::{Event, Limits, Rejection, RtmpError, ServerSession, Timeouts};

/// How long a rejected peer may take to close its end before the connection is dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection of a peer that wants to publish.
#[derive(Debug)]
pub struct ServerConnection<S = TcpStream> {
    transport: Transport<S>,
    session: ServerSession,
    timeouts: Timeouts,
    started: Instant,
    /// When the peer last sent anything.
    heard: Instant,
    pinged: bool,
    /// The peer has asked to publish.
    asked: bool,
    /// What ended the session, told behind the events before it.
    failure: Option<RtmpError>,
}

/// Why a connection ended, other than by the peer closing it.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// The peer does not speak RTMP.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The peer broke the protocol or a limit.
    #[error(transparent)]
    Protocol(#[from] RtmpError),
    /// The network failed.
    #[error("connection lost: {0}")]
    Io(#[from] io::Error),
    /// The peer took too long.
    #[error("timed out waiting for {0}")]
    Timeout(Waiting),
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// [`Timeouts::handshake`]
    Handshake,
    /// [`Timeouts::publish`]
    PublishRequest,
    /// [`Timeouts::read`]
    Data,
    /// [`Timeouts::write`]
    Network,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handshake => "the handshake",
            Self::PublishRequest => "a publish request",
            Self::Data => "any sign of life",
            Self::Network => "the peer to take our answers",
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ServerConnection<S> {
    /// Shakes hands with a peer that has just connected.
    pub async fn accept(stream: S, limits: Limits) -> Result<Self, ConnectionError> {
        let mut transport = Transport::new(stream);
        let timeouts = limits.timeouts.clone();
        let rest = timeout(timeouts.handshake, transport.serve_handshake())
            .await
            .map_err(|_| ConnectionError::Timeout(Waiting::Handshake))??;
        let now = Instant::now();
        let mut connection = Self {
            transport,
            session: ServerSession::new(limits),
            timeouts,
            started: now,
            heard: now,
            pinged: false,
            asked: false,
            failure: None,
        };
        connection.failure = connection.session.push(&rest).err();
        Ok(connection)
    }

    /// What happens next; none once the peer has closed or was rejected. [`Event::Closed`] never comes from here.
    pub async fn next_event(&mut self) -> Result<Option<Event>, ConnectionError> {
        loop {
            match self.session.poll_event() {
                Some(Event::Closed) => continue,
                Some(event) => {
                    self.asked |= matches!(event, Event::PublishRequested { .. });
                    return Ok(Some(event));
                }
                None => {}
            }
            if let Some(error) = self.failure.take() {
                return Err(error.into());
            }
            self.flush().await?;
            if self.session.has_ended() || !self.receive().await? {
                return Ok(None);
            }
        }
    }

    /// Lets the peer publish.
    pub async fn accept_publish(&mut self) -> Result<(), ConnectionError> {
        self.session.accept_publish();
        self.flush().await
    }

    /// Turns the peer away: answers, and closes the connection.
    pub async fn reject_publish(&mut self, rejection: Rejection) -> Result<(), ConnectionError> {
        self.session.reject_publish(rejection);
        self.flush().await?;
        // A peer that keeps talking has had its answer.
        let _ = timeout(FAREWELL, self.transport.close()).await;
        Ok(())
    }

    /// Reads once, pinging a silent peer; false at the end of its stream.
    async fn receive(&mut self) -> Result<bool, ConnectionError> {
        loop {
            let (deadline, waiting) = self.deadline();
            let wake = if self.pinged { deadline } else { deadline.min(self.heard + self.timeouts.ping) };
            if let Ok(input) = timeout_at(wake, self.transport.read()).await {
                let input = input?;
                self.failure = self.session.push(input).err();
                (self.heard, self.pinged) = (Instant::now(), false);
                return Ok(!input.is_empty());
            }
            if Instant::now() >= deadline {
                return Err(ConnectionError::Timeout(waiting));
            }
            self.pinged = true;
            self.session.ping(self.started.elapsed().as_millis() as u32);
            self.flush().await?;
        }
    }

    fn deadline(&self) -> (Instant, Waiting) {
        let silent = (self.heard + self.timeouts.read, Waiting::Data);
        let idle = (self.started + self.timeouts.publish, Waiting::PublishRequest);
        if !self.asked && idle.0 < silent.0 { idle } else { silent }
    }

    async fn flush(&mut self) -> Result<(), ConnectionError> {
        while !self.session.output_mut().is_empty() {
            timeout(self.timeouts.write, self.transport.write(self.session.output_mut()))
                .await
                .map_err(|_| ConnectionError::Timeout(Waiting::Network))??;
        }
        Ok(())
    }
}

impl From<HandshakeFailure> for ConnectionError {
    fn from(failure: HandshakeFailure) -> Self {
        match failure {
            HandshakeFailure::Io(error) => error.into(),
            HandshakeFailure::Protocol(error) => error.into(),
        }
    }
}
