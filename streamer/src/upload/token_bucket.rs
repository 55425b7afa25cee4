//! Keeps an upload below a rate: a token bucket, and a reader that draws every byte from it.
//!
//! The network goes to the server beside the video and must not touch its bitrate, so the body of an upload is handed to
//! the socket in small pieces, each when the bucket has filled enough for it.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use crate::clock::Clock;

/// Bytes handed out at a time: below one Ethernet frame, so that a piece never delays a video packet noticeably.
pub const PIECE: usize = 1024;

/// Tokens are bytes; they accrue at `rate` bytes a second up to one [`PIECE`].
#[derive(Debug)]
pub struct TokenBucket {
    rate: f64,
    tokens: f64,
    updated: Option<Instant>,
}

impl TokenBucket {
    /// An empty bucket that fills with `bits_per_second`.
    pub fn new(bits_per_second: u64) -> Self {
        Self { rate: (bits_per_second.max(8) as f64) / 8.0, tokens: 0.0, updated: None }
    }

    /// Takes `bytes` if they are there; otherwise says how long to wait for them.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Result<(), Duration> {
        let since = self.updated.map_or(Duration::ZERO, |updated| now.saturating_duration_since(updated));
        self.updated = Some(now);
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(PIECE as f64);
        let wanted = bytes.min(PIECE) as f64;
        // A wait is rounded to nanoseconds; a token short of a thousandth is no token short.
        if self.tokens + 1e-3 >= wanted {
            self.tokens -= wanted;
            return Ok(());
        }
        Err(Duration::from_secs_f64((wanted - self.tokens) / self.rate))
    }
}

/// A reader that yields its bytes no faster than its bucket fills.
pub struct PacedReader<R, C> {
    inner: R,
    bucket: TokenBucket,
    clock: C,
}

impl<R: Read, C: Clock> PacedReader<R, C> {
    /// `inner`, slowed down to `bits_per_second`.
    pub fn new(inner: R, bits_per_second: u64, clock: C) -> Self {
        Self { inner, bucket: TokenBucket::new(bits_per_second), clock }
    }
}

impl<R: Read, C: Clock> Read for PacedReader<R, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = buffer.len().min(PIECE);
        while let Err(wait) = self.bucket.take(piece, self.clock.now()) {
            self.clock.sleep(wait).map_err(io::Error::other)?;
        }
        self.inner.read(&mut buffer[..piece])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::fake::FakeClock;

    #[test]
    fn a_body_takes_as_long_as_its_rate_says() {
        let clock = FakeClock::new();
        let body = vec![7_u8; 48_000];
        let mut read = Vec::new();
        PacedReader::new(&body[..], 60_000, &clock).read_to_end(&mut read).unwrap();
        assert_eq!(read, body);
        let seconds = clock.elapsed().as_secs_f64();
        // 48,000 bytes at 7,500 bytes a second, and at most two pieces more for the reads that find the end.
        assert!((6.4..6.7).contains(&seconds), "{seconds}");
    }

    #[test]
    fn an_idle_bucket_holds_one_piece_at_most() {
        let (clock, mut bucket) = (FakeClock::new(), TokenBucket::new(8_000));
        assert_eq!(bucket.take(PIECE, (&clock).now()), Err(Duration::from_millis(1024)));
        clock.advance(Duration::from_secs(3600));
        assert_eq!(bucket.take(PIECE, (&clock).now()), Ok(()));
        assert!(bucket.take(PIECE, (&clock).now()).is_err());
    }

    #[test]
    fn the_stated_wait_is_enough() {
        let (clock, mut bucket) = (FakeClock::new(), TokenBucket::new(123_457));
        for bytes in [1, 17, 512, PIECE, 1000] {
            if let Err(wait) = bucket.take(bytes, (&clock).now()) {
                clock.advance(wait);
                assert_eq!(bucket.take(bytes, (&clock).now()), Ok(()), "{bytes} bytes after {wait:?}");
            }
        }
    }

    #[test]
    fn the_end_of_the_program_ends_the_body() {
        let stop = crate::stop::Stop::new();
        stop.stop();
        let mut reader = PacedReader::new(&[0_u8; 4096][..], 8, crate::clock::SystemClock::new(stop));
        assert!(reader.read(&mut [0; 4096]).is_err());
    }
}
