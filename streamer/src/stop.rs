//! The end of the program as one value: whoever holds it can ask for the end, wait for it, or sleep until it.
//!
//! The first SIGINT or SIGTERM stops in order (see `session`); the second ends the process at once.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Exit code after a second signal, as shells report SIGINT.
const INTERRUPTED: i32 = 130;

/// A shared request to end. Cheap to clone; usable from threads and tasks.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    token: CancellationToken,
    asked: Mutex<bool>,
    changed: Condvar,
}

/// The end was asked for while something waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end; asking again changes nothing.
    pub fn stop(&self) {
        *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
        self.0.token.cancel();
    }

    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.0.token.is_cancelled()
    }

    /// Sleeps on this thread, at most until the end is asked for.
    pub fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        let asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = self
            .0
            .changed
            .wait_timeout_while(asked, duration, |asked| !*asked)
            .unwrap_or_else(PoisonError::into_inner);
        if *asked { Err(Stopped) } else { Ok(()) }
    }

    /// Completes when the end is asked for.
    pub async fn stopped(&self) {
        self.0.token.cancelled().await;
    }

    /// Turns signals into the request: the first one stops in order, the second ends the process at once.
    /// Runs for ever; its owner drops it with the runtime.
    pub async fn watch_signals(self) {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!(
                "signals cannot be watched; the process ends without order when it is interrupted"
            );
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if self.is_stopped() {
                std::process::exit(INTERRUPTED);
            }
            tracing::info!("stopping; once more ends at once");
            self.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn sleeping_ends_with_the_request() {
        let stop = Stop::new();
        assert_eq!(stop.sleep(Duration::from_millis(1)), Ok(()));
        let other = stop.clone();
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || other.stop());
            assert_eq!(stop.sleep(Duration::from_secs(600)), Err(Stopped));
        });
        assert!(stop.is_stopped());
        assert!(began.elapsed() < Duration::from_secs(600));
    }
}
