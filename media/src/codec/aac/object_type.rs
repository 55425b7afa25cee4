//! Audio object types (ISO/IEC 14496-3, table 1.17): what frames are coded with.

use std::borrow::Cow;

pub(super) const AAC_MAIN: u32 = 1;
pub(super) const AAC_LC: u32 = 2;
pub(super) const AAC_SSR: u32 = 3;
pub(super) const AAC_LTP: u32 = 4;
pub(super) const SBR: u32 = 5;
pub(super) const ER_LC: u32 = 17;
pub(super) const ER_LD: u32 = 23;
pub(super) const PS: u32 = 29;
pub(super) const ER_ELD: u32 = 39;
const USAC: u32 = 42;

/// What one is called.
pub(super) fn name(object_type: u32) -> Cow<'static, str> {
    Cow::Borrowed(match object_type {
        AAC_MAIN => "AAC Main",
        AAC_LC => "AAC-LC",
        AAC_SSR => "AAC-SSR",
        AAC_LTP => "AAC-LTP",
        ER_LC => "error-resilient AAC-LC",
        ER_LD => "AAC-LD",
        ER_ELD => "AAC-ELD",
        USAC => "xHE-AAC (USAC)",
        other => return Cow::Owned(format!("audio object type {other}")),
    })
}
