//! The bytes: initialisation segments and fragments (one `moof` and one `mdat` each), one track per file.
//!
//! No edit lists: decode times are those of the stream, composition offsets are signed.

mod fragment;
mod init;

pub(super) use fragment::{Fragment, Sample};
pub(super) use init::{audio, video};

/// The only track of every file.
const TRACK_ID: u32 = 1;

/// Why something cannot be written as CMAF.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CmafError {
    /// The codec's configuration cannot be put into a box.
    #[error("the {codec} configuration does not fit into an initialisation segment: {reason}")]
    Config {
        /// Codec by name.
        codec: &'static str,
        /// What the box writer says.
        reason: String,
    },
    /// A fragment of 2 GiB or more.
    #[error("a fragment of {0} bytes is too large")]
    TooLarge(usize),
    /// A box that cannot be written.
    #[error("the fragment cannot be written: {0}")]
    Fragment(String),
}
