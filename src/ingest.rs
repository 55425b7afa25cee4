//! RTMP publishers and players: each connection in a task of its own, all ended and joined together.
//!
//! Who may publish or play is for an [`Admission`] to say; this module never looks into media. Connections that have not
//! authenticated are limited in number ([`half_open`]) and in time; a publisher who falls silent is cut off, which frees the
//! name ([`rtmp::Limits`] has the times).

mod account;
mod admission;
mod connection;
mod half_open;
mod publishing;
mod seat;
mod settings;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use rtmp::Limits;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use half_open::{Entry, HalfOpen};

use crate::abuse::WrongKeys;
use crate::clients::{Clients, Entered};
use crate::tls::Handshake;

pub use publishing::Publishing;
pub use settings::IngestSettings;

pub use admission::{Admission, Answer, Grant, PlayRequest, PublishRequest, arguments, publish};
pub use seat::{ENHANCED_SUFFIX, Guard, PlayerSettings, Seat};

/// Pause after an error of the listener itself (no file descriptors left): trying again at once would only fill the log.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub struct Ingest {
    listener: TcpListener,
    tls: Option<Handshake>,
    settings: IngestSettings,
    admission: Arc<dyn Admission>,
    half_open: Arc<HalfOpen>,
    clients: Arc<Clients>,
    tasks: TaskTracker,
}

impl Ingest {
    /// The caller has bound the listener. Addresses that tried wrong keys, here or elsewhere, have to wait.
    pub fn new(
        listener: TcpListener,
        tls: Option<Handshake>,
        settings: IngestSettings,
        admission: Arc<dyn Admission>,
        wrong_keys: Arc<WrongKeys>,
        clients: Arc<Clients>,
    ) -> Self {
        let half_open = HalfOpen::new(settings.max_waiting, wrong_keys);
        Self { listener, tls, settings, admission, half_open, clients, tasks: TaskTracker::new() }
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
                    tracing::warn!(%error, "cannot accept an RTMP connection, trying again; if files are too many, raise `ulimit -n`");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        // Whoever connects now is refused by the system instead of waiting for us.
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
        if self.settings.keepalive
            && let Err(error) = SockRef::from(&stream).set_keepalive(true)
        {
            tracing::debug!(%peer, %error, "cannot set SO_KEEPALIVE");
        }
        if let Some(most) = self.settings.max_clients.filter(|most| self.clients.count() >= *most) {
            if entry.may_log() {
                tracing::warn!(%peer, most, "closed: there are as many RTMP clients as `rtmp.max_clients` allows");
            }
            return;
        }
        let client = self.clients.enter(peer);
        let admission = Arc::clone(&self.admission);
        let limits = self.settings.limits.clone();
        self.tasks.spawn(serve(stream, self.tls.clone(), client, admission, limits, shutdown.clone(), entry));
    }
}

async fn serve(
    stream: TcpStream,
    tls: Option<Handshake>,
    client: Entered,
    admission: Arc<dyn Admission>,
    limits: Limits,
    shutdown: Shutdown,
    entry: Entry,
) {
    let peer = client.peer;
    let served = async {
        match tls {
            None => connection::serve(stream, &client, &*admission, limits, &entry).await,
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                connection::serve(stream, &client, &*admission, limits, &entry).await
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.requested() => tracing::debug!(%peer, "connection ended with the server"),
        // Before the peer's bytes: a peer that sends without pause must not keep its place by that.
        () = entry.evicted() => tracing::debug!(%peer, "connection closed to make room"),
        outcome = served => match outcome {
            Ok(()) => tracing::debug!(%peer, "connection closed"),
            Err(error) if entry.may_log() => tracing::info!(%peer, %error, "connection ended"),
            Err(error) => tracing::debug!(%peer, %error, "connection ended"),
        }
    }
}
