//! Counting received bytes and saying so when the peer's window asks for it (specification 1.0, chapter 5.4.3).

use super::message::{Message, MessageKind};

/// The window that both ends announce; what media servers use.
pub(super) const WINDOW: u32 = 2_500_000;

/// The receiving end of a window.
#[derive(Debug)]
pub(super) struct Acknowledge {
    received: u64,
    acknowledged: u64,
    window: u64,
}

impl Acknowledge {
    pub(super) fn new() -> Self {
        Self { received: 0, acknowledged: 0, window: WINDOW.into() }
    }

    /// The peer asks for another window. Zero would ask for endless answers and is ignored.
    pub(super) fn set_window(&mut self, window: u32) {
        if window > 0 {
            self.window = window.into();
        }
    }

    /// Counts bytes; at most one answer however small the window is.
    pub(super) fn receive(&mut self, bytes: usize) -> Option<Message> {
        self.received += bytes as u64;
        if self.received - self.acknowledged < self.window {
            return None;
        }
        self.acknowledged = self.received;
        Some(Message::number(MessageKind::Acknowledgement, self.received as u32))
    }
}
