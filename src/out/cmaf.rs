//! The bytes: initialisation segments and fragments (one `moof` and one `mdat` each), one track per file.
//!
//! No edit lists: decode times are those of the stream, composition offsets are signed.

mod clock;
mod fragment;
mod init;

pub(super) use clock::Clock;
pub(super) use fragment::{Sample, fragment};
pub(super) use init::{audio, video};
pub(super) use mp4_atom::Error as CmafError;

/// The only track of every file.
const TRACK_ID: u32 = 1;
