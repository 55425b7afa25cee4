//! The two tracks of a file that are read.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use ffmpeg_next::codec::packet::side_data;
use ffmpeg_next::codec::{Context, Id, threading};
use ffmpeg_next::decoder::Opened;
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Packet as CodedPacket, Rational, ffi};

use super::super::audio::Transcoder;
use super::super::error::is_nothing;
use super::super::scaler::{Filter, Scaler};
use super::super::{FfmpegError, Upright, context, pictures};
use crate::codec::AudioConfig;
use crate::packet::{Packet, Track};
use crate::picture::{DisplayMatrix, FrameRate, Picture, PixelAspect, Size, Turn, turn};
use crate::time::MediaTime;

/// When a track begins on its file's own timeline, where the file tells.
pub(super) fn start_time(stream: &Stream<'_>) -> Option<MediaTime> {
    let start = stream.start_time();
    (start != ffi::AV_NOPTS_VALUE).then(|| rescale(start, stream.time_base()))
}

fn rescale(value: i64, base: Rational) -> MediaTime {
    MediaTime::from_time_base(value, base.numerator(), base.denominator())
}

pub(super) struct VideoTrack {
    index: usize,
    time_base: Rational,
    start: MediaTime,
    size: Size,
    frame_rate: FrameRate,
    decoder: Opened,
    converter: Scaler,
    /// What the container says of the shape of pixels: it knows better than the bitstream that it was put around.
    aspect: Option<PixelAspect>,
    upright: Upright,
    frame: Video,
    last: Option<MediaTime>,
    finished: bool,
}

/// Files are decoded ahead of their time, so whole frames may be decoded in parallel; more threads than this cost
/// memory for little.
const MAX_THREADS: usize = 4;
const FALLBACK_FRAME_RATE: FrameRate = FrameRate::whole(25);

impl VideoTrack {
    pub(super) fn open(stream: &Stream<'_>, start: MediaTime) -> Result<Self, FfmpegError> {
        let set_up = |source| FfmpegError::SetUp { what: "video decoder", source };
        let mut context = Context::from_parameters(stream.parameters()).map_err(set_up)?;
        context::limit_pictures(&mut context);
        let count = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(MAX_THREADS));
        context.set_threading(threading::Config { count, ..threading::Config::kind(threading::Type::Frame) });
        let decoder = context.decoder().video().map_err(set_up)?;
        let coded = Size { width: decoder.width(), height: decoder.height() };
        if !coded.is_supported() {
            return Err(FfmpegError::Size(coded));
        }
        let matrix = display_matrix(stream);
        Ok(Self {
            index: stream.index(),
            time_base: stream.time_base(),
            start,
            size: coded.turned(matrix.map_or(Turn::None, |matrix| Turn::nearest(&matrix).0)),
            frame_rate: frame_rate(stream),
            decoder: decoder.0,
            converter: Scaler::new(Filter::Bicubic),
            aspect: context::pixel_aspect(stream),
            upright: Upright::new(matrix),
            frame: Video::empty(),
            last: None,
            finished: false,
        })
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn frame_rate(&self) -> FrameRate {
        self.frame_rate
    }

    /// Whether a picture has come.
    pub(super) fn has_begun(&self) -> bool {
        self.last.is_some()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) fn decode(
        &mut self,
        packet: &CodedPacket,
        pictures: &mut VecDeque<Picture>,
    ) -> Result<(), FfmpegError> {
        if let Err(error) = self.decoder.send_packet(packet) {
            tracing::debug!(%error, "a video packet is damaged");
        }
        self.drain(pictures)
    }

    pub(super) fn finish(&mut self, pictures: &mut VecDeque<Picture>) -> Result<(), FfmpegError> {
        let _ = self.decoder.send_eof();
        self.finished = true;
        self.drain(pictures)?;
        self.upright.finish();
        pictures.extend(std::iter::from_fn(|| self.upright.pull()));
        Ok(())
    }

    fn drain(&mut self, pictures: &mut VecDeque<Picture>) -> Result<(), FfmpegError> {
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => {}
                Err(error) if is_nothing(error) => return Ok(()),
                Err(error) => {
                    tracing::debug!(%error, "a picture is damaged");
                    return Ok(());
                }
            }
            // The best-effort stamp: containers such as AVI have none, or only decode times.
            let stamp = self.frame.timestamp();
            let mut picture = pictures::from_decoded(&mut self.frame, &mut self.converter)?;
            picture.set_pts(self.time(stamp));
            if let Some(aspect) = self.aspect {
                picture.set_pixel_aspect(aspect);
            }
            self.upright.push(&picture);
            pictures.extend(std::iter::from_fn(|| self.upright.pull()));
        }
    }

    /// Where the picture lies on the timeline: as stamped, after the one before, never before zero.
    fn time(&mut self, stamp: Option<i64>) -> MediaTime {
        let expected = self.last.map_or(MediaTime::ZERO, |last| last + self.frame_rate.frame_duration());
        let earliest = self.last.map_or(MediaTime::ZERO, |last| last + MediaTime::from_ticks(1));
        let time = stamp.map_or(expected, |stamp| rescale(stamp, self.time_base) - self.start).max(earliest);
        self.last = Some(time);
        time
    }
}

/// How the file wants the pictures of this track to be turned.
fn display_matrix(stream: &Stream<'_>) -> Option<DisplayMatrix> {
    let found = stream.side_data().find(|data| data.kind() == side_data::Type::DisplayMatrix)?;
    turn::parse(found.data())
}

fn frame_rate(stream: &Stream<'_>) -> FrameRate {
    let believable = |rate: Rational| {
        let (num, den) = (u64::try_from(rate.numerator()).ok()?, u64::try_from(rate.denominator()).ok()?);
        FrameRate::reduced(num, den).filter(|rate| (1.0..=240.0).contains(&rate.as_f64()))
    };
    believable(stream.avg_frame_rate()).or_else(|| believable(stream.rate())).unwrap_or(FALLBACK_FRAME_RATE)
}

pub(super) struct AudioTrack {
    index: usize,
    time_base: Rational,
    start: MediaTime,
    config: Arc<AudioConfig>,
    /// For sound that is not AAC yet.
    transcoder: Option<Transcoder>,
    /// That some of it is missing was said.
    warned: bool,
}

impl AudioTrack {
    pub(super) fn open(stream: &Stream<'_>, start: MediaTime) -> Result<Self, FfmpegError> {
        let parameters = stream.parameters();
        // Without a configuration each frame has a header of its own (ADTS), which RTMP has no place for.
        let extradata = Bytes::copy_from_slice(context::parameters_extradata(&parameters));
        let known = (parameters.id() == Id::AAC).then(|| AudioConfig::aac(extradata).ok()).flatten();
        // Kinds of AAC that browsers do not play are transcoded here, where nobody waits for them.
        let playable = known.and_then(|config| config.playable().ok());
        let mut transcoder = None;
        let config = if let Some(config) = playable {
            Arc::new(config)
        } else {
            transcoder.insert(Transcoder::of_file(parameters, stream.time_base())?).config()
        };
        Ok(Self {
            index: stream.index(),
            time_base: stream.time_base(),
            start,
            config,
            transcoder,
            warned: false,
        })
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn config(&self) -> Arc<AudioConfig> {
        Arc::clone(&self.config)
    }

    pub(super) fn take(&mut self, packet: &CodedPacket, sound: &mut VecDeque<Packet>) {
        if let Some(transcoder) = &mut self.transcoder {
            let taken = transcoder.push_coded(packet);
            self.note(taken);
            self.drain(sound);
            return;
        }
        if let (Some(stamp), Some(data)) = (packet.pts().or(packet.dts()), packet.data()) {
            let pts = rescale(stamp, self.time_base);
            let data = Bytes::copy_from_slice(data);
            let packet = Packet { track: Track::Audio, dts: pts, pts, key: true, recovery: false, data };
            sound.extend(on_timeline(packet, self.start));
        }
    }

    pub(super) fn finish(&mut self, sound: &mut VecDeque<Packet>) {
        if let Some(transcoder) = &mut self.transcoder {
            let finished = transcoder.finish();
            self.note(finished);
        }
        self.drain(sound);
    }

    /// A piece of sound that cannot be transcoded is no reason to end the pictures.
    fn note(&mut self, outcome: Result<(), FfmpegError>) {
        if let Err(error) = outcome
            && !std::mem::replace(&mut self.warned, true)
        {
            tracing::warn!(%error, "pieces of the file's sound are left out");
        }
    }

    fn drain(&mut self, sound: &mut VecDeque<Packet>) {
        let Some(transcoder) = &mut self.transcoder else { return };
        while let Some(packet) = transcoder.pull() {
            sound.extend(on_timeline(packet, self.start));
        }
    }
}

/// What lies before zero only primes the decoder, and is left out: a live stream has been running already.
fn on_timeline(packet: Packet, start: MediaTime) -> Option<Packet> {
    let pts = packet.pts - start;
    (pts >= MediaTime::ZERO && !packet.data.is_empty()).then_some(Packet { dts: pts, pts, ..packet })
}
