//! A socket that loses patience: with peers that connect and say nothing, and with peers that ask and do not read.
//!
//! Hyper limits the time of request heads, but only after it has seen which version of HTTP is spoken, and it never
//! limits how long an answer may lie unread. Without this, a thousand silent connections would be a closed door.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How HTTP/2 begins. What begins otherwise is HTTP/1, and hyper's own limits hold from there on.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Time for the peer to say which version it speaks.
const GREETING: Duration = Duration::from_secs(15);

/// While output waits, the peer has to take [`LEAST`] bytes in each period of this length.
const PERIOD: Duration = Duration::from_secs(20);

/// 6.5 kbit/s: the slowest network on which anybody would play anything is ten times as fast.
const LEAST: usize = 16 << 10;

#[derive(Debug)]
pub(super) struct Guard<S> {
    stream: S,
    greeting: Option<Greeting>,
    /// Running while output waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Bytes that the peer took since then.
    taken: usize,
}

#[derive(Debug)]
struct Greeting {
    seen: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Guard<S> {
    pub(super) fn new(stream: S) -> Self {
        let greeting = Greeting { seen: 0, deadline: Box::pin(sleep(GREETING)) };
        Self { stream, greeting: Some(greeting), stalled: None, taken: 0 }
    }

    /// Accounts for one attempt to write `length` bytes.
    fn written(
        &mut self,
        context: &mut Context<'_>,
        length: usize,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(written)) if written < length => self.taken += written,
            // Everything went out: the peer reads, and the period begins anew with the next bytes that wait.
            Poll::Ready(_) => {
                self.stalled = None;
                self.taken = 0;
            }
            Poll::Pending => {
                let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(PERIOD)));
                // Polled until pending, or nothing would wake this task when the period ends.
                while timer.as_mut().poll(context).is_ready() {
                    if std::mem::take(&mut self.taken) < LEAST {
                        return Poll::Ready(Err(too_late("the peer does not read its answers")));
                    }
                    timer.as_mut().reset(Instant::now() + PERIOD);
                }
            }
        }
        outcome
    }
}

impl Greeting {
    /// Whether it is now clear which version is spoken.
    fn is_over(&mut self, read: &[u8]) -> bool {
        let expected = &PREFACE[self.seen..];
        self.seen += read.len().min(expected.len());
        self.seen == PREFACE.len() || !expected.starts_with(read)
    }
}

fn too_late(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Some(greeting) = &mut self.greeting {
            if greeting.is_over(&buffer.filled()[before..]) {
                self.greeting = None;
            } else if greeting.deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(too_late("the peer connected and said nothing")));
            }
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.written(context, buffer.len(), outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = buffers.iter().map(|buffer| buffer.len()).sum();
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.written(context, length, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_ends_the_connection_and_so_does_half_a_preface() {
        for said in [&b""[..], &PREFACE[..20]] {
            let (mut peer, ours) = duplex(64);
            peer.write_all(said).await.unwrap();
            let mut guard = Guard::new(ours);
            let mut buffer = Vec::new();
            let error = guard.read_to_end(&mut buffer).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_greeted_may_be_silent() {
        for said in [&b"GET"[..], PREFACE] {
            let (mut peer, ours) = duplex(64);
            let mut guard = Guard::new(ours);
            peer.write_all(said).await.unwrap();
            let mut buffer = vec![0; said.len()];
            guard.read_exact(&mut buffer).await.unwrap();
            let more = tokio::time::timeout(GREETING * 10, guard.read_u8()).await;
            assert!(more.is_err(), "still waiting");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_are_not_read_end_the_connection() {
        let (peer, ours) = duplex(64);
        let error = Guard::new(ours).write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(peer);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_served_and_a_trickle_is_not() {
        for (pause_ms, good) in [(40, true), (4000, false)] {
            let (mut peer, ours) = duplex(64);
            let reader = async move {
                let mut buffer = [0; 64];
                while peer.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    sleep(Duration::from_millis(pause_ms)).await;
                }
            };
            let writer = async move { Guard::new(ours).write_all(&vec![0; 100_000]).await };
            let ((), written) = tokio::join!(reader, writer);
            assert_eq!(written.is_ok(), good, "{pause_ms}");
        }
    }
}
