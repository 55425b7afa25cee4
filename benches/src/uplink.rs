//! A thin uplink between a streamer and a server: both connections, video and uploads, through one bottleneck.
//!
//! What a home router does, as far as it matters here: packets of up to [`MTU`] bytes queue in the order in which they
//! come, whichever connection they belong to, and leave at the link's rate. When the queue is full the connections have to
//! wait; TCP's losses are not modelled. The other direction is not shaped. On its far side, the proxy notes when
//! each picture arrives.

mod proxy;
mod tap;

use std::time::{Duration, Instant};

pub use proxy::Proxy;
pub use tap::Arrival;

/// Bytes of a packet: an Ethernet frame without headers.
pub const MTU: usize = 1460;

/// The bottleneck.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// What it carries.
    pub bits_per_second: u64,
    /// Bytes that may wait before it.
    pub queue: usize,
}

/// When packets leave the link: each as soon as the one before has left and its own bits have been sent.
#[derive(Debug)]
struct Schedule {
    bytes_per_second: f64,
    free: Instant,
}

impl Schedule {
    fn new(link: Link, now: Instant) -> Self {
        Self { bytes_per_second: link.bits_per_second as f64 / 8.0, free: now }
    }

    /// When a packet of `bytes` that came at `entered` has left. A timer that fires late costs nothing of the rate.
    fn next(&mut self, bytes: usize, entered: Instant) -> Instant {
        let takes = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
        self.free = self.free.max(entered) + takes;
        self.free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_at_the_rate_and_idle_time_is_not_saved_up() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let mut schedule = Schedule::new(Link { bits_per_second: 80_000, queue: 0 }, start);
        assert_eq!(schedule.next(1000, start), start + ms(100));
        assert_eq!(schedule.next(500, start), start + ms(150));
        assert_eq!(schedule.next(1000, start + ms(1000)), start + ms(1100));
        assert_eq!(schedule.next(1000, start + ms(1000)), start + ms(1200));
    }
}
