//! HLS out: coded packets in, playlists, parts and segments for browsers out.
//!
//! One [`Packager`] per stream. It keeps three renditions — `source` as received, `enhanced`, and the shared `audio` —
//! that are cut at the same instants, carry the same numbers and live in a bounded window in memory. It never decodes,
//! has no clock of its own (wall-clock times come with the packets), opens no socket, and never lets one rendition
//! wait for another one that produces nothing.
//!
//! ```text
//! Unit -> packager -> timeline (where all renditions are cut)
//!                  -> track    (packets -> parts -> segments, one per rendition) -> window (what can be read)
//!                                cmaf (the bytes)                                  -> playlist, multivariant
//! ```
//!
//! | follows | for |
//! |---|---|
//! | draft-pantos-hls-rfc8216bis | playlists, low-latency parts, blocking reload, delta updates |
//! | ISO/IEC 23000-19 (CMAF), 14496-12 | initialisation segments and fragments |
//! | ISO/IEC 14496-14, 14496-15 | AAC and H.264 in them |

mod address;
mod clock;
mod cmaf;
mod date;
mod multivariant;
mod packager;
mod playlist;
mod reload;
mod state;
#[cfg(test)]
mod tests;
mod timeline;
mod track;
mod window;

pub use address::{ParseAddressError, Rendition, Resource};
pub use cmaf::CmafError;
pub use packager::Packager;
pub use reload::{Delta, Reload, ReloadError};
pub use state::{HlsSettings, RenditionStatus};
