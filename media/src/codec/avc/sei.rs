//! Supplemental enhancement information (ITU-T H.264, 7.3.2.3 and annex D): notes that an encoder leaves beside its
//! pictures.

use super::nal;

/// Payload types (D.1.1).
const REGISTERED_USER_DATA: u32 = 4;
const RECOVERY_POINT: u32 = 6;

/// Registered user data that holds closed captions (ATSC A/53, part 4, 6.2.3): country, provider, `GA94`, `cc_data`.
const CAPTIONS: [u8; 8] = [0xb5, 0x00, 0x31, b'G', b'A', b'9', b'4', 3];

/// The messages of a NAL unit of kind SEI: type and payload. Ends where the unit is damaged.
fn messages(payload: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        // Behind the last message stands a stop bit and nothing else.
        if rest.len() < 2 || rest[0] == 0x80 && rest[1..].iter().all(|byte| *byte == 0) {
            return None;
        }
        let kind = take_number(&mut rest)?;
        let size = take_number(&mut rest)? as usize;
        let (message, behind) = rest.split_at_checked(size)?;
        rest = behind;
        Some((kind, message))
    })
}

/// A number as bytes that are added up, the last of them being the first below 255.
fn take_number(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    loop {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        number = number.saturating_add(byte.into());
        if byte != u8::MAX {
            return Some(number);
        }
    }
}

/// Whether the NAL unit says that decoding can begin with the picture that it belongs to.
pub(super) fn has_recovery_point(unit: &[u8]) -> bool {
    nal::kind(unit) == nal::SEI && messages(&nal::payload(unit)).any(|(kind, _)| kind == RECOVERY_POINT)
}

/// Whether the NAL unit holds closed captions.
pub(super) fn has_captions(unit: &[u8]) -> bool {
    let is_caption =
        |(kind, message): (u32, &[u8])| kind == REGISTERED_USER_DATA && message.starts_with(&CAPTIONS);
    nal::kind(unit) == nal::SEI && messages(&nal::payload(unit)).any(is_caption)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_found_behind_others() {
        // Captions of three triplets, then a recovery point.
        let captions = [&CAPTIONS[..], &[0xc1, 0xff, 0xfc, 0x94, 0x2c, 0xff]].concat();
        let both = [&[0x06, 4, captions.len() as u8][..], &captions, &[6, 1, 0x84, 0x80]].concat();
        assert!(has_captions(&both) && has_recovery_point(&both));
        let other = [0x06, 4, 8, 0xb5, 0, 0x31, b'D', b'T', b'G', b'1', 3, 0x80];
        assert!(!has_captions(&other) && !has_recovery_point(&other));
        // Of another kind, cut short, of absurd size.
        for unit in [&[0x65, 6, 1, 0x84, 0x80][..], &[0x06, 6], &[0x06, 6, 9, 1], &[0x06, 255, 255], &[0x06]]
        {
            assert!(!has_captions(unit) && !has_recovery_point(unit), "{unit:02x?}");
        }
    }

    #[test]
    fn long_messages_are_skipped() {
        let long = [&[0x06, 5, 255, 45][..], &[1; 300], &[6, 1, 0x84, 0x80]].concat();
        assert!(has_recovery_point(&long));
    }
}
