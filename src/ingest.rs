//! RTMP publishers: each in a task of its own, all ended and joined together; a limited number wait in the [`lobby`] until they publish.
//!
//! This module decides who may publish; it never looks into media. A publisher who falls silent is cut off after the
//! read timeout, which frees the name ([`rtmp::Limits`]).

mod lobby;
mod publisher;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use lobby::{Guest, Lobby};
use rtmp::Limits;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::streams::Hub;

/// After an error of the listener itself (no file descriptors left), accepting rests this long.
const REST: Duration = Duration::from_millis(200);

/// What the accept loop needs.
#[derive(Debug)]
pub struct Ingest {
    listener: TcpListener,
    hub: Arc<Hub>,
    limits: Limits,
    lobby: Lobby,
    tasks: TaskTracker,
}

impl Ingest {
    /// The caller has bound the listener, and says how many connections may wait to publish.
    pub fn new(listener: TcpListener, hub: Arc<Hub>, max_connections: usize) -> Self {
        let (lobby, limits) = (Lobby::new(max_connections), Limits::default());
        Self { listener, hub, limits, lobby, tasks: TaskTracker::new() }
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
                Ok((stream, peer)) => self.admit(stream, peer, &shutdown),
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

    fn admit(&self, stream: TcpStream, peer: SocketAddr, shutdown: &Shutdown) {
        let guest = self.lobby.enter();
        // Tags of audio and video come one by one; none should wait for the next.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        let (hub, limits, shutdown) = (Arc::clone(&self.hub), self.limits.clone(), shutdown.clone());
        self.tasks.spawn(serve(stream, peer, hub, limits, shutdown, guest));
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    hub: Arc<Hub>,
    limits: Limits,
    shutdown: Shutdown,
    guest: Guest,
) {
    tokio::select! {
        biased;
        () = shutdown.requested() => tracing::debug!(%peer, "connection ended with the server"),
        () = guest.shown_out() => tracing::debug!(%peer, "connection closed to make room"),
        outcome = publisher::serve(stream, peer, &hub, limits, &guest) => match outcome {
            Ok(()) => tracing::debug!(%peer, "connection closed"),
            Err(error) => tracing::info!(%peer, %error, "connection ended"),
        }
    }
}
