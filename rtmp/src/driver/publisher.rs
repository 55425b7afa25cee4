//! The publisher's end of a connection.

use std::time::Duration;

use media::flv::Tag;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use super::dial::{Dialled, SEND_BUFFER, open};
use super::transport::Transport;
use crate::{Capabilities, ClientSession, Error, Introduction, Limits, RtmpUrl};

/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection that publishes.
///
/// [`send`](Self::send) returns when the network has taken the tag, so a publisher that falls behind notices by
/// its own waiting and can drop or degrade what comes next.
#[derive(Debug)]
pub struct Publisher<S = Dialled> {
    transport: Transport<S>,
    session: ClientSession,
    write_timeout: Duration,
    written: u64,
}

impl Publisher<Dialled> {
    /// Connects and asks to publish; returns when the server takes the stream. `patience` is for all of it.
    pub async fn connect(url: &RtmpUrl, key: &SecretString, patience: Duration) -> Result<Self, Error> {
        Self::introduced(url, key, &Introduction::default(), patience).await
    }

    /// The same, with another introduction; what of it is empty, is said as usual.
    pub async fn introduced(
        url: &RtmpUrl,
        key: &SecretString,
        introduction: &Introduction,
        patience: Duration,
    ) -> Result<Self, Error> {
        let connect = async {
            let stream = open(url).await?;
            Self::begin(stream, url, key, introduction, Limits::default()).await
        };
        timeout(patience, connect).await.map_err(|_| Error::Timeout("connecting"))?
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Publisher<S> {
    /// Asks to publish over a connection that exists, without a timeout.
    pub async fn publish(
        stream: S,
        url: &RtmpUrl,
        key: &SecretString,
        limits: Limits,
    ) -> Result<Self, Error> {
        Self::begin(stream, url, key, &Introduction::default(), limits).await
    }

    async fn begin(
        stream: S,
        url: &RtmpUrl,
        key: &SecretString,
        introduction: &Introduction,
        limits: Limits,
    ) -> Result<Self, Error> {
        let mut transport = Transport::new(stream);
        let rest = transport.begin_handshake().await?;
        let write_timeout = limits.write_timeout;
        let session = ClientSession::publisher(url, key.clone(), introduction, limits);
        let mut publisher = Self { transport, session, write_timeout, written: 0 };
        publisher.session.push(&rest)?;
        while !publisher.session.is_ready() {
            publisher.exchange().await?;
        }
        Ok(publisher)
    }

    /// What the server said that it knows.
    pub fn capabilities(&self) -> &Capabilities {
        self.session.capabilities()
    }

    /// Sends a tag; returns when the network has taken all of it. If the future is dropped before, the rest of the
    /// tag goes out in front of the next one.
    pub async fn send(&mut self, tag: &Tag) -> Result<(), Error> {
        if !self.session.is_ready() {
            return Err(Error::Closed);
        }
        self.session.send(tag);
        self.flush().await
    }

    /// Waits for the server to refuse or close, and answers its pings meanwhile; for `select!` while there is nothing
    /// to send.
    pub async fn closed(&mut self) -> Error {
        loop {
            if let Err(error) = self.exchange().await {
                return error;
            }
        }
    }

    /// Bytes that the network has not taken; more than zero only if a [`send`](Self::send) was dropped.
    pub fn unsent(&self) -> usize {
        self.session.unsent()
    }

    /// Bytes that the network has taken, handshake aside.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Bytes that the server says to have received, modulo 2^32, once per its window; none until it says so.
    pub fn acknowledged(&self) -> Option<u32> {
        self.session.acknowledged()
    }

    /// Bytes of those [`written`](Self::written) that the server has: it says so, or the system no longer holds them for us. Of a
    /// server that never says so, and some do not, all of them.
    pub fn arrived(&self) -> u64 {
        // The system holds at most twice what it was asked to.
        let handed_on = self.written.saturating_sub(2 * u64::from(SEND_BUFFER));
        let acknowledged = self.acknowledged().map_or(self.written, |count| {
            // Servers that count the handshake as well are ahead of us.
            let outstanding = (self.written as u32).wrapping_sub(count) as i32;
            self.written.saturating_sub(outstanding.max(0) as u64)
        });
        handed_on.max(acknowledged)
    }

    /// Says goodbye and closes; an error if the server may not have taken everything.
    pub async fn close(mut self) -> Result<(), Error> {
        self.session.close();
        let goodbye = async {
            self.flush().await?;
            Ok::<(), Error>(self.transport.close().await?)
        };
        timeout(FAREWELL, goodbye).await.map_err(|_| Error::Timeout("saying goodbye"))?
    }

    /// The connection itself, without a goodbye.
    pub fn into_inner(self) -> S {
        self.transport.into_inner()
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let mut deadline = Instant::now() + self.write_timeout;
        while self.session.unsent() > 0 {
            let before = self.written;
            timeout_at(deadline, self.exchange()).await.map_err(|_| Error::Timeout("sending"))??;
            if self.written > before {
                deadline = Instant::now() + self.write_timeout;
            }
        }
        Ok(())
    }

    /// Reads or writes once, and says so if the server has refused or closed.
    async fn exchange(&mut self) -> Result<(), Error> {
        let unsent = self.session.unsent();
        match self.transport.exchange(self.session.output_mut()).await? {
            None => self.written += (unsent - self.session.unsent()) as u64,
            Some([]) => return Err(Error::Closed),
            Some(input) => self.session.push(input)?,
        }
        Ok(())
    }
}
