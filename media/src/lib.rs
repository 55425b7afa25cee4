//! The nouns of sharpcast, and the only owner of FFmpeg.
//!
//! ```text
//! flv::Tag -> flv::Demuxer -> Unit { configuration | Packet }     what comes from a publisher
//! Packet -> ffmpeg::Decoder -> Picture                            coded to samples
//! Picture -> ffmpeg::Scaler -> Picture                            another size
//! Picture -> ffmpeg::Encoder -> Packet                            samples to coded
//! Unit -> flv::Muxer -> flv::Tag                                  what goes to a server
//! a file -> ffmpeg::FileReader -> Picture | Packet                media that is not live
//! ```
//!
//! Every stage has one shape, `push(input)`, `pull() -> Option<output>`, `finish()`, and is synchronous: no sockets, no
//! clock, no threads of our own. Time is [`MediaTime`] throughout. Bytes from others are checked once, here: what
//! leaves a demuxer is whole, and sizes are within named limits.

pub mod codec;
pub mod ffmpeg;
pub mod files;
pub mod flow;
pub mod flv;
pub mod packet;
pub mod picture;
pub mod quality;
pub mod synthetic;
pub mod time;

pub use codec::{AudioConfig, VideoConfig};
pub use packet::{Packet, Track, Unit};
pub use picture::{Colour, Component, FrameRate, Picture, PixelAspect, Size, Turn};
pub use time::MediaTime;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever builds a lane builds its parts on one thread and runs them on another.
    #[test]
    fn everything_can_be_moved_to_the_thread_that_uses_it() {
        fn moves<T: Send>() {}
        fn shares<T: Send + Sync>() {}
        moves::<ffmpeg::Decoder>();
        moves::<ffmpeg::Deinterlacer>();
        moves::<ffmpeg::Scaler>();
        moves::<ffmpeg::Encoder>();
        moves::<ffmpeg::FileReader>();
        moves::<ffmpeg::FfmpegError>();
        moves::<synthetic::TestSound>();
        shares::<Picture>();
        shares::<Unit>();
    }
}
