//! Whether anybody still uses a connection: by its requests and by the answers that are read, never by bytes alone.
//!
//! HTTP/2 pings keep a connection alive for whoever answers them, and flow control lets a peer ask and then never take
//! the answer. Both are silence here. HTTP/1 connections without a request end earlier, by hyper's own limit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

/// How long nobody may ask or read. Browsers keep connections for some minutes; opening one anew costs them little.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// Bodies are sent in pieces of this length, so that whoever reads at all is seen reading.
const PIECE: usize = 16 << 10;

/// What is known of one connection.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<Seen>>);

#[derive(Debug)]
struct Seen {
    /// Requests whose handlers run; these have limits of their own.
    running: usize,
    last: Instant,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Seen { running: 0, last: Instant::now() })))
    }

    /// A handler runs until the answer is there.
    pub(super) async fn during<T>(&self, handler: impl Future<Output = T>) -> T {
        let _running = Running::new(self.clone());
        handler.await
    }

    /// Waits until the connection has been idle for a while.
    pub(super) async fn idle(&self) {
        loop {
            let until = {
                let seen = self.0.lock();
                let since = if seen.running > 0 { Instant::now() } else { seen.last };
                since + IDLE
            };
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

/// Counts one handler; a request that is cancelled drops it, too.
struct Running(Activity);

impl Running {
    fn new(activity: Activity) -> Self {
        activity.0.lock().running += 1;
        Self(activity)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut seen = self.0.0.lock();
        seen.running -= 1;
        seen.last = Instant::now();
    }
}

/// A body that notes when it is read.
#[derive(Debug)]
pub(super) struct Read<B> {
    body: B,
    /// What is left of a frame that is sent in pieces.
    rest: Bytes,
    activity: Activity,
}

impl<B> Read<B> {
    pub(super) fn new(body: B, activity: Activity) -> Self {
        Self { body, rest: Bytes::new(), activity }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Read<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) if frame.is_data() => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        self.activity.0.lock().last = Instant::now();
        let piece = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let mut hint = self.body.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn idle_is_who_neither_asks_nor_reads() {
        let activity = Activity::new();
        let start = Instant::now();
        let use_it = async {
            activity.during(tokio::time::sleep(IDLE * 3)).await;
            let mut body = Read::new(Full::new(Bytes::from(vec![7; PIECE + 1])), activity.clone());
            for length in [PIECE, 1] {
                tokio::time::sleep(IDLE / 2).await;
                assert_eq!(body.size_hint().exact(), Some(if length == 1 { 1 } else { PIECE as u64 + 1 }));
                assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), length);
            }
            assert!(body.is_end_stream());
        };
        tokio::join!(use_it, activity.idle());
        assert_eq!(start.elapsed().as_secs(), (IDLE * 5).as_secs());
    }
}
