//! Video packets to pictures.
//!
//! Made for live streams: slices are decoded in parallel, never frames, so that a picture comes out as soon as its
//! order is known. A stream of another configuration wants a new decoder.

use std::collections::VecDeque;

use ffmpeg_next::Packet as CodedPacket;
use ffmpeg_next::codec::{Flags, Id, threading};
use ffmpeg_next::decoder::{self, Opened};
use ffmpeg_next::frame::Video;

use super::error::is_nothing;
use super::scaler::{Filter, Scaler};
use super::{FfmpegError, context, pictures};
use crate::codec::VideoConfig;
use crate::packet::Packet;
use crate::picture::Picture;
use crate::time::MediaTime;

pub struct Decoder {
    codec: Opened,
    converter: Scaler,
    frame: Video,
    /// Times of key packets whose pictures are still inside.
    keys: VecDeque<MediaTime>,
    last_pts: MediaTime,
}

/// Pictures from one core suffice for the sizes that are streamed to us; two halve the latency of large ones.
const THREADS: usize = 2;
/// More key packets than a decoder can hold pictures (16) are only remembered if their pictures never came.
const MAX_KEYS: usize = 32;

impl Decoder {
    /// A decoder for the packets that follow this configuration.
    pub fn new(config: &VideoConfig) -> Result<Self, FfmpegError> {
        let (codec, name) = match config {
            VideoConfig::Avc(_) => (decoder::find(Id::H264), "H.264 decoder"),
            VideoConfig::Hevc(_) => (decoder::find(Id::HEVC), "HEVC decoder"),
            // FFmpeg's own AV1 decoder works on graphics cards only.
            VideoConfig::Av1(_) => (decoder::find_by_name("libdav1d"), "AV1 decoder (libdav1d)"),
        };
        let codec = codec.ok_or(FfmpegError::Missing(name))?;
        let mut context = ffmpeg_next::codec::Context::new_with_codec(codec);
        context::set_extradata(&mut context, config.record());
        // The size in the configuration was checked, but a header further on in the stream may say another.
        context::limit_pictures(&mut context);
        context.set_flags(Flags::LOW_DELAY);
        context.set_threading(threading::Config {
            count: THREADS,
            ..threading::Config::kind(threading::Type::Slice)
        });
        let codec = context.decoder().open().map_err(|source| FfmpegError::SetUp { what: name, source })?;
        let keys = VecDeque::with_capacity(MAX_KEYS);
        Ok(Self {
            codec,
            converter: Scaler::new(Filter::Bicubic),
            frame: Video::empty(),
            keys,
            last_pts: MediaTime::ZERO,
        })
    }

    /// Takes a packet in. An error concerns this packet alone: go on with the next one.
    ///
    /// Pull until nothing comes before pushing again.
    pub fn push(&mut self, packet: &Packet) -> Result<(), FfmpegError> {
        self.last_pts = packet.pts;
        if packet.data.is_empty() {
            return Ok(()); // an empty packet would mean the end to libav
        }
        let mut coded = CodedPacket::copy(&packet.data);
        coded.set_pts(Some(packet.pts.ticks()));
        coded.set_dts(Some(packet.dts.ticks()));
        if packet.key {
            // libav marks recovery points as keyframes, too; the packets know better.
            self.keys.truncate(MAX_KEYS - 1);
            self.keys.push_front(packet.pts);
        }
        self.codec.send_packet(&coded).map_err(|source| undecoded(packet.pts, source))
    }

    /// The next picture in the order of showing, if one is complete.
    pub fn pull(&mut self) -> Result<Option<Picture>, FfmpegError> {
        match self.codec.receive_frame(&mut self.frame) {
            Ok(()) => {}
            Err(error) if is_nothing(error) => return Ok(None),
            Err(source) => return Err(undecoded(self.last_pts, source)),
        }
        let mut picture = pictures::from_decoded(&mut self.frame, &mut self.converter)?;
        picture.set_key(self.take_key(picture.pts()));
        Ok(Some(picture))
    }

    /// Says that no packet follows: what is still inside can be pulled.
    pub fn finish(&mut self) {
        // Fails only if it was said before.
        let _ = self.codec.send_eof();
    }

    fn take_key(&mut self, pts: MediaTime) -> bool {
        let found = self.keys.iter().position(|&key| key == pts);
        found.and_then(|at| self.keys.remove(at)).is_some()
    }
}

fn undecoded(pts: MediaTime, source: ffmpeg_next::Error) -> FfmpegError {
    FfmpegError::Coding { doing: "decode the packet", pts, source }
}

#[cfg(test)]
mod tests;
