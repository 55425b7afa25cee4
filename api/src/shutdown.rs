//! The end of a program as one value: whoever holds a [`Shutdown`] can ask for the end, wait for it, or sleep until it.
//!
//! The order in which things end is the composition's business (the server's `server`, the streamer's `session`); this
//! module says *when*, and holds the only way out of the process: [`leave`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, thread};

use parking_lot::{Condvar, Mutex};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Signals within this time are one: `timeout` and process managers signal a program and then its group.
const TOGETHER: Duration = Duration::from_millis(200);
/// Exit code after an orderly end that took too long.
const HUNG: i32 = 1;
/// For the line that says so.
const LAST_WORDS: Duration = Duration::from_millis(100);

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

    /// Turns signals into requests: the first SIGINT or SIGTERM asks, a second one ends the process at once, and so does an
    /// orderly end that takes longer than `grace`. Its owner drops it with the runtime; what it has set up stays.
    pub async fn listen_to_signals(self, grace: Duration) {
        let impatient = Arc::new(AtomicBool::default());
        let [mut interrupt, mut terminate] = match watched(&impatient) {
            Ok(signals) => signals,
            Err(error) => {
                tracing::warn!(%error, "signals cannot be watched; the process ends without order when it is interrupted");
                return;
            }
        };
        let name = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!(signal = name, "ending; a second signal ends at once");
        detached(move || {
            thread::sleep(TOGETHER);
            impatient.store(true, Ordering::Relaxed);
            leave_after(grace.saturating_sub(TOGETHER));
        });
        self.request();
    }
}

/// Leaves the process with this exit code, and runs nothing on the way. `exit`, and so the end of `main`, runs the destructors
/// of C++ libraries (libtorch, OpenMP) while their threads still work, which then fail on what is gone.
///
/// Standard output is written line by line, so whole lines are out.
pub fn leave(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

/// Ends the process if its orderly end takes longer than `grace`: something hangs, and nobody can wait for it.
pub fn end_within(grace: Duration) {
    detached(move || leave_after(grace));
}

/// The first signals are heard by tasks. The second one is not: once somebody is `impatient`, its handler leaves, whatever
/// hangs.
fn watched(impatient: &Arc<AtomicBool>) -> io::Result<[Signal; 2]> {
    for signal in [SIGINT, SIGTERM] {
        // As shells report a program that a signal ended.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(impatient))?;
    }
    Ok([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?])
}

fn leave_after(grace: Duration) {
    thread::sleep(grace);
    // The log may wait for what hangs, a full pipe for instance.
    detached(move || tracing::error!(?grace, "the end takes too long: ending at once"));
    thread::sleep(LAST_WORDS);
    leave(HUNG);
}

/// Threads that work for others are joined in order. Those that watch over the end are not: they depend on nothing.
fn detached(work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name("grace".to_owned()).spawn(work) {
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
        thread::scope(|scope| {
            scope.spawn(move || other.request());
            assert_eq!(shutdown.sleep(Duration::from_secs(600)), Err(Stopped));
        });
        assert!(shutdown.is_requested());
        assert!(began.elapsed() < Duration::from_secs(600));
    }

    /// In a process of its own, which is this test once more.
    #[test]
    fn an_end_that_hangs_is_cut_short() {
        const HANGS: &str = "SHARPCAST_TEST_HANGS";
        if std::env::var_os(HANGS).is_some() {
            end_within(Duration::from_millis(300));
            thread::sleep(Duration::from_secs(60));
            return;
        }
        let began = Instant::now();
        let ended = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shutdown::tests::an_end_that_hangs_is_cut_short"])
            .env(HANGS, "1")
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(HUNG), "{ended:?}");
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
