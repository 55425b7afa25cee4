//! Any coded sound to AAC-LC: decoder, resampler, encoder in a row.

use std::sync::Arc;

use ffmpeg_next::codec::{Context, Parameters};
use ffmpeg_next::decoder::{Audio as Decoder, Opened};
use ffmpeg_next::format::Sample;
use ffmpeg_next::format::sample::Type::Planar;
use ffmpeg_next::frame::Audio;
use ffmpeg_next::software::resampling::{self, context::Definition};
use ffmpeg_next::{ChannelLayout, Packet as CodedPacket, Rational};

use super::super::FfmpegError;
use super::super::error::is_nothing;
use super::encoder::AacEncoder;
use super::{decoder, layout};
use crate::codec::AudioConfig;
use crate::packet::Packet;
use crate::time::MediaTime;

/// Push packets, and pull after each until nothing comes.
pub struct Transcoder {
    decoder: Opened,
    time_base: Rational,
    frame: Audio,
    resampler: Option<resampling::Context>,
    encoder: AacEncoder,
    /// When the first sample is heard; what lies before it primes the decoder.
    start: Option<MediaTime>,
}

/// Transparent for stereo AAC-LC, and what streaming services ask for.
const STEREO_BITRATE: u32 = 128_000;
/// The share of a channel in surround sound.
const CHANNEL_BITRATE: u32 = 64_000;
/// Sound that is further from its timestamps than this follows them; what is less comes from coarse timestamps.
const HOLE: MediaTime = MediaTime::from_millis(100);
/// Samples that a resampler may give beyond the exact number.
const RESAMPLER_SLACK: usize = 256;

impl Transcoder {
    /// A transcoder for packets of this configuration. Mono, stereo, 5.1 and 7.1 stay what they are; other layouts become
    /// the next smaller of them, or 5.1 if they have more than four channels.
    pub fn new(config: &AudioConfig) -> Result<Self, FfmpegError> {
        let time_base = Rational::new(1, MediaTime::HZ as i32);
        let decoder = decoder::of(config)?;
        // The decoder itself does not know before the first frame.
        Self::with(decoder, time_base, config.sample_rate(), kept_channels(config.channels()))
    }

    /// A transcoder to stereo or mono for a track of a file with these parameters, whose times count in `time_base`.
    pub(crate) fn of_file(parameters: Parameters, time_base: Rational) -> Result<Self, FfmpegError> {
        let context = Context::from_parameters(parameters);
        let context = context.map_err(|source| FfmpegError::SetUp { what: "audio decoder", source })?;
        let decoder = decoder::open(context, time_base)?;
        let rate = decoder.rate();
        let channels = if decoder.channels() == 1 { 1 } else { 2 };
        Self::with(decoder, time_base, rate, channels)
    }

    /// `rate` is what comes, `channels` is what goes out.
    fn with(decoder: Decoder, time_base: Rational, rate: u32, channels: u8) -> Result<Self, FfmpegError> {
        // Players are sure of two sample rates.
        let sample_rate = if rate > 0 && rate.is_multiple_of(11_025) { 44_100 } else { 48_000 };
        let bitrate = STEREO_BITRATE.max(CHANNEL_BITRATE * u32::from(channels));
        let encoder = AacEncoder::new(sample_rate, channels, bitrate)?;
        let frame = Audio::empty();
        Ok(Self { decoder: decoder.0, time_base, frame, resampler: None, encoder, start: None })
    }

    /// What decodes the packets that come out.
    pub fn config(&self) -> Arc<AudioConfig> {
        self.encoder.config()
    }

    /// Takes a packet in. A damaged one is left out.
    pub fn push(&mut self, packet: &Packet) -> Result<(), FfmpegError> {
        if packet.data.is_empty() {
            return Ok(()); // an empty packet would mean the end to libav
        }
        self.push_coded(&decoder::coded(packet))
    }

    /// The same for a packet of a file.
    pub(crate) fn push_coded(&mut self, packet: &CodedPacket) -> Result<(), FfmpegError> {
        if let Err(error) = self.decoder.send_packet(packet) {
            tracing::debug!(%error, "an audio packet is damaged");
        }
        self.encode_decoded()
    }

    /// The next AAC packet, if one is complete; times count from where the input's count.
    pub fn pull(&mut self) -> Option<Packet> {
        loop {
            let packet = self.encoder.pull()?;
            if self.start.is_none_or(|start| packet.pts >= start) {
                return Some(packet);
            }
        }
    }

    /// Says that no packet follows: what is still inside can be pulled.
    pub fn finish(&mut self) -> Result<(), FfmpegError> {
        let _ = self.decoder.send_eof();
        self.encode_decoded()?;
        self.encoder.finish()
    }

    fn encode_decoded(&mut self) -> Result<(), FfmpegError> {
        for _ in 0..decoder::MAX_FRAMES {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => self.encode_frame()?,
                Err(error) if is_nothing(error) => return Ok(()),
                // A packet may hold more frames, and what is not fetched keeps the next packet out.
                Err(error) => {
                    tracing::debug!(%error, "an audio frame is damaged");
                }
            }
        }
        Ok(())
    }

    fn encode_frame(&mut self) -> Result<(), FfmpegError> {
        if self.frame.samples() == 0 {
            return Ok(());
        }
        let base = self.time_base;
        if let Some(pts) = self.frame.timestamp() {
            let time = MediaTime::from_time_base(pts, base.numerator(), base.denominator());
            // Otherwise samples follow each other without gaps, whatever their stamps are rounded to.
            if self.start.is_none() || (time - self.encoder.next_time()).abs() > HOLE {
                self.encoder.start_at(time);
            }
        }
        self.start.get_or_insert(self.encoder.next_time());
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

/// How many of so many channels come out.
fn kept_channels(channels: u8) -> u8 {
    match channels {
        0..=2 => channels.max(1),
        5..=7 => 6,
        8 => 8,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
