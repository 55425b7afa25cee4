//! Bytes in, bytes out, handshake. No protocol beyond that.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Poll, ready};

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
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; READ_BUFFER].into() }
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
    pub(super) async fn write(&mut self, output: &mut Outgoing) -> io::Result<()> {
        match self.stream.write_buf(output).await? {
            0 if !output.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            _ => Ok(()),
        }
    }

    /// Reads or writes, whichever is possible first; reading if both are. What was read, of which nothing is the end of
    /// the peer's stream; none if the network has taken some of the output.
    pub(super) async fn exchange(&mut self, output: &mut Outgoing) -> io::Result<Option<&[u8]>> {
        let Self { stream, buffer } = self;
        let read = poll_fn(|context| {
            let mut filled = ReadBuf::new(buffer);
            if Pin::new(&mut *stream).poll_read(context, &mut filled)?.is_ready() {
                return Poll::Ready(Ok(Some(filled.filled().len())));
            }
            if output.is_empty() {
                return Poll::Pending;
            }
            let mut slices = [IoSlice::new(&[]); PIECES];
            let count = output.chunks_vectored(&mut slices);
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(context, &slices[..count]))?;
            if written == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero)));
            }
            output.advance(written);
            Poll::Ready(Ok(None))
        })
        .await?;
        Ok(read.map(|length| &buffer[..length]))
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
