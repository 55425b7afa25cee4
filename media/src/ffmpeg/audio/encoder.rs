//! Samples to AAC-LC frames.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use ffmpeg_next::codec::encoder::audio::Encoder;
use ffmpeg_next::codec::{Context, Flags, Id};
use ffmpeg_next::format::Sample;
use ffmpeg_next::format::sample::Type::Planar;
use ffmpeg_next::frame::Audio;
use ffmpeg_next::{ChannelLayout, Packet as CodedPacket, encoder};

use super::super::error::is_nothing;
use super::super::{FfmpegError, context};
use crate::codec::AudioConfig;
use crate::packet::{Packet, Track};
use crate::time::MediaTime;

/// Encodes one AAC track from planar 32-bit samples. The first packet lies 1024 samples before the first sample:
/// it primes the decoder.
pub(crate) struct AacEncoder {
    codec: Encoder,
    config: Arc<AudioConfig>,
    /// Samples that do not fill a frame yet, by channel; `start` is the time of the first of them.
    waiting: Vec<Vec<f32>>,
    start: MediaTime,
    samples_taken: i64,
    coded: CodedPacket,
    /// Coded, and not pulled yet.
    ready: VecDeque<Packet>,
}

const FRAME_SAMPLES: usize = 1_024;

impl AacEncoder {
    /// An encoder for 1, 2, 6 or 8 channels: mono, stereo, 5.1 or 7.1, in FFmpeg's order.
    pub(crate) fn new(sample_rate: u32, channels: u8, bitrate: u32) -> Result<Self, FfmpegError> {
        AudioConfig::aac_low_complexity(sample_rate, channels)?;
        let codec = encoder::find(Id::AAC).ok_or(FfmpegError::Missing("AAC encoder"))?;
        let set_up = |source| FfmpegError::SetUp { what: "AAC encoder", source };
        let mut context = Context::new_with_codec(codec);
        // The AudioSpecificConfig stands in the extradata, and no header in front of every frame.
        context.set_flags(Flags::GLOBAL_HEADER);
        let mut audio = context.encoder().audio().map_err(set_up)?;
        audio.set_rate(sample_rate as i32);
        audio.set_channel_layout(ChannelLayout::default(channels.into()));
        audio.set_channels(channels.into());
        audio.set_format(Sample::F32(Planar));
        audio.set_bit_rate(bitrate as usize);
        audio.set_time_base((1, MediaTime::HZ as i32));
        let codec = audio.open().map_err(set_up)?;
        let config = AudioConfig::aac(Bytes::copy_from_slice(context::extradata(codec.as_ref())))?;
        Ok(Self {
            codec,
            config: Arc::new(config),
            waiting: vec![Vec::new(); channels.into()],
            start: MediaTime::ZERO,
            samples_taken: 0,
            coded: CodedPacket::empty(),
            ready: VecDeque::new(),
        })
    }

    /// What decodes the packets.
    pub(crate) fn config(&self) -> Arc<AudioConfig> {
        Arc::clone(&self.config)
    }

    /// Says when the next sample pushed is to be heard; without it, it follows the one before.
    pub(crate) fn start_at(&mut self, time: MediaTime) {
        // What waits is heard before the next sample.
        self.start = time - self.duration_of(self.waiting[0].len() as i64);
        self.samples_taken = 0;
    }

    /// When the next sample pushed will be heard.
    pub(crate) fn next_time(&self) -> MediaTime {
        self.start + self.duration_of(self.samples_taken + self.waiting[0].len() as i64)
    }

    /// Takes samples in, as many for each channel, however many they are.
    pub(crate) fn push<'a>(&mut self, planes: impl Iterator<Item = &'a [f32]>) -> Result<(), FfmpegError> {
        for (waiting, plane) in self.waiting.iter_mut().zip(planes) {
            waiting.extend_from_slice(plane);
        }
        while self.waiting[0].len() >= FRAME_SAMPLES {
            self.send_frame()?;
        }
        Ok(())
    }

    pub(crate) fn pull(&mut self) -> Option<Packet> {
        self.ready.pop_front()
    }

    /// Says that no samples follow: the last ones are filled up with silence, and what is inside can be pulled.
    pub(crate) fn finish(&mut self) -> Result<(), FfmpegError> {
        if !self.waiting[0].is_empty() {
            self.waiting.iter_mut().for_each(|waiting| waiting.resize(FRAME_SAMPLES, 0.0));
            self.send_frame()?;
        }
        // Fails only if it was said before.
        let _ = self.codec.send_eof();
        self.receive()
    }

    fn send_frame(&mut self) -> Result<(), FfmpegError> {
        let pts = self.start + self.duration_of(self.samples_taken);
        let layout = ChannelLayout::default(self.waiting.len() as i32);
        let mut frame = Audio::new(Sample::F32(Planar), FRAME_SAMPLES, layout);
        frame.set_rate(self.config.sample_rate());
        frame.set_pts(Some(pts.ticks()));
        for (channel, waiting) in self.waiting.iter_mut().enumerate() {
            frame.plane_mut::<f32>(channel).copy_from_slice(&waiting[..FRAME_SAMPLES]);
            waiting.drain(..FRAME_SAMPLES);
        }
        self.samples_taken += FRAME_SAMPLES as i64;
        self.codec.send_frame(&frame).map_err(|source| unencoded(pts, source))?;
        // At once: libavcodec takes no further frame while its packets are not fetched.
        self.receive()
    }

    fn receive(&mut self) -> Result<(), FfmpegError> {
        loop {
            match self.codec.receive_packet(&mut self.coded) {
                Ok(()) => {}
                Err(error) if is_nothing(error) => return Ok(()),
                Err(source) => return Err(unencoded(self.next_time(), source)),
            }
            let pts = MediaTime::from_ticks(self.coded.pts().unwrap_or_default());
            let data = Bytes::copy_from_slice(self.coded.data().unwrap_or_default());
            self.ready.push_back(Packet {
                track: Track::Audio,
                dts: pts,
                pts,
                key: true,
                recovery: false,
                data,
            });
        }
    }

    fn duration_of(&self, samples: i64) -> MediaTime {
        MediaTime::from_time_base(samples, 1, self.config.sample_rate() as i32)
    }
}

fn unencoded(pts: MediaTime, source: ffmpeg_next::Error) -> FfmpegError {
    FfmpegError::Coding { doing: "encode the sound", pts, source }
}
