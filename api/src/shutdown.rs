//! The end of a program as one value: whoever holds a [`Shutdown`] can ask for the end, wait for it, or sleep until it.
//!
//! The order in which things end is the composition's business (the server's `server`, the streamer's `session`); this
//! module only says *when*.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code after a second signal, as shells report an interrupted program.
const INTERRUPTED: i32 = 130;

/// A shared request to end, for threads and for tasks. Cheap to clone; all clones hear the same request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    // Threads cannot wait for the token, so the request is kept twice.
    requested: Arc<(Mutex<bool>, Condvar)>,
}

/// The end was asked for while something waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to end. Asking again changes nothing.
    pub fn request(&self) {
        let (requested, changed) = &*self.requested;
        // Under the lock: a thread that is about to wait must not miss the notification.
        *requested.lock() = true;
        changed.notify_all();
        self.token.cancel();
    }

    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until somebody asks.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Sleeps on this thread, at most until somebody asks.
    pub fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        let (requested, changed) = &*self.requested;
        let mut requested = requested.lock();
        changed.wait_while_for(&mut requested, |requested| !*requested, duration);
        if *requested { Err(Stopped) } else { Ok(()) }
    }

    /// Turns signals into requests: the first SIGINT or SIGTERM asks, the second ends the process at once, and so does an
    /// orderly end that takes longer than `grace`. Runs for ever; its owner drops it with the runtime.
    pub async fn listen_to_signals(self, grace: Option<Duration>) {
        let watched = signal(SignalKind::interrupt())
            .and_then(|interrupt| signal(SignalKind::terminate()).map(|terminate| [interrupt, terminate]));
        let Ok([mut interrupt, mut terminate]) = watched else {
            tracing::warn!(
                "signals cannot be watched; the process ends without order when it is interrupted"
            );
            return;
        };
        loop {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            // Somebody who asks twice does not want to wait, whatever it is that hangs.
            if self.is_requested() {
                tracing::warn!(signal = name, "second signal: ending at once");
                std::process::exit(INTERRUPTED);
            }
            if let Some(grace) = grace {
                end_within(grace);
            }
            tracing::info!(signal = name, "ending; a second signal ends at once");
            self.request();
        }
    }
}

/// Ends the process if the orderly end takes too long: something hangs, and nobody can wait for it.
fn end_within(grace: Duration) {
    // Threads that work for others are joined in order. This one alone is not, since it must not depend on anything.
    let watch = std::thread::Builder::new().name("grace".to_owned()).spawn(move || {
        std::thread::sleep(grace);
        tracing::error!(?grace, "the end takes too long: ending at once");
        std::process::exit(INTERRUPTED);
    });
    if let Err(error) = watch {
        tracing::warn!(%error, "nothing watches over the end");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn every_clone_hears_the_request() {
        let shutdown = Shutdown::new();
        let listener = shutdown.clone();
        assert!(!listener.is_requested());
        shutdown.request();
        listener.requested().await;
        assert!(listener.is_requested());
    }

    #[test]
    fn sleeping_ends_with_the_request() {
        let shutdown = Shutdown::new();
        assert_eq!(shutdown.sleep(Duration::from_millis(1)), Ok(()));
        let other = shutdown.clone();
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || other.request());
            assert_eq!(shutdown.sleep(Duration::from_secs(600)), Err(Stopped));
        });
        assert!(shutdown.is_requested());
        assert!(began.elapsed() < Duration::from_secs(600));
    }
}
