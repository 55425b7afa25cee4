//! When to stop before the end: asked to by a signal, or out of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Watches signals and the clock.
pub(crate) struct Stop {
    signalled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

/// Why to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// SIGINT or SIGTERM.
    Signal,
    /// The time that was given is over.
    Time,
}

impl Stop {
    /// Stops at SIGINT, at SIGTERM and when this time has passed since the beginning. A second signal ends the program at once.
    pub(crate) fn new(begin: Instant, limit: Option<Duration>) -> Result<Self> {
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&signalled))
                .and_then(|_| flag::register(signal, Arc::clone(&signalled)))
                .context("cannot watch for signals")?;
        }
        Ok(Self { signalled, deadline: limit.map(|limit| begin + limit) })
    }

    /// Why to stop now, if there is a reason.
    pub(crate) fn reason(&self) -> Option<Reason> {
        if self.signalled.load(Ordering::Relaxed) {
            Some(Reason::Signal)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(Reason::Time)
        } else {
            None
        }
    }
}
