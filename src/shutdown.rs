//! Shutdown as one value: whoever holds a [`Shutdown`] can wait for it; whoever asks for it tells everybody.
//!
//! The order in which things end is written down in [`crate::server`]; this module only says *when*.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long everything together may take to end after the first signal.
pub const GRACE: Duration = Duration::from_secs(4);

/// Exit code after a second signal, as shells report an interrupted program.
const INTERRUPTED: i32 = 130;

/// The request to end. Cheap to clone; all clones hear the same request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to end. Asking again changes nothing.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Whether somebody has asked.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until somebody asks.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// A request of its own for a later step of the order: it ends with this one, and can be asked for alone.
    #[must_use]
    pub fn step(&self) -> Self {
        Self(self.0.child_token())
    }
}

/// Turns signals into requests: the first SIGINT or SIGTERM asks, the second ends the process at once.
pub async fn listen(shutdown: Shutdown) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut asked = false;
    loop {
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        if asked {
            tracing::warn!(signal = name, "second signal: ending at once");
            std::process::exit(INTERRUPTED);
        }
        asked = true;
        watch_over_end()?;
        tracing::info!(signal = name, "ending; a second signal ends at once");
        shutdown.request();
    }
}

/// Ends the process if the orderly end takes too long: something hangs, and nobody can wait for it. Threads that work
/// for others are joined in order; this one alone is not, since it must not depend on anything.
fn watch_over_end() -> std::io::Result<()> {
    let watch = std::thread::Builder::new().name("grace".to_owned());
    watch.spawn(|| {
        std::thread::sleep(GRACE);
        tracing::error!(grace = ?GRACE, "the end takes too long: ending at once");
        std::process::exit(INTERRUPTED);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
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
    fn a_step_can_be_asked_for_alone() {
        let shutdown = Shutdown::new();
        let step = shutdown.step();
        step.request();
        assert!(step.is_requested() && !shutdown.is_requested());
    }
}
