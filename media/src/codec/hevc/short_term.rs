//! Short-term reference picture sets (ITU-T H.265, 7.3.7 and 7.4.8). Nothing in them is wanted, but what stands behind
//! them is, and how long a set is depends on the one that it is predicted from.

use crate::codec::bits::BitReader;
use crate::codec::error::{CodecError, CodecErrorKind};

/// `num_short_term_ref_pic_sets` goes up to 64.
const MAX_SETS: u32 = 64;
/// Pictures that a set can name, in either direction.
const MAX_PICTURES: usize = 16;

/// How far the pictures of a set are away, those before first.
#[derive(Clone, Debug, Default)]
struct Set {
    before: Vec<i64>,
    after: Vec<i64>,
}

/// Reads over all sets of a sequence parameter set.
pub(super) fn skip_sets(bits: &mut BitReader<'_>) -> Result<(), CodecError> {
    let count = bits.golomb()?;
    if count > MAX_SETS {
        return Err(damaged());
    }
    let mut last: Option<Set> = None;
    for _ in 0..count {
        let set = match last {
            Some(last) if bits.flag()? => predicted(bits, &last)?,
            _ => written_out(bits)?,
        };
        if set.before.len() + set.after.len() > MAX_PICTURES {
            return Err(damaged());
        }
        last = Some(set);
    }
    Ok(())
}

fn predicted(bits: &mut BitReader<'_>, from: &Set) -> Result<Set, CodecError> {
    let is_negative = bits.flag()?;
    let distance = i64::from(bits.golomb()?) + 1;
    let shift = if is_negative { -distance } else { distance };
    let count = from.before.len() + from.after.len();
    let mut used = Vec::with_capacity(count + 1);
    for _ in 0..=count {
        let by_current = bits.flag()?;
        used.push(by_current || bits.flag()?);
    }
    // (7-61) and (7-62): the nearest first, to either side.
    let before = from.before.iter().zip(&used);
    let after = from.after.iter().zip(&used[from.before.len()..]);
    let taken = |(delta, used): (&i64, &bool)| used.then_some(delta + shift);
    let own = used[count].then_some(shift);
    let is_before = |delta: &i64| *delta < 0;
    let is_after = |delta: &i64| *delta > 0;
    Ok(Set {
        before: (after.clone().rev().filter_map(taken).chain(own).chain(before.clone().filter_map(taken)))
            .filter(is_before)
            .collect(),
        after: (before.rev().filter_map(taken).chain(own).chain(after.filter_map(taken)))
            .filter(is_after)
            .collect(),
    })
}

fn written_out(bits: &mut BitReader<'_>) -> Result<Set, CodecError> {
    let before = bits.golomb()? as usize;
    let after = bits.golomb()? as usize;
    if before > MAX_PICTURES || after > MAX_PICTURES {
        return Err(damaged());
    }
    let mut side = |count: usize, direction: i64| -> Result<Vec<i64>, CodecError> {
        let mut delta = 0;
        let mut deltas = Vec::with_capacity(count);
        for _ in 0..count {
            delta += direction * (i64::from(bits.golomb()?) + 1);
            bits.flag()?; // used_by_curr_pic
            deltas.push(delta);
        }
        Ok(deltas)
    };
    Ok(Set { before: side(before, -1)?, after: side(after, 1)? })
}

fn damaged() -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, "has too many reference pictures")
}
