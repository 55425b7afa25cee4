//! FFmpeg's libraries, wrapped: decoder, deinterlacer, scaler, encoder, transcoder of sound, file reader.
//!
//! Everything here has one shape: `push(input)`, `pull() -> Option<output>`, `finish()`; synchronous, without a clock.
//! A wrapper can be moved into the thread that uses it, and is used by that one alone. No type of FFmpeg leaves this
//! crate.

pub(crate) mod audio;
mod context;
mod decoder;
mod deinterlacer;
mod encoder;
mod error;
mod file;
pub(crate) mod frames;
mod pictures;
mod pool;
mod recording;
mod scaler;
mod segment_file;
mod upright;

pub use audio::{SoundCheck, Transcoder};
pub use decoder::Decoder;
pub use deinterlacer::Deinterlacer;
pub use encoder::{Coder, Encoder, EncoderSettings, Hardware, Preset, RateControl};
pub use error::FfmpegError;
pub use file::{FileReader, Media};
pub use recording::Recording;
pub use scaler::{Filter, Scaler};
pub use segment_file::{SegmentFile, SegmentKey};
pub use upright::Upright;

/// Makes libav and SVT-AV1 print errors only. Call it once at start, before there are other threads: by default they also
/// print warnings and progress to standard error, beside our own log. What fails is returned as a value in any case.
pub fn quiet_logs() {
    context::quiet_svt_av1();
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Error);
}
