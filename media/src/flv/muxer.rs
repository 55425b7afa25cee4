//! Units to tags: H.264 and AAC in the legacy form that every RTMP server reads, what that has no place for in the
//! enhanced one.

use bytes::{Bytes, BytesMut};

use super::script::{Value, put_array, put_text};
use super::{Tag, TagKind, audio, video};
use crate::codec::{AudioCodec, VideoCodec};
use crate::packet::{Packet, Track, Unit};
use crate::picture::{FrameRate, Size};

/// What a publisher tells about its stream ahead of the media.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamInfo {
    pub video_codec: Option<VideoCodec>,
    pub audio_codec: Option<AudioCodec>,
    pub size: Option<Size>,
    pub frame_rate: Option<FrameRate>,
    pub video_bitrate: Option<u32>,
    pub audio_sample_rate: Option<u32>,
    pub audio_channels: Option<u8>,
    pub encoder: String,
}

/// Writes one stream's tags. Configurations carry the time of the packet before them, since they have none.
#[derive(Debug)]
pub struct Muxer {
    last_millis: i64,
    video: VideoCodec,
    audio: AudioCodec,
}

impl Default for Muxer {
    fn default() -> Self {
        Self { last_millis: 0, video: VideoCodec::Avc, audio: AudioCodec::Aac }
    }
}

impl Muxer {
    pub fn new() -> Self {
        Self::default()
    }

    /// The unit as a tag. Times are rounded to milliseconds and wrap after 49.7 days.
    pub fn tag(&mut self, unit: &Unit) -> Tag {
        match unit {
            Unit::VideoConfig(config) => {
                self.video = config.codec();
                self.at_last_time(TagKind::Video, &video::config_header(self.video), config.record())
            }
            Unit::AudioConfig(config) => {
                self.audio = config.codec();
                self.at_last_time(TagKind::Audio, &audio::config_header(self.audio), config.record())
            }
            Unit::Packet(packet) => self.packet(packet),
        }
    }

    /// `onMetaData` at time zero, as files and players have it.
    pub fn metadata(info: &StreamInfo) -> Tag {
        Tag { kind: TagKind::Script, timestamp: 0, body: info.to_amf0() }
    }

    fn packet(&mut self, packet: &Packet) -> Tag {
        self.last_millis = packet.dts.as_millis();
        match packet.track {
            Track::Audio => self.at_last_time(TagKind::Audio, &audio::frame_header(self.audio), &packet.data),
            Track::Video => {
                let offset = packet.pts.as_millis().saturating_sub(self.last_millis);
                let header = video::frame_header(self.video, packet.key, offset);
                self.at_last_time(TagKind::Video, &header, &packet.data)
            }
        }
    }

    fn at_last_time(&self, kind: TagKind, header: &[u8], data: &[u8]) -> Tag {
        Tag { kind, timestamp: self.last_millis as u32, body: [header, data].concat().into() }
    }
}

impl StreamInfo {
    fn to_amf0(&self) -> Bytes {
        let video = self.video_codec.map(|codec| Value::Number(video::metadata_id(codec)));
        let audio = self.audio_codec.map(|codec| Value::Number(audio::metadata_id(codec)));
        let properties = [
            ("width", self.size.map(|size| Value::Number(size.width.into()))),
            ("height", self.size.map(|size| Value::Number(size.height.into()))),
            ("framerate", self.frame_rate.map(|rate| Value::Number(rate.as_f64()))),
            ("videocodecid", video),
            ("videodatarate", self.video_bitrate.map(|rate| Value::Number(f64::from(rate) / 1_000.0))),
            ("audiocodecid", audio),
            ("audiosamplerate", self.audio_sample_rate.map(|rate| Value::Number(rate.into()))),
            ("audiochannels", self.audio_channels.map(|count| Value::Number(count.into()))),
            ("stereo", self.audio_channels.map(|count| Value::Boolean(count > 1))),
            ("encoder", Some(Value::Text(&self.encoder))),
        ];
        let known: Vec<_> = properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let mut script = BytesMut::new();
        put_text(&mut script, "onMetaData");
        put_array(&mut script, &known);
        script.freeze()
    }
}

#[cfg(test)]
mod tests;
