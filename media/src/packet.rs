//! What flows between machines: coded media, not yet looked into.
//!
//! A packet carries what its codec's configuration describes; the configuration travels in the same flow, ahead of
//! the packets it belongs to. Payloads are reference-counted: a packet is cheap to clone into every queue.

use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{AudioConfig, VideoConfig};
use crate::time::MediaTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    Video,
    Audio,
}

/// One coded picture or one coded audio frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    pub track: Track,
    /// When it is to be decoded; never decreases within a track of a well-made stream.
    pub dts: MediaTime,
    /// When it is to be shown or heard.
    pub pts: MediaTime,
    /// Decoding can start here. True for every audio packet.
    pub key: bool,
    /// Of a key packet: it is a recovery point only. A decoder that starts here may show flawed pictures first, and
    /// browsers do not start here at all.
    pub recovery: bool,
    /// As the codec has it in MP4: NAL units behind lengths of as many bytes as the configuration says, one raw AAC frame.
    pub data: Bytes,
}

impl Packet {
    /// Every decoder can start here, and what it shows from here on is right.
    pub fn is_independent(&self) -> bool {
        self.key && !self.recovery
    }
}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = match (self.key, self.recovery) {
            (false, _) => "",
            (true, false) => ", key",
            (true, true) => ", recovery point",
        };
        write!(
            f,
            "Packet({:?}, dts {}, pts {}{key}, {} bytes)",
            self.track,
            self.dts,
            self.pts,
            self.data.len()
        )
    }
}

/// What flows through streams and lanes: packets, and ahead of them what is needed to read them.
#[derive(Clone, Debug)]
pub enum Unit {
    /// The video packets that follow are to be read with this.
    VideoConfig(Arc<VideoConfig>),
    /// The audio packets that follow are to be read with this.
    AudioConfig(Arc<AudioConfig>),
    Packet(Packet),
}

impl Unit {
    pub fn track(&self) -> Track {
        match self {
            Self::VideoConfig(_) => Track::Video,
            Self::AudioConfig(_) => Track::Audio,
            Self::Packet(packet) => packet.track,
        }
    }
}
