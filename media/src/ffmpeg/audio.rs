//! Sound, as far as it must be touched: what is not AAC becomes AAC.

mod encoder;
mod layout;
mod transcoder;

pub(crate) use encoder::AacEncoder;
pub use transcoder::Transcoder;
