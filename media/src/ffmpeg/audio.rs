//! Sound, as far as it must be touched: what is not AAC becomes AAC.

mod check;
mod decoder;
mod encoder;
mod layout;
mod transcoder;

pub use check::SoundCheck;
pub(crate) use encoder::AacEncoder;
pub use transcoder::Transcoder;
