//! HLS out: coded packets in, playlists, parts and segments for browsers out.
//!
//! One [`Packager`] per session. It keeps renditions — `source` as received, enhanced ones as they are announced, and
//! the shared `audio` — that are cut at the same instants, carry the same numbers and live in a bounded window in
//! memory. It never decodes, opens no socket, has no clock but for readers that wait (wall-clock times come with the
//! packets), and never lets one rendition wait for another one that produces nothing.
//!
//! ```text
//! Unit -> packager -> presentation -> cuts      (where all renditions are cut)
//!                                  -> segmenter (packets -> parts -> segments, one per rendition)
//!                                       cmaf (the bytes) -> window (what can be read)
//! reader -> packager -> reading -> playlist, multivariant
//! ```
//!
//! | follows | for |
//! |---|---|
//! | draft-pantos-hls-rfc8216bis | playlists, low-latency parts, blocking reload, delta updates |
//! | ISO/IEC 23000-19 (CMAF), 14496-12 | initialisation segments and fragments |
//! | ISO/IEC 14496-14, 14496-15 | AAC and H.264 in them |

mod address;
mod cuts;
mod multivariant;
mod packager;
mod playlist;
mod presentation;
mod reading;
mod reload;
mod segmenter;
#[cfg(test)]
mod tests;
mod window;

pub use address::Resource;
pub use packager::Packager;
pub use presentation::PackagerSettings;
pub use reload::{Delta, Reload, ReloadError};
