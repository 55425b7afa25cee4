//! What the service manager hears (`sd_notify`): that the server listens, reads its configuration again, lives, and ends. Without one
//! nobody is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::shutdown::Shutdown;
use sd_notify::{NotifyState, notify, watchdog_enabled};

/// Failures are told once: the manager will say the rest.
static TOLD: AtomicBool = AtomicBool::new(false);

/// The server listens.
pub fn ready() {
    say(&[NotifyState::Ready]);
}

/// The configuration is read again, until [`ready`] is said.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no time for the service manager"),
    }
}

/// The end has begun.
pub fn stopping() {
    say(&[NotifyState::Stopping]);
}

/// Says that the server lives, twice as often as it is asked to, for as long as its own tasks get their turns.
pub async fn keep_watchdog_calm(shutdown: Shutdown) {
    let Some(limit) = watchdog_enabled() else { return };
    let mut turns = tokio::time::interval((limit / 2).max(Duration::from_millis(1)));
    loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => return,
            _ = turns.tick() => say(&[NotifyState::Watchdog]),
        }
    }
}

fn say(states: &[NotifyState<'_>]) {
    if let Err(error) = notify(states)
        && !TOLD.swap(true, Ordering::Relaxed)
    {
        tracing::warn!(%error, "the service manager cannot be told anything");
    }
}
