//! NAL units of H.264 and H.265 in their two packings: Annex B (start codes, ITU-T H.264 and H.265, annex B) and
//! length-prefixed (ISO/IEC 14496-15). What is in them is for the codecs to say.

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{CodecError, CodecErrorKind};

/// What follows a header of so many bytes, without the 3 of each 0 0 3 (7.4.1.1 of H.264, 7.4.2 of H.265).
pub(super) fn payload(unit: &[u8], header: usize) -> Vec<u8> {
    let mut zeros = 0;
    let wanted = |&byte: &u8| {
        let emulation = zeros >= 2 && byte == 3;
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        !emulation
    };
    unit.get(header..).unwrap_or_default().iter().copied().filter(wanted).collect()
}

/// The non-empty NAL units of a length-prefixed packet; ends after the first error. Zeros behind the last one are padding.
pub fn units(packet: &[u8], length_size: usize) -> impl Iterator<Item = Result<&[u8], CodecError>> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        while offset < packet.len() {
            let start = offset;
            let unit = take_unit(&packet[offset..], length_size);
            offset = unit.map_or(packet.len(), |unit| offset + length_size + unit.len());
            match unit {
                Some([]) => {}
                Some(unit) => return Some(Ok(unit)),
                None if packet[start..].iter().all(|byte| *byte == 0) => {}
                None => return Some(Err(reaches_past_the_end(start, packet.len()))),
            }
        }
        None
    })
}

fn take_unit(bytes: &[u8], length_size: usize) -> Option<&[u8]> {
    let (length, behind) = bytes.split_at_checked(length_size)?;
    let length = length.iter().fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    behind.get(..length)
}

fn reaches_past_the_end(offset: usize, packet: usize) -> CodecError {
    let what = format!("a NAL unit at byte {offset} reaches past the end of its packet of {packet} bytes");
    CodecError::new(CodecErrorKind::Damaged, what)
}

/// The non-empty NAL units between start codes of three or four bytes.
pub fn annex_b_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = skip_start_code(stream);
    std::iter::from_fn(move || {
        loop {
            let bytes = rest.take()?;
            let end = start_code(bytes);
            rest = end.and_then(|end| skip_start_code(&bytes[end..]));
            let unit = trim_trailing_zeros(&bytes[..end.unwrap_or(bytes.len())]);
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    })
}

const START_CODE: [u8; 3] = [0, 0, 1];

fn start_code(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, &START_CODE)
}

/// The pieces of a unit between start codes. There are none in a well-made one, which stays as it is.
pub(super) fn between_codes(unit: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = start_code(unit);
    let first = end.map_or(unit, |end| trim_trailing_zeros(&unit[..end]));
    let rest = end.map_or(&[][..], |end| &unit[end..]);
    std::iter::once(first).filter(|unit| !unit.is_empty()).chain(annex_b_units(rest))
}

fn skip_start_code(bytes: &[u8]) -> Option<&[u8]> {
    start_code(bytes).map(|start| &bytes[start + START_CODE.len()..])
}

/// A NAL unit never ends in a zero byte (7.4.1); zeros there belong to the next start code.
fn trim_trailing_zeros(unit: &[u8]) -> &[u8] {
    let end = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &unit[..end]
}

/// The NAL units behind lengths of so many bytes; `None` if one is longer than its length can say.
pub(super) fn joined<'a>(units: impl Iterator<Item = &'a [u8]> + Clone, length_size: usize) -> Option<Bytes> {
    let size: usize = units.clone().map(|unit| unit.len() + length_size).sum();
    let mut data = BytesMut::with_capacity(size);
    for unit in units {
        if length_size < 4 && unit.len() >> (8 * length_size) > 0 {
            return None;
        }
        data.put_uint(unit.len() as u64, length_size);
        data.put_slice(unit);
    }
    Some(data.freeze())
}

/// Whether it begins with a start code.
pub(super) fn starts_with_code(data: &[u8]) -> bool {
    data.starts_with(&START_CODE) || data.starts_with(&[0, 0, 0, 1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_units_between_start_codes() {
        let stream = [0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65, 2, 3, 0, 0, 0, 1];
        let units: Vec<_> = annex_b_units(&stream).collect();
        assert_eq!(units, [&[9, 0xf0][..], &[0x67, 1], &[0x65, 2, 3]]);
        assert_eq!(annex_b_units(&[1, 2, 3]).count(), 0);
    }

    #[test]
    fn a_unit_must_fit_its_length() {
        let long = [7; 256];
        assert_eq!(joined([&long[..2]].into_iter(), 1).unwrap().as_ref(), [2, 7, 7]);
        assert_eq!(joined([&long[..]].into_iter(), 1), None);
        assert_eq!(joined([&long[..]].into_iter(), 2).map(|data| data.len()), Some(258));
    }

    #[test]
    fn a_start_code_ends_a_unit() {
        let mixed = [6, 5, 1, 0, 0x80, 0, 0, 0, 1, 0x65, 7, 0, 0, 1, 0x65, 8];
        let pieces: Vec<_> = between_codes(&mixed).collect();
        assert_eq!(pieces, [&[6, 5, 1, 0, 0x80][..], &[0x65, 7], &[0x65, 8]]);
        assert_eq!(between_codes(&[0x65, 0, 0]).collect::<Vec<_>>(), [&[0x65, 0, 0]]);
    }

    proptest! {
        #[test]
        fn annex_b_round_trip(sizes in proptest::collection::vec(1_usize..40, 1..6)) {
            let units: Vec<Vec<u8>> = sizes.iter().map(|&size| vec![0x41; size]).collect();
            let stream: Vec<u8> = units.iter().flat_map(|unit| [&[0, 0, 1], unit.as_slice()].concat()).collect();
            let packet = joined(annex_b_units(&stream), 4).unwrap();
            let back: Result<Vec<_>, _> = super::units(&packet, 4).collect();
            prop_assert_eq!(back.unwrap(), units);
        }
    }
}
