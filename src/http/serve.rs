//! Connections: limited in number, with a time limit for headers, ended in an orderly way.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;

use super::access::AccessSettings;
use super::activity::{Activity, Read};
use super::guard::Guard;
use crate::abuse::Connections;
use crate::tls::Handshake;

/// From the first byte of a request to the end of its headers; also how long an idle connection stays open. Before
/// the first byte of all, and while an answer lies unread, the [guard](super::guard) watches.
const HEADERS: Duration = Duration::from_secs(15);

/// Largest request head; ours fit into one kilobyte, browsers add some.
const MAX_HEAD: usize = 16 << 10;

/// Requests of one HTTP/2 connection at the same time: a player fetches three renditions and their parts.
const MAX_STREAMS: u32 = 16;

/// How long answers that have begun may take when the server ends, or the connection.
const FAREWELL: Duration = Duration::from_millis(700);

/// After an error of the listener itself (no file descriptors left), accepting rests this long.
const REST: Duration = Duration::from_millis(200);

/// What every listener hands out.
#[derive(Debug, Clone)]
pub struct Web {
    pub router: Router,
    pub connections: Arc<Connections>,
    pub access: Arc<AccessSettings>,
}

/// Serves until the server ends; then answers what has begun, and joins all connections.
pub async fn serve(listener: TcpListener, tls: Option<Handshake>, web: Web, shutdown: Shutdown) {
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = accept(&listener, &web.connections) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                // Behind a proxy there are many, who are not told apart before they have said something.
                let is_proxy = web.access.trusts(peer.ip());
                let counted = if is_proxy { None } else { web.connections.enter(peer.ip()) };
                // Nothing is said to who has too many: an answer costs more than the connection.
                if !is_proxy && counted.is_none() {
                    continue;
                }
                let web = web.clone();
                let tls = tls.clone();
                let shutdown = shutdown.clone();
                tasks.spawn(async move {
                    if greeted(stream, tls, peer, &web, shutdown).await == End::Idle {
                        web.connections.count_idle();
                    }
                    drop((counted, place));
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Waits for a place first, so that what is too much waits in the system's backlog.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
) -> std::io::Result<(TcpStream, SocketAddr, Option<OwnedSemaphorePermit>)> {
    let place = connections.place().await;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

/// Why a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The peer went, or broke the protocol or a limit.
    Peer,
    /// Nobody used it.
    Idle,
    Shutdown,
}

/// The connection behind its TLS handshake, if it has one.
async fn greeted(
    stream: TcpStream,
    tls: Option<Handshake>,
    peer: SocketAddr,
    web: &Web,
    shutdown: Shutdown,
) -> End {
    let Some(tls) = tls else { return connection(stream, peer, web, shutdown).await };
    let accepted = tokio::select! {
        biased;
        () = shutdown.requested() => return End::Shutdown,
        accepted = tls.accept(stream) => accepted,
    };
    match accepted {
        Ok(stream) => connection(stream, peer, web, shutdown).await,
        Err(error) => {
            tracing::debug!(%peer, %error, "no TLS handshake");
            End::Peer
        }
    }
}

async fn connection<S>(stream: S, peer: SocketAddr, web: &Web, shutdown: Shutdown) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let router = TowerToHyperService::new(web.router.clone());
    let seen = activity.clone();
    let access = Arc::clone(&web.access);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        let client = access.client(peer, request.headers());
        request.extensions_mut().insert(ConnectInfo(client));
        let answer = router.call(request);
        let seen = seen.clone();
        async move {
            let response: Response<Body> = seen.during(answer).await?;
            Ok::<_, std::convert::Infallible>(response.map(|body| Read::new(body, seen)))
        }
    });
    let builder = builder();
    let mut serving = pin!(builder.serve_connection(TokioIo::new(Guard::new(stream)), answer));
    let end = tokio::select! {
        biased;
        () = shutdown.requested() => End::Shutdown,
        outcome = serving.as_mut() => {
            if let Err(error) = outcome {
                tracing::debug!(%peer, error, "HTTP connection ended");
            }
            return End::Peer;
        }
        () = activity.idle() => End::Idle,
    };
    serving.as_mut().graceful_shutdown();
    // Who does not take what it asked for, does not get it.
    let _ = tokio::time::timeout(FAREWELL, serving).await;
    end
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD as u32)
        .keep_alive_interval(HEADERS)
        .keep_alive_timeout(HEADERS);
    builder
}

#[cfg(test)]
mod tests;
