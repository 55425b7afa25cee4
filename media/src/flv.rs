//! FLV tags, which are what RTMP carries: reading them into units, writing units as tags.
//!
//! | what | where it is written |
//! |---|---|
//! | tags, legacy audio and video | Adobe Flash Video File Format Specification 10.1, annex E |
//! | Enhanced RTMP, fourCC codecs | Enhanced RTMP v2 (veovera) |
//! | script data | Action Message Format AMF 0 |
//!
//! H.264 and AAC are understood in their legacy and in their enhanced form, HEVC, AV1 and Opus in the enhanced one. Nothing
//! here does I/O.

mod audio;
mod demuxer;
mod enhanced;
mod error;
pub mod file;
mod message;
mod muxer;
mod script;
mod timestamps;
mod video;

use bytes::Bytes;

pub use demuxer::Demuxer;
pub use enhanced::{AUDIO_CODECS, FourCc, VIDEO_CODECS};
pub use error::{FlvError, FlvErrorKind};
pub use muxer::{Muxer, StreamInfo};

/// What a tag is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagKind {
    Audio,
    Video,
    Script,
}

impl TagKind {
    /// The number on the wire, which is RTMP's message type as well.
    pub const fn wire_id(self) -> u8 {
        match self {
            Self::Audio => 8,
            Self::Video => 9,
            Self::Script => 18,
        }
    }

    /// By the number on the wire.
    pub const fn from_wire_id(id: u8) -> Option<Self> {
        match id {
            8 => Some(Self::Audio),
            9 => Some(Self::Video),
            18 => Some(Self::Script),
            _ => None,
        }
    }
}

/// One tag, without its header: what an RTMP message of this type carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Tag {
    pub kind: TagKind,
    /// When it is to be decoded, in milliseconds; wraps after 49.7 days.
    pub timestamp: u32,
    /// What stands behind the tag's header.
    pub body: Bytes,
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tag({:?}, {} ms, {} bytes)", self.kind, self.timestamp, self.body.len())
    }
}
