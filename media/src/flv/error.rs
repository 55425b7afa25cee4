//! Why a tag was refused.

use crate::codec::CodecError;
use crate::packet::Track;
use crate::time::MediaTime;

/// A tag that was refused. The demuxer stays usable: every error concerns one tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {track:?} tag at {at} {kind}")]
pub struct FlvError {
    pub kind: FlvErrorKind,
    pub track: Track,
    /// When the tag is to be decoded.
    pub at: MediaTime,
    /// What is wrong with the configuration or the packet in it.
    pub source: Option<CodecError>,
}

impl FlvError {
    /// What came and what to do about it, for the person at the encoder.
    pub fn advice(&self) -> String {
        match (&self.kind, self.track) {
            (FlvErrorKind::UnsupportedCodec(codec), Track::Video) => format!(
                "the video has the codec {codec}, which is not supported: set H.264, HEVC or AV1 (in OBS: Settings, Output, Video Encoder)"
            ),
            (FlvErrorKind::UnsupportedCodec(codec), Track::Audio) => format!(
                "the sound has the codec {codec}, which is not supported: set AAC or Opus (in OBS: Settings, Output, Audio Encoder)"
            ),
            (FlvErrorKind::OtherTrack(_), track) => format!(
                "several {} come in one stream: the first one is handed out, the others are left out; send one, or a stream for each",
                if track == Track::Video { "video tracks" } else { "audio tracks" }
            ),
            _ => match &self.source {
                Some(source) => format!("{self}: {source}"),
                None => self.to_string(),
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlvErrorKind {
    #[error("ends in the middle of its header")]
    Truncated,
    /// By its name, fourCC or number.
    #[error("has the codec {0}, which is not supported: send H.264, HEVC or AV1 video and AAC or Opus audio")]
    UnsupportedCodec(String),
    /// Not the first one, by its number.
    #[error("belongs to track {0}, and only the first one is handed out")]
    OtherTrack(u8),
    #[error("came before its configuration")]
    BeforeConfig,
    #[error("has a configuration that is refused")]
    Config,
    #[error("has a damaged picture")]
    Picture,
    #[error("has sound that cannot be read")]
    Sound,
}

impl FlvErrorKind {
    /// A stable name, by which refusals are counted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated => "tag-truncated",
            Self::UnsupportedCodec(_) => "codec-not-supported",
            Self::OtherTrack(_) => "tracks-left-out",
            Self::BeforeConfig => "configuration-missing",
            Self::Config => "configuration-refused",
            Self::Picture => "picture-damaged",
            Self::Sound => "sound-not-readable",
        }
    }
}
