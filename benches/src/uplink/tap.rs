//! Listens to one direction of an RTMP connection: when does each picture arrive?

use std::time::{Duration, Instant};

use anyhow::Result;
use rtmp::Limits;
use rtmp::chunk::ChunkReader;
use rtmp::message::{Message, MessageKind};

/// C0, C1 and C2 of the handshake.
const HANDSHAKE: usize = 1 + 2 * 1536;

/// A coded picture has arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// Its decoding time on the publisher's clock.
    pub time: Duration,
    /// How long its last packet was before the link and on it.
    pub in_link: Duration,
}

/// What a publisher says, from its first byte on.
pub(super) struct Tap {
    handshake: usize,
    reader: ChunkReader,
}

impl Tap {
    pub(super) fn new() -> Self {
        Self { handshake: HANDSHAKE, reader: ChunkReader::new(&Limits::default()) }
    }

    /// The pictures that are complete with these bytes.
    pub(super) fn read(&mut self, bytes: &[u8], at: Instant, in_link: Duration) -> Result<Vec<Arrival>> {
        let skipped = self.handshake.min(bytes.len());
        self.handshake -= skipped;
        let (mut rest, mut arrivals) = (&bytes[skipped..], Vec::new());
        while let Some(message) = self.reader.read(&mut rest)? {
            if is_picture(&message) {
                let time = Duration::from_millis(message.timestamp.into());
                arrivals.push(Arrival { at, time, in_link });
            }
        }
        Ok(arrivals)
    }
}

/// AVC: the second byte of a video tag is 0 for a configuration, 1 for a picture.
fn is_picture(message: &Message) -> bool {
    message.kind == MessageKind::Video && message.body.get(1) == Some(&1)
}
