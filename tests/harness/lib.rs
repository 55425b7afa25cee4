//! What the tests share: the real programs as child processes, FFmpeg as publisher and as HLS client, and
//! waiting with a deadline. Every process is ended by its id when its handle is dropped; every server listens on
//! loopback, on ports that the system chose.

#![expect(clippy::unwrap_used, reason = "a harness that fails should fail loudly, where it stands")]

pub mod ffmpeg;
pub mod hls;
pub mod package;
pub mod process;
pub mod server;
pub mod training;

use std::time::{Duration, Instant};

pub use process::Process;
pub use server::{Server, Stream};

/// Polls until `ready` gives a value. Panics with `what` when the time is over.
pub fn wait_for<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
