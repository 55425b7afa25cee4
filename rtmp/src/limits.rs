//! Everything that a peer can make us hold, wait for or repeat, with a name and a reason.

use std::time::Duration;

use super::acknowledge::WINDOW;
use super::message::MessageKind;

/// For times: as good as for ever, and still a time that can be added to others.
pub const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// How we cut messages: large enough that an answer fits into one chunk, small enough that sound need not wait for pictures.
pub(crate) const CHUNK_SIZE: usize = 4096;

/// Bounds for one connection. `Limits::default()` suits a public port; every field may be changed on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest video message in bytes. A keyframe of 4K at 50 Mbit/s stays below 2 MiB.
    pub video_message: usize,
    /// Longest audio message in bytes. An AAC frame is at most 6144 bits a channel; uncompressed formats fit as well.
    pub audio_message: usize,
    /// Longest data message (`onMetaData`) in bytes. Recorders put whole key frame indexes into it.
    pub data_message: usize,
    /// Longest command or control message in bytes. `connect` with every known property takes about 1 KiB.
    pub command_message: usize,
    /// Bytes that unfinished messages of all chunk streams may announce together: the longest video message, with
    /// audio and data between its chunks.
    pub assembling: usize,
    /// Messages within one aggregate. Relays put a second of sound and pictures into one at most.
    pub aggregated: usize,
    /// Chunk streams that a peer may use, each 100 bytes. Encoders use 3 to 6; some take one for each kind of message
    /// and track.
    pub chunk_streams: usize,
    /// Nesting of AMF0 values, bounded because the reader recurses. Encoders use 3 levels.
    pub amf_depth: usize,
    /// AMF0 values within one message, bounded because a byte on the wire costs 32 bytes in memory.
    pub amf_values: usize,
    /// Longest application name (`connect`'s `app`) in bytes.
    pub app_name: usize,
    /// Longest text that is kept of what a peer says of itself in `connect`, in characters. Addresses of pages are long.
    pub introduction: usize,
    /// Bytes that may come behind `connect` before it is answered. Peers wait for the answer, or say a few commands at most.
    pub early: usize,
    /// Message streams that one connection may have created at the same time. Encoders create one.
    pub message_streams: usize,
    /// Requests to publish or play in the life of one connection; bounds the guessing of keys per handshake.
    pub requests: u32,
    /// Answers in bytes that may wait for the network; a peer that asks without reading is cut off.
    pub output: usize,
    // What the peer is told, and keeps to.
    /// Bytes of the chunks that we send. Who plays with another size than the usual one costs a copy of every tag.
    pub chunk_size: usize,
    /// Bytes after which the peer is to say that it has received them.
    pub window: u32,
    // How long the driver waits. The core knows no time.
    /// From the accepted connection to the end of the handshake, however the bytes trickle in.
    pub handshake_timeout: Duration,
    /// From the end of the handshake, or of what the peer did, to the next request.
    pub request_timeout: Duration,
    /// Silence of the peer after which it counts as gone. Encoders send audio or video many times a second.
    pub read_timeout: Duration,
    /// From one audio or video message of a publisher to the next. Whoever answers pings and sends nothing holds a place
    /// that others may want.
    pub media_timeout: Duration,
    /// Silence of the peer after which it is pinged.
    pub ping_after: Duration,
    /// For the network to take what waits for it, whatever is added meanwhile.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            video_message: 4 << 20,
            audio_message: 256 << 10,
            data_message: 256 << 10,
            command_message: 64 << 10,
            assembling: 5 << 20,
            aggregated: 1024,
            chunk_streams: 128,
            amf_depth: 16,
            amf_values: 1024,
            app_name: 256,
            introduction: 1024,
            early: 32 << 10,
            message_streams: 8,
            requests: 16,
            output: 256 << 10,
            chunk_size: CHUNK_SIZE,
            window: WINDOW,
            handshake_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(10),
            media_timeout: Duration::from_secs(30),
            ping_after: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// A silent peer is asked for a sign of life after one time, and has another one to give it.
    #[must_use]
    pub fn asking_after(self, silence: Duration, patience: Duration) -> Self {
        Self { ping_after: silence, read_timeout: silence.saturating_add(patience), ..self }
    }

    /// No message is longer than this.
    #[must_use]
    pub fn with_messages(self, most: usize) -> Self {
        Self {
            video_message: most,
            audio_message: self.audio_message.min(most),
            data_message: self.data_message.min(most),
            command_message: self.command_message.min(most),
            // Audio and data stand between its chunks.
            assembling: most.saturating_add(1 << 20),
            ..self
        }
    }

    pub fn message(&self, kind: MessageKind) -> usize {
        match kind {
            MessageKind::Video | MessageKind::Aggregate => self.video_message,
            MessageKind::Audio => self.audio_message,
            MessageKind::DataAmf0 | MessageKind::DataAmf3 => self.data_message,
            _ => self.command_message,
        }
    }
}
