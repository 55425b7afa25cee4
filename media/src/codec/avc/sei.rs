//! Supplemental enhancement information (ITU-T H.264, 7.3.2.3 and annex D): notes that an encoder leaves beside its
//! pictures.

use super::nal;

/// Payload types (D.1.1).
const RECOVERY_POINT: u32 = 6;

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
