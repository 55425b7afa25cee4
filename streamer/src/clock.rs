//! Time as the streamer sees it, replaceable in tests: everything that waits does so through a [`Clock`].

use std::time::{Duration, Instant};

use api::shutdown::{Shutdown, Stopped};
use nix::sys::resource::{UsageWho, getrusage};

/// A monotonic clock that can be waited on.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
    /// Waits; an error says that the program is ending.
    fn sleep(&self, duration: Duration) -> Result<(), Stopped>;
}

/// The machine's clock; waiting on it ends with the program.
impl Clock for Shutdown {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        Shutdown::sleep(self, duration)
    }
}

/// What all cores together have spent on this process.
pub fn processor_time() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let spent = usage.user_time() + usage.system_time();
    Duration::from_micros((spent.tv_sec() * 1_000_000 + spent.tv_usec()).max(0) as u64)
}

#[cfg(test)]
pub(crate) mod fake {
    //! A clock whose waits take no time.

    use std::sync::Mutex;

    use super::{Clock, Duration, Instant, Stopped};

    pub(crate) struct FakeClock {
        start: Instant,
        elapsed: Mutex<Duration>,
    }

    impl FakeClock {
        pub(crate) fn new() -> Self {
            Self { start: Instant::now(), elapsed: Mutex::new(Duration::ZERO) }
        }

        pub(crate) fn elapsed(&self) -> Duration {
            *self.elapsed.lock().unwrap()
        }

        pub(crate) fn advance(&self, duration: Duration) {
            *self.elapsed.lock().unwrap() += duration;
        }
    }

    impl Clock for &FakeClock {
        fn now(&self) -> Instant {
            self.start + self.elapsed()
        }

        fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
            self.advance(duration);
            Ok(())
        }
    }
}
