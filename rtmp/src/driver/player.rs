//! The player's end of a connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use media::flv::Tag;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use super::dial::{Dialled, open};
use super::transport::Transport;
use crate::{ClientSession, Error, Introduction, Limits, RtmpUrl};

/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection that plays a stream.
#[derive(Debug)]
pub struct Player<S = Dialled> {
    transport: Transport<S>,
    session: ClientSession,
    read_timeout: Duration,
    /// When a tag was last handed out.
    heard: Instant,
}

impl Player<Dialled> {
    /// Connects and asks to play `name`; returns when the server begins. `patience` is for all of it. What of the introduction is
    /// empty, is said as usual.
    pub async fn connect(
        url: &RtmpUrl,
        name: &str,
        introduction: &Introduction,
        patience: Duration,
    ) -> Result<Self, Error> {
        let connect = async {
            let stream = open(url).await?;
            Self::play(stream, url, name, introduction, Limits::default()).await
        };
        timeout(patience, connect).await.map_err(|_| Error::Timeout("connecting"))?
    }

    /// Who it is that sends.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        match self.transport.stream() {
            Dialled::Left(plain) => plain.peer_addr(),
            Dialled::Right(secure) => secure.get_ref().0.peer_addr(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Player<S> {
    /// Asks to play over a connection that exists, without a timeout.
    pub async fn play(
        stream: S,
        url: &RtmpUrl,
        name: &str,
        introduction: &Introduction,
        limits: Limits,
    ) -> Result<Self, Error> {
        let mut transport = Transport::new(stream);
        let rest = transport.begin_handshake().await?;
        let read_timeout = limits.media_timeout;
        let session = ClientSession::player(url, name, introduction, limits);
        let mut player = Self { transport, session, read_timeout, heard: Instant::now() };
        player.session.push(&rest)?;
        while !player.session.is_ready() {
            player.exchange().await?;
        }
        player.heard = Instant::now();
        Ok(player)
    }

    /// What the server sends next; none once it says that the stream has ended. An error if nothing comes for
    /// [`Limits::media_timeout`], however often the future is dropped meanwhile.
    pub async fn next_tag(&mut self) -> Result<Option<Tag>, Error> {
        let deadline = self.heard + self.read_timeout;
        loop {
            if let Some(tag) = self.session.poll_tag() {
                self.heard = Instant::now();
                return Ok(Some(tag));
            }
            if self.session.has_ended() {
                return Ok(None);
            }
            timeout_at(deadline, self.exchange())
                .await
                .map_err(|_| Error::Timeout("waiting for the stream"))??;
        }
    }

    /// Says goodbye and closes.
    pub async fn close(mut self) -> Result<(), Error> {
        self.session.close();
        let goodbye = async {
            while self.session.unsent() > 0 {
                self.transport.write(self.session.output_mut()).await?;
            }
            Ok::<(), Error>(self.transport.close().await?)
        };
        timeout(FAREWELL, goodbye).await.map_err(|_| Error::Timeout("saying goodbye"))?
    }

    /// Reads or writes once, and says so if the server has refused or closed.
    async fn exchange(&mut self) -> Result<(), Error> {
        match self.transport.exchange(self.session.output_mut()).await? {
            None => Ok(()),
            Some([]) => Err(Error::Closed),
            Some(input) => self.session.push(input),
        }
    }
}
