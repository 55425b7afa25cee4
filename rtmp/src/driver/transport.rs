//! Bytes in, bytes out, handshake. No protocol beyond that.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, mem};

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::Error;
use crate::handshake::Handshake;
use crate::outgoing::Outgoing;

/// Bytes read at once: a large picture takes a few reads, and idle connections stay cheap.
const READ_BUFFER: usize = 16 << 10;

/// Pieces of output handed to the system at once: tags of a second or so.
const PIECES: usize = 64;

/// A connection and the buffer it reads into.
pub(super) struct Transport<S> {
    stream: S,
    buffer: Box<[u8]>,
    /// The network had no room when it was last asked.
    full: bool,
}

/// What one step of an exchange came to.
pub(super) enum Step<'a> {
    /// The network has taken some of the output, or failed to.
    Written(io::Result<Room>),
    /// What was read, of which nothing is the end of the peer's stream.
    Read(io::Result<&'a [u8]>),
}

/// Whether the network had room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Enough,
    /// Only now: the peer has taken what was sent before.
    Again,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; READ_BUFFER].into(), full: false }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    /// What the peer sends next; nothing at the end of its stream.
    pub(super) async fn read(&mut self) -> io::Result<&[u8]> {
        let length = self.stream.read(&mut self.buffer).await?;
        Ok(&self.buffer[..length])
    }

    /// Hands some output to the network.
    pub(super) async fn write(&mut self, output: &mut Outgoing) -> io::Result<Room> {
        if output.is_empty() {
            return Ok(Room::Enough);
        }
        poll_fn(|context| self.poll_write(context, output)).await
    }

    /// Reads or writes, whichever is possible first; reading if both are. What was read, of which nothing is the end of
    /// the peer's stream; none if the network has taken some of the output.
    pub(super) async fn exchange(&mut self, output: &mut Outgoing) -> io::Result<Option<&[u8]>> {
        let read = poll_fn(|context| {
            if let Poll::Ready(length) = self.poll_read(context) {
                return Poll::Ready(length.map(Some));
            }
            self.poll_write(context, output).map_ok(|_| None)
        })
        .await?;
        Ok(read.map(|length| &self.buffer[..length]))
    }

    /// The same, but writing if both are possible, and telling one from the other when it fails.
    pub(super) async fn step(&mut self, output: &mut Outgoing) -> Step<'_> {
        let read = poll_fn(|context| {
            if let Poll::Ready(room) = self.poll_write(context, output) {
                return Poll::Ready(Err(room));
            }
            self.poll_read(context).map(Ok)
        })
        .await;
        match read {
            Ok(length) => Step::Read(length.map(|length| &self.buffer[..length])),
            Err(room) => Step::Written(room),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut filled = ReadBuf::new(&mut self.buffer);
        Pin::new(&mut self.stream).poll_read(context, &mut filled).map_ok(|()| filled.filled().len())
    }

    /// Pending where there is nothing to write.
    fn poll_write(&mut self, context: &mut Context<'_>, output: &mut Outgoing) -> Poll<io::Result<Room>> {
        if output.is_empty() {
            return Poll::Pending;
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = output.chunks_vectored(&mut slices);
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..count])
        else {
            self.full = true;
            return Poll::Pending;
        };
        match written? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => output.advance(written),
        }
        let room = if mem::take(&mut self.full) { Room::Again } else { Room::Enough };
        Poll::Ready(Ok(room))
    }

    /// Closes our direction and reads what is still under way: closing with unread bytes would reset the connection,
    /// and the peer might lose our last words.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        while !self.read().await?.is_empty() {}
        Ok(())
    }

    /// The handshake of the end that waits. Returns the bytes behind it.
    pub(super) async fn serve_handshake(&mut self) -> Result<Vec<u8>, Error> {
        self.finish_handshake(Handshake::server()).await
    }

    /// The handshake of the end that begins. Returns the bytes behind it.
    pub(super) async fn begin_handshake(&mut self) -> Result<Vec<u8>, Error> {
        let (handshake, output) = Handshake::client()?;
        self.stream.write_all(&output).await?;
        self.finish_handshake(handshake).await
    }

    async fn finish_handshake(&mut self, mut handshake: Handshake) -> Result<Vec<u8>, Error> {
        loop {
            let input = self.read().await?;
            if input.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let mut output = Vec::new();
            let rest = handshake.push(input, &mut output)?;
            self.stream.write_all(&output).await?;
            if let Some(rest) = rest {
                return Ok(rest);
            }
        }
    }
}

/// The buffer stays out of it: stream keys come through it.
impl<S: fmt::Debug> fmt::Debug for Transport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transport").field(&self.stream).finish()
    }
}
