//! Units to tags, in the legacy form that every RTMP server reads.

use bytes::{BufMut, Bytes, BytesMut};

use super::script::{Value, put_array, put_text};
use super::{Tag, TagKind};
use crate::codec::{AudioConfig, VideoConfig};
use crate::packet::{Packet, Track, Unit};
use crate::picture::{FrameRate, Size};

const KEY_AVC: u8 = 0x17;
const INTER_AVC: u8 = 0x27;
/// AAC always says 44.1 kHz, 16 bits, stereo here (E.4.2.1); its configuration tells the truth.
const AAC: u8 = 0xaf;
const CONFIG: u8 = 0;
const FRAME: u8 = 1;
/// The composition offset has 24 bits with a sign.
const OFFSETS: std::ops::RangeInclusive<i64> = -0x80_0000..=0x7f_ffff;

/// What a publisher tells about its stream ahead of the media.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamInfo {
    pub size: Option<Size>,
    pub frame_rate: Option<FrameRate>,
    pub video_bitrate: Option<u32>,
    pub audio_sample_rate: Option<u32>,
    pub audio_channels: Option<u8>,
    pub encoder: String,
}

/// Writes one stream's tags. Configurations carry the time of the packet before them, since they have none.
#[derive(Debug, Default)]
pub struct Muxer {
    last_millis: i64,
}

impl Muxer {
    pub fn new() -> Self {
        Self::default()
    }

    /// The unit as a tag. Times are rounded to milliseconds and wrap after 49.7 days.
    pub fn tag(&mut self, unit: &Unit) -> Tag {
        match unit {
            Unit::VideoConfig(config) => {
                let header = match **config {
                    VideoConfig::Avc(_) => [KEY_AVC, CONFIG, 0, 0, 0],
                };
                self.at_last_time(TagKind::Video, with_header(&header, config.record()))
            }
            Unit::AudioConfig(config) => {
                let header = match **config {
                    AudioConfig::Aac(_) => [AAC, CONFIG],
                };
                self.at_last_time(TagKind::Audio, with_header(&header, config.record()))
            }
            Unit::Packet(packet) => self.packet(packet),
        }
    }

    /// `onMetaData` as a publisher sends it: wrapped into `@setDataFrame`, at time zero.
    pub fn metadata(info: &StreamInfo) -> Tag {
        Tag { kind: TagKind::Script, timestamp: 0, body: info.to_amf0() }
    }

    fn packet(&mut self, packet: &Packet) -> Tag {
        self.last_millis = packet.dts.as_millis();
        match packet.track {
            Track::Audio => self.at_last_time(TagKind::Audio, with_header(&[AAC, FRAME], &packet.data)),
            Track::Video => {
                let offset = packet.pts.as_millis().saturating_sub(self.last_millis);
                let [_, high, middle, low] =
                    (offset.clamp(*OFFSETS.start(), *OFFSETS.end()) as i32).to_be_bytes();
                let first = if packet.key { KEY_AVC } else { INTER_AVC };
                self.at_last_time(
                    TagKind::Video,
                    with_header(&[first, FRAME, high, middle, low], &packet.data),
                )
            }
        }
    }

    fn at_last_time(&self, kind: TagKind, body: Bytes) -> Tag {
        Tag { kind, timestamp: self.last_millis as u32, body }
    }
}

fn with_header(header: &[u8], data: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(header.len() + data.len());
    body.put_slice(header);
    body.put_slice(data);
    body.freeze()
}

impl StreamInfo {
    fn to_amf0(&self) -> Bytes {
        const CODEC_AVC: f64 = 7.0;
        const CODEC_AAC: f64 = 10.0;
        let number = |value: f64| Some(Value::Number(value));
        let properties = [
            ("width", self.size.map(|size| Value::Number(size.width.into()))),
            ("height", self.size.map(|size| Value::Number(size.height.into()))),
            ("framerate", self.frame_rate.map(|rate| Value::Number(rate.as_f64()))),
            ("videocodecid", self.size.and(number(CODEC_AVC))),
            ("videodatarate", self.video_bitrate.map(|rate| Value::Number(f64::from(rate) / 1_000.0))),
            ("audiocodecid", self.audio_sample_rate.and(number(CODEC_AAC))),
            ("audiosamplerate", self.audio_sample_rate.map(|rate| Value::Number(rate.into()))),
            ("audiochannels", self.audio_channels.map(|count| Value::Number(count.into()))),
            ("stereo", self.audio_channels.map(|count| Value::Boolean(count > 1))),
            ("encoder", Some(Value::Text(&self.encoder))),
        ];
        let known: Vec<_> = properties.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let mut script = BytesMut::new();
        put_text(&mut script, "@setDataFrame");
        put_text(&mut script, "onMetaData");
        put_array(&mut script, &known);
        script.freeze()
    }
}

#[cfg(test)]
mod tests;
