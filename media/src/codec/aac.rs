//! AAC (ISO/IEC 14496-3), as far as it must be understood without decoding it: configurations, and the framing in which
//! encoders send it. [`AacConfig::playable`] says what of it browsers play.

pub mod adts;
mod config;
mod frames;
mod object_type;
mod playable;
mod program;
#[cfg(test)]
mod tests;

pub use config::AacConfig;
pub use frames::Frames;
pub use playable::Unplayable;
