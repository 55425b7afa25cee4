//! The sessions on tokio, over pipes. Time is tokio's paused clock: it jumps when nobody can go on.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod connecting;
mod hands;
mod players;
mod timeouts;
