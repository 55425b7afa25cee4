//! The new file's header as an edit of the old one: of two packages of one net, only parent and training summary differ.
//!
//! In the body: three numbers of 32 bits, then the text. The new header is the first `front` bytes of the old one, the
//! text, and the last `back` bytes of the old one, filled up with blanks to a multiple of eight as safetensors writes it.

use crate::error::ModelError;
use crate::package::read::MAX_HEADER_BYTES;
use crate::package::write::ALIGNMENT;

/// Bytes of the three numbers.
const NUMBERS: usize = 12;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeaderEdit<'a> {
    /// Bytes of the old header that stay before the text.
    front: usize,
    /// Bytes of the old header that stay behind the text, not counting blanks at the end.
    back: usize,
    /// What comes between.
    text: &'a [u8],
}

impl<'a> HeaderEdit<'a> {
    /// As long as an edit can be.
    pub(super) const MAX_BYTES: usize = NUMBERS + MAX_HEADER_BYTES;

    /// The shortest edit of this kind.
    pub(super) fn between(old: &[u8], new: &'a [u8]) -> Self {
        let old = old.trim_ascii_end();
        let new = new.trim_ascii_end();
        let same = |(a, b): &(&u8, &u8)| a == b;
        let front = old.iter().zip(new).take_while(same).count();
        let rest = old[front..].iter().rev().zip(new[front..].iter().rev());
        let back = rest.take_while(same).count();
        Self { front, back, text: &new[front..new.len() - back] }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let numbers = [self.front, self.back, self.text.len()];
        let numbers = numbers.into_iter().flat_map(|number| (number as u32).to_le_bytes());
        numbers.chain(self.text.iter().copied()).collect()
    }

    /// The edit at the beginning of a body, and what follows it.
    pub(super) fn parse(body: &'a [u8]) -> Result<(Self, &'a [u8]), ModelError> {
        let cut = || ModelError::damaged_patch("it ends within the header");
        let (numbers, rest) = body.split_first_chunk::<NUMBERS>().ok_or_else(cut)?;
        let number = |index: usize| {
            let bytes = [numbers[index], numbers[index + 1], numbers[index + 2], numbers[index + 3]];
            u32::from_le_bytes(bytes) as usize
        };
        let front = number(0);
        let back = number(4);
        let (text, rest) = rest.split_at_checked(number(8)).ok_or_else(cut)?;
        Ok((Self { front, back, text }, rest))
    }

    pub(super) fn apply(&self, old: &[u8]) -> Result<Vec<u8>, ModelError> {
        let old = old.trim_ascii_end();
        // Foreign numbers: their sum may be anything.
        let kept = self.front.saturating_add(self.back);
        let length = kept.saturating_add(self.text.len());
        if kept > old.len() || length > MAX_HEADER_BYTES {
            return Err(ModelError::damaged_patch("the header does not fit"));
        }
        let mut new = [&old[..self.front], self.text, &old[old.len() - self.back..]].concat();
        new.resize(length.next_multiple_of(ALIGNMENT), b' ');
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_short_and_exact() {
        let table = [
            ("{\"a\":1}", "{\"a\":1}", 7, 0, ""),
            ("{\"a\":1}", "{\"a\":12}", 6, 1, "2"),
            ("{\"a\":12}", "{\"a\":2}", 5, 2, ""),
            ("{\"a\":11}", "{\"a\":1}", 6, 1, ""),
            ("{}   ", "{\"b\":0,\"c\":7}", 1, 1, "\"b\":0,\"c\":7"),
            ("", "{}", 0, 0, "{}"),
        ];
        for (old, new, front, back, text) in table {
            let edit = HeaderEdit::between(old.as_bytes(), new.as_bytes());
            assert_eq!(edit, HeaderEdit { front, back, text: text.as_bytes() }, "{old} {new}");
            let body = [edit.to_bytes(), b"weights".to_vec()].concat();
            let (read, rest) = HeaderEdit::parse(&body).unwrap();
            assert_eq!((&read, rest), (&edit, &b"weights"[..]));
            let made = read.apply(old.as_bytes()).unwrap();
            assert_eq!(made.trim_ascii_end(), new.as_bytes());
            assert_eq!(made.len() % ALIGNMENT, 0);
        }
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        let old = b"{\"a\":1}";
        for (front, back) in [(8, 0), (0, 8), (4, 4), (usize::MAX, 1), (usize::MAX, usize::MAX)] {
            assert!(HeaderEdit { front, back, text: b"" }.apply(old).is_err(), "{front} {back}");
        }
        let text = vec![b' '; MAX_HEADER_BYTES];
        assert!(HeaderEdit { front: 0, back: 0, text: &text }.apply(old).is_ok());
        assert!(HeaderEdit { front: 1, back: 0, text: &text }.apply(old).is_err());
        for cut in 0..NUMBERS {
            assert!(HeaderEdit::parse(&[0; NUMBERS][..cut]).is_err());
        }
        let lies = [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1];
        assert!(HeaderEdit::parse(&lies).is_err());
    }
}
