//! Connections: limited in number, with a time limit for headers, ended in an orderly way.

use std::sync::Arc;
use std::time::Duration;

use api::shutdown::Shutdown;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::guard::Guard;

/// From the first byte of a request to the end of its headers; also how long an idle connection stays open. Before
/// the first byte of all, and while an answer lies unread, the [guard](super::guard) watches.
const HEADERS: Duration = Duration::from_secs(15);

/// Largest request head; ours fit into one kilobyte, browsers add some.
const MAX_HEAD: usize = 16 << 10;

/// Requests of one HTTP/2 connection at the same time: a player fetches three renditions and their parts.
const MAX_STREAMS: u32 = 16;

/// How long answers that have begun may take when the server ends.
const FAREWELL: Duration = Duration::from_millis(700);

/// After an error of the listener itself (no file descriptors left), accepting rests this long.
const REST: Duration = Duration::from_millis(200);

/// Serves until the server ends; then answers what has begun, and joins all connections.
pub async fn serve(listener: TcpListener, router: Router, max_connections: usize, shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    let tasks = TaskTracker::new();
    let cut = Shutdown::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = builder()
                    .serve_connection(
                        TokioIo::new(Guard::new(stream)),
                        TowerToHyperService::new(router.clone()),
                    )
                    .into_owned();
                let connection = graceful.watch(connection);
                let cut = cut.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        () = cut.requested() => {}
                        outcome = connection => if let Err(error) = outcome {
                            tracing::debug!(error, "HTTP connection ended");
                        },
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        cut.request();
    }
    tasks.close();
    tasks.wait().await;
}

/// Waits for a place first, so that what is too much waits in the system's backlog.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
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
