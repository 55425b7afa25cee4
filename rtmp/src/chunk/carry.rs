//! The few bytes that lie between two pieces of input.

use super::header::MAX_HEADER;

/// Bytes of a header whose end has not come yet, or that turned out to be payload. They stand before the input.
#[derive(Default)]
pub(super) struct Carry {
    bytes: [u8; MAX_HEADER],
    length: usize,
}

impl Carry {
    /// The next bytes, enough for any header if there are enough, and how many there are.
    pub(super) fn peek(&self, input: &[u8]) -> ([u8; MAX_HEADER], usize) {
        let mut window = self.bytes;
        let taken = input.len().min(MAX_HEADER - self.length);
        window[self.length..self.length + taken].copy_from_slice(&input[..taken]);
        (window, self.length + taken)
    }

    /// Takes the input, which [`Carry::peek`] has shown to be shorter than a header.
    pub(super) fn keep(&mut self, input: &mut &[u8]) {
        let (window, length) = self.peek(input);
        *input = &input[length - self.length..];
        *self = Self { bytes: window, length };
    }

    /// Takes up to `count` bytes, first from here, then from the input, and hands them to the sink in one or two pieces.
    pub(super) fn take(&mut self, count: usize, input: &mut &[u8], mut sink: impl FnMut(&[u8])) -> usize {
        let own = count.min(self.length);
        sink(&self.bytes[..own]);
        self.bytes.copy_within(own..self.length, 0);
        self.length -= own;
        let (taken, rest) = input.split_at((count - own).min(input.len()));
        sink(taken);
        *input = rest;
        own + taken.len()
    }
}
