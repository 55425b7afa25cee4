//! Any coded sound to AAC-LC, stereo or mono: decoder, resampler, encoder in a row.

use std::sync::Arc;

use ffmpeg_next::codec::{Context, Parameters};
use ffmpeg_next::decoder::Opened;
use ffmpeg_next::format::Sample;
use ffmpeg_next::format::sample::Type::Planar;
use ffmpeg_next::frame::Audio;
use ffmpeg_next::software::resampling::{self, context::Definition};
use ffmpeg_next::{ChannelLayout, Packet as CodedPacket, Rational};

use super::super::FfmpegError;
use super::super::error::is_nothing;
use super::{AacEncoder, layout};
use crate::codec::AudioConfig;
use crate::packet::Packet;
use crate::time::MediaTime;

pub(crate) struct Transcoder {
    decoder: Opened,
    time_base: Rational,
    frame: Audio,
    resampler: Option<resampling::Context>,
    encoder: AacEncoder,
    started: bool,
}

/// Transparent for stereo AAC-LC, and what streaming services ask for.
const BITRATE: u32 = 128_000;
/// A hole in the sound that is longer than this is kept; what is shorter comes from coarse timestamps.
const HOLE: MediaTime = MediaTime::from_millis(100);
/// Damaged frames of one packet after which the rest of it is given up.
const MAX_DAMAGED: usize = 16;
/// Samples that a resampler may give beyond the exact number.
const RESAMPLER_SLACK: usize = 256;

impl Transcoder {
    /// A transcoder for a track with these parameters, whose times count in `time_base`.
    pub(crate) fn new(parameters: Parameters, time_base: Rational) -> Result<Self, FfmpegError> {
        let set_up = |source| FfmpegError::SetUp { what: "audio decoder", source };
        let context = Context::from_parameters(parameters).map_err(set_up)?;
        let decoder = context.decoder().audio().map_err(set_up)?;
        let channels = if decoder.channels() == 1 { 1 } else { 2 };
        // Players are sure of two sample rates.
        let sample_rate = if decoder.rate() == 44_100 { 44_100 } else { 48_000 };
        let encoder = AacEncoder::new(sample_rate, channels, BITRATE)?;
        let frame = Audio::empty();
        Ok(Self { decoder: decoder.0, time_base, frame, resampler: None, encoder, started: false })
    }

    pub(crate) fn config(&self) -> Arc<AudioConfig> {
        self.encoder.config()
    }

    /// Takes a packet in. A damaged one is left out.
    pub(crate) fn push(&mut self, packet: &CodedPacket) -> Result<(), FfmpegError> {
        if let Err(error) = self.decoder.send_packet(packet) {
            tracing::debug!(%error, "an audio packet is damaged");
        }
        self.encode_decoded()
    }

    /// The next AAC packet, if one is complete; times count from where the input's count.
    pub(crate) fn pull(&mut self) -> Option<Packet> {
        self.encoder.pull()
    }

    pub(crate) fn finish(&mut self) -> Result<(), FfmpegError> {
        let _ = self.decoder.send_eof();
        self.encode_decoded()?;
        self.encoder.finish()
    }

    fn encode_decoded(&mut self) -> Result<(), FfmpegError> {
        let mut damaged = 0;
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => self.encode_frame()?,
                Err(error) if is_nothing(error) => return Ok(()),
                // A packet may hold more frames, and what is not fetched keeps the next packet out.
                Err(error) => {
                    tracing::debug!(%error, "an audio frame is damaged");
                    damaged += 1;
                    if damaged == MAX_DAMAGED {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn encode_frame(&mut self) -> Result<(), FfmpegError> {
        if self.frame.samples() == 0 {
            return Ok(());
        }
        let base = self.time_base;
        if let Some(pts) = self.frame.timestamp() {
            let time = MediaTime::from_time_base(pts, base.numerator(), base.denominator());
            // Otherwise samples follow each other without gaps, whatever their stamps are rounded to.
            if !self.started || time - self.encoder.next_time() > HOLE {
                self.encoder.start_at(time);
            }
        }
        self.started = true;
        let output =
            self.resampled().map_err(|source| FfmpegError::SetUp { what: "audio resampler", source })?;
        if output.samples() == 0 {
            return Ok(());
        }
        self.encoder.push((0..output.planes()).map(|plane| output.plane::<f32>(plane)))
    }

    /// The decoded frame as the encoder wants it.
    fn resampled(&mut self) -> Result<Audio, ffmpeg_next::Error> {
        let channel_layout = layout::ensure(&mut self.frame);
        let from = Definition { format: self.frame.format(), channel_layout, rate: self.frame.rate() };
        let resampler = match self.resampler.take() {
            Some(resampler) if *resampler.input() == from => resampler,
            // Some files change their format on the way.
            _ => {
                let config = self.encoder.config();
                let channels = ChannelLayout::default(config.channels().into());
                let format = Sample::F32(Planar);
                let rate = config.sample_rate();
                resampling::Context::get(from.format, channel_layout, from.rate, format, channels, rate)?
            }
        };
        let resampler = self.resampler.insert(resampler);
        let to = *resampler.output();
        // Samples that the resampler still holds come out together with the new ones.
        let waiting = resampler.delay().map_or(0, |delay| delay.output.max(0) as usize);
        let room = self.frame.samples() * to.rate as usize / from.rate.max(1) as usize;
        let mut output = Audio::new(to.format, waiting + room + RESAMPLER_SLACK, to.channel_layout);
        output.set_rate(to.rate);
        resampler.run(&self.frame, &mut output)?;
        Ok(output)
    }
}
