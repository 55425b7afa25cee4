//! Decoders of sound.

use ffmpeg_next::codec::{Context, Id};
use ffmpeg_next::decoder::{self, Audio as Decoder};
use ffmpeg_next::{Packet as CodedPacket, Rational};

use super::super::{FfmpegError, context};
use crate::codec::AudioConfig;
use crate::packet::Packet;
use crate::time::MediaTime;

/// Frames of one packet that are asked for at most, so that a decoder that fails for ever is left.
pub(super) const MAX_FRAMES: usize = 4_096;

/// For packets of this configuration, whose times count in our own ticks.
pub(super) fn of(config: &AudioConfig) -> Result<Decoder, FfmpegError> {
    let id = match config {
        AudioConfig::Aac(_) => Id::AAC,
        AudioConfig::Opus(_) => Id::OPUS,
    };
    let codec = decoder::find(id).ok_or(FfmpegError::Missing("audio decoder"))?;
    let mut context = Context::new_with_codec(codec);
    context::set_extradata(&mut context, config.record());
    open(context, Rational::new(1, MediaTime::HZ as i32))
}

pub(super) fn open(context: Context, time_base: Rational) -> Result<Decoder, FfmpegError> {
    let mut decoder = context.decoder();
    // The decoder takes off what only primes it, and off the times as well.
    decoder.set_packet_time_base(time_base);
    decoder.audio().map_err(|source| FfmpegError::SetUp { what: "audio decoder", source })
}

/// The packet as libav takes it.
pub(super) fn coded(packet: &Packet) -> CodedPacket {
    let mut coded = CodedPacket::copy(&packet.data);
    coded.set_pts(Some(packet.pts.ticks()));
    coded.set_dts(Some(packet.dts.ticks()));
    coded
}
