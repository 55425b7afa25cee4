//! RTMP publishers: each in a task of its own, all ended and joined together; a limited number may be [`half_open`].
//!
//! Who may publish is for an [`Admission`] to say; this module never looks into media. A publisher who falls silent is cut
//! off after the read timeout, which frees the name ([`rtmp::Limits`]).

mod admission;
mod half_open;
mod publisher;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use rtmp::Limits;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use half_open::{Entry, HalfOpen};

pub use admission::{Admission, Answer, PublishRequest};

/// After an error of the listener itself (no file descriptors left), accepting rests this long.
const REST: Duration = Duration::from_millis(200);

/// The accept loop, and its connections.
#[derive(Debug)]
pub struct Ingest {
    listener: TcpListener,
    admission: Arc<dyn Admission>,
    half_open: Arc<HalfOpen>,
    tasks: TaskTracker,
}

impl Ingest {
    /// The caller has bound the listener, and says how many connections may wait to publish.
    pub fn new(listener: TcpListener, admission: Arc<dyn Admission>, max_connections: usize) -> Self {
        Self { listener, admission, half_open: HalfOpen::new(max_connections), tasks: TaskTracker::new() }
    }

    /// Accepts until the server ends; then all connections end, and are joined.
    pub async fn run(self, shutdown: Shutdown) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.requested() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.start(stream, peer, &shutdown),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a publisher");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        drop(self.listener);
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, shutdown: &Shutdown) {
        let entry = self.half_open.enter();
        // Tags of audio and video come one by one; none should wait for the next.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        self.tasks.spawn(serve(stream, peer, Arc::clone(&self.admission), shutdown.clone(), entry));
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    admission: Arc<dyn Admission>,
    shutdown: Shutdown,
    entry: Entry,
) {
    tokio::select! {
        biased;
        () = shutdown.requested() => tracing::debug!(%peer, "connection ended with the server"),
        () = entry.evicted() => tracing::debug!(%peer, "connection closed to make room"),
        outcome = publisher::serve(stream, peer, &*admission, Limits::default(), &entry) => match outcome {
            Ok(()) => tracing::debug!(%peer, "connection closed"),
            Err(error) => tracing::info!(%peer, %error, "connection ended"),
        }
    }
}
