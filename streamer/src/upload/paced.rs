//! Keeps an upload below a rate: a reader that draws every byte from a token bucket.
//!
//! The network goes to the server beside the video and must not touch its bitrate, so the body of an upload is handed to
//! the socket in small pieces, each when the bucket has filled enough for it.

use std::io::{self, Read};

use media::flow::TokenBucket;

use crate::clock::Clock;
use crate::status::Counter;

/// Bytes handed out at a time: below one Ethernet frame, so that a piece never delays a video packet noticeably.
const PIECE: usize = 1024;

/// A reader that yields its bytes no faster than its bucket fills.
pub struct PacedReader<'a, C> {
    bytes: &'a [u8],
    bucket: TokenBucket,
    clock: C,
    read: &'a Counter,
}

impl<'a, C: Clock> PacedReader<'a, C> {
    /// Yields `bytes`, slowed down to `bits_per_second`, and counts in `read` what it has yielded.
    pub fn new(bytes: &'a [u8], bits_per_second: u64, clock: C, read: &'a Counter) -> Self {
        // At least a byte a second: a body that never ends could not be told from a dead connection.
        let bytes_per_second = bits_per_second.max(8) as f64 / 8.0;
        // Empty at first, so that no upload begins with a burst.
        Self { bytes, bucket: TokenBucket::empty(bytes_per_second, PIECE as f64), clock, read }
    }
}

impl<C: Clock> Read for PacedReader<'_, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = buffer.len().min(PIECE);
        while let Err(wait) = self.bucket.take(piece as f64, self.clock.now()) {
            self.clock.sleep(wait).map_err(io::Error::other)?;
        }
        let read = self.bytes.read(&mut buffer[..piece])?;
        self.read.add(read as u64);
        Ok(read)
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
        let counter = Counter::default();
        PacedReader::new(&body, 60_000, &clock, &counter).read_to_end(&mut read).unwrap();
        assert_eq!(read, body);
        assert_eq!(counter.get(), 48_000);
        let seconds = clock.elapsed().as_secs_f64();
        // 48,000 bytes at 7,500 bytes a second, and at most two pieces more for the reads that find the end.
        assert!((6.4..6.7).contains(&seconds), "{seconds}");
    }

    #[test]
    fn the_end_of_the_program_ends_the_body() {
        let stop = api::shutdown::Shutdown::new();
        stop.request();
        let counter = Counter::default();
        let mut reader = PacedReader::new(&[0_u8; 4096], 8, stop, &counter);
        assert!(reader.read(&mut [0; 4096]).is_err());
    }
}
