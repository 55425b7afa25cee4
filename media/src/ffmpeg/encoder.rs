//! Pictures to packets, by whatever codes them.
//!
//! Made for live streams. Without look-ahead each picture pushed can be pulled as a packet at once, and nothing is ever
//! reordered; with it, packets come later, in the order of decoding.

mod coder;
mod interleaved;
mod options;
mod settings;
mod turn;

use std::sync::Arc;

use bytes::Bytes;
use ffmpeg_next::codec::encoder::video::Encoder as VideoEncoder;
use ffmpeg_next::codec::{Context, Flags};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::{Packet as CodedPacket, encoder, picture};

use super::error::is_nothing;
use super::{FfmpegError, context, frames};
use crate::codec::av1::{self, Av1Config};
use crate::codec::avc::{AvcConfig, nal};
use crate::codec::hevc::{self, HevcConfig};
use crate::codec::{VideoCodec, VideoConfig};
use crate::packet::{Packet, Track};
use crate::picture::{Picture, Size};
use crate::time::MediaTime;

use turn::Turn;

pub use coder::{Coder, Hardware, Preset};
pub use settings::{EncoderSettings, RateControl};

pub struct Encoder {
    codec: VideoEncoder,
    format: Pixel,
    config: Arc<VideoConfig>,
    size: Size,
    coded: CodedPacket,
    last_pts: Option<MediaTime>,
    /// Given back when the codec has ended: fields are dropped in their order.
    _turn: Option<Turn>,
}

impl Encoder {
    /// An encoder for pictures of one size.
    pub fn new(settings: &EncoderSettings) -> Result<Self, FfmpegError> {
        settings.check()?;
        let coder = settings.coder;
        let turn = Turn::of(coder)?;
        let name = coder.ffmpeg_name();
        let codec = encoder::find_by_name(name).ok_or(FfmpegError::Missing(name))?;
        let mut context = Context::new_with_codec(codec);
        // Parameter sets go into the configuration record, and not in front of every keyframe.
        // And no picture needs what stands in front of the keyframe before it: segments begin there.
        context.set_flags(Flags::GLOBAL_HEADER | Flags::CLOSED_GOP);
        context.set_time_base((1, MediaTime::HZ as i32));
        context.set_frame_rate(Some((settings.frame_rate.num as i32, settings.frame_rate.den as i32)));
        context::set_colour(&mut context, settings.colour);
        if let Some(limit) = settings.rate.limit().filter(|_| coder.has_rate_limit()) {
            // The buffer is a second long: that is the promise of `RateControl`.
            context::set_rate_limit(&mut context, limit, limit);
        }
        let set_up = |source| FfmpegError::SetUp { what: name, source };
        let mut video = context.encoder().video().map_err(set_up)?;
        video.set_width(settings.size.width);
        video.set_height(settings.size.height);
        video.set_format(coder.format());
        if let Some(pictures) = options::context_interval(settings) {
            video.set_gop(pictures);
        }
        if !settings.aspect.is_square() {
            video.set_aspect_ratio((settings.aspect.num().into(), settings.aspect.den().into()));
        }
        if let RateControl::Bitrate(rate) = settings.rate {
            video.set_bit_rate(rate as usize);
        }
        let codec = video.open_with(options::options(settings)).map_err(set_up)?;
        let extradata = context::extradata(codec.as_ref());
        let config = match coder.codec() {
            VideoCodec::Avc => VideoConfig::Avc(AvcConfig::from_annex_b(extradata)?),
            VideoCodec::Hevc => VideoConfig::Hevc(HevcConfig::from_annex_b(extradata)?),
            VideoCodec::Av1 => VideoConfig::Av1(Av1Config::from_extradata(extradata)?),
        };
        Ok(Self {
            codec,
            format: coder.format(),
            config: Arc::new(config),
            size: settings.size,
            coded: CodedPacket::empty(),
            last_pts: None,
            _turn: turn,
        })
    }

    /// Takes a picture in. Its time must be later than the one before it; a picture that is refused changes nothing.
    ///
    /// With `force_key` it becomes a keyframe (an instantaneous decoding refresh), if the coder can be told
    /// ([`Coder::forces_keys`]); without, it is coded as the encoder sees fit. Pull until nothing comes before pushing again.
    pub fn push(&mut self, picture: &Picture, force_key: bool) -> Result<(), FfmpegError> {
        if picture.size() != self.size {
            return Err(FfmpegError::PictureSize { expected: self.size, actual: picture.size() });
        }
        let pts = picture.pts();
        if let Some(last) = self.last_pts.filter(|&last| pts <= last) {
            return Err(FfmpegError::OutOfOrder { pts, last });
        }
        self.last_pts = Some(pts);
        // A reference of our own: the kind is set on it, and the caller's picture stays as it is.
        let mut frame = match self.format {
            Pixel::NV12 => interleaved::interleaved(picture),
            _ => frames::share(picture.frame()),
        };
        frame.set_kind(if force_key { picture::Type::I } else { picture::Type::None });
        self.codec.send_frame(&frame).map_err(|source| unencoded(pts, source))
    }

    /// The next packet, if one is complete, as MP4 has it: what the configuration says is left out.
    pub fn pull(&mut self) -> Result<Option<Packet>, FfmpegError> {
        match self.codec.receive_packet(&mut self.coded) {
            Ok(()) => {}
            Err(error) if is_nothing(error) => return Ok(None),
            Err(source) => return Err(unencoded(self.last_pts.unwrap_or_default(), source)),
        }
        let pts = self.coded.pts().map_or(self.last_pts.unwrap_or_default(), MediaTime::from_ticks);
        let coded = self.coded.data().unwrap_or_default();
        let data = match *self.config {
            VideoConfig::Avc(_) => nal::from_annex_b(coded),
            VideoConfig::Hevc(_) => hevc::from_annex_b(coded),
            VideoConfig::Av1(_) => av1::without_delimiters(&Bytes::copy_from_slice(coded))?,
        };
        let dts = match *self.config {
            // Its temporal units are decoded in the order in which they are shown.
            VideoConfig::Av1(_) => pts,
            _ => self.coded.dts().map_or(pts, MediaTime::from_ticks),
        };
        Ok(Some(Packet { track: Track::Video, dts, pts, key: self.coded.is_key(), recovery: false, data }))
    }

    /// Says that no picture follows: what is still inside can be pulled.
    pub fn finish(&mut self) {
        // Fails only if it was said before.
        let _ = self.codec.send_eof();
    }

    /// From the next picture on, codes at this constant rate factor. For x264 at [`RateControl::Quality`]; others go on as they
    /// are.
    pub fn set_quality(&mut self, crf: f32) {
        context::set_private_option(self.codec.as_mut(), c"crf", crf.into());
    }

    /// What decodes the packets; the same for all of them.
    pub fn config(&self) -> Arc<VideoConfig> {
        Arc::clone(&self.config)
    }
}

fn unencoded(pts: MediaTime, source: ffmpeg_next::Error) -> FfmpegError {
    FfmpegError::Coding { doing: "encode the picture", pts, source }
}

#[cfg(test)]
mod tests;
