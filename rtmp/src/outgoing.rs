//! What waits for the network: answers that this session wrote, and media that it shares with others.

use std::collections::VecDeque;
use std::fmt;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// Bytes to send, in order. Shared pieces are not copied; a driver hands many of them to the system at once.
#[derive(Default)]
pub(crate) struct Outgoing {
    /// Ahead of what is being written. None of them is empty.
    pieces: VecDeque<Bytes>,
    /// Bytes of all pieces together.
    waiting: usize,
    written: BytesMut,
}

impl Outgoing {
    /// Where answers are appended.
    pub(crate) fn written(&mut self) -> &mut BytesMut {
        &mut self.written
    }

    /// Appends a whole message that others send as well.
    pub(crate) fn share(&mut self, message: Bytes) {
        if !self.written.is_empty() {
            let written = self.written.split().freeze();
            self.push(written);
        }
        if !message.is_empty() {
            self.push(message);
        }
    }

    fn push(&mut self, piece: Bytes) {
        self.waiting += piece.len();
        self.pieces.push_back(piece);
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting + self.written.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// All of it, in one piece.
    pub(crate) fn take_all(&mut self) -> Bytes {
        if self.pieces.is_empty() {
            return self.written.split().freeze();
        }
        self.copy_to_bytes(self.len())
    }
}

/// The bytes stay out of it: stream keys are among them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({} bytes)", self.len())
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&self.written[..], |piece| &piece[..])
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let pieces = self.pieces.iter().map(|piece| &piece[..]).chain([&self.written[..]]);
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(pieces.filter(|piece| !piece.is_empty())) {
            *slice = IoSlice::new(piece);
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut sent: usize) {
        while sent > 0 {
            let Some(piece) = self.pieces.front_mut() else { return self.written.advance(sent) };
            let of_piece = sent.min(piece.len());
            piece.advance(of_piece);
            self.waiting -= of_piece;
            sent -= of_piece;
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BufMut as _;

    use super::*;

    fn filled() -> Outgoing {
        let mut outgoing = Outgoing::default();
        outgoing.written().put_slice(b"answer");
        outgoing.share(Bytes::from_static(b"picture"));
        outgoing.share(Bytes::from_static(b"sound"));
        outgoing.written().put_slice(b"more");
        outgoing
    }

    #[test]
    fn everything_leaves_in_order_however_it_is_taken() {
        assert_eq!(filled().take_all(), &b"answerpicturesoundmore"[..]);
        for piece in 1..22 {
            let mut outgoing = filled();
            let mut sent = Vec::new();
            while !outgoing.is_empty() {
                let now = outgoing.chunk().len().min(piece);
                sent.extend_from_slice(&outgoing.chunk()[..now]);
                outgoing.advance(now);
            }
            assert_eq!(sent, b"answerpicturesoundmore");
        }
    }

    #[test]
    fn the_system_is_handed_all_pieces_at_once() {
        let mut outgoing = filled();
        let mut slices = [IoSlice::new(&[]); 8];
        assert_eq!(outgoing.chunks_vectored(&mut slices), 4);
        assert_eq!(
            slices[..4].iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>(),
            b"answerpicturesoundmore"
        );
        let mut two = [IoSlice::new(&[]); 2];
        assert_eq!(outgoing.chunks_vectored(&mut two), 2);
        outgoing.advance(9);
        assert_eq!((outgoing.len(), outgoing.chunk()), (13, &b"ture"[..]));
    }
}
