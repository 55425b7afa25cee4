//! Packets to a file: MPEG-TS for segments, fragmented MP4 for recordings.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use ffmpeg_next::codec::{Context, Id};
use ffmpeg_next::format::context::Output;
use ffmpeg_next::{Dictionary, Packet as CodedPacket, Rational, decoder, encoder, format};

use super::{FfmpegError, context};
use crate::codec::{AudioConfig, VideoConfig};
use crate::packet::{Packet, Track};

/// A file that is being written. It is whole once it is [finished](Self::finish).
pub struct SegmentFile {
    output: Output,
    path: PathBuf,
    video: Option<Written>,
    audio: Option<Written>,
}

/// A track of the file, and how it counts time.
#[derive(Clone, Copy)]
struct Written {
    index: usize,
    time_base: Rational,
}

/// AES-128 in CBC, as HLS has it.
pub struct SegmentKey {
    pub key: [u8; 16],
    pub initialization: [u8; 16],
}

impl SegmentKey {
    /// For FFmpeg's protocol `crypto`.
    fn options(&self) -> Dictionary<'static> {
        let hex = |bytes: [u8; 16]| format!("{:032x}", u128::from_be_bytes(bytes));
        let mut options = Dictionary::new();
        options.set("encryption_key", &hex(self.key));
        options.set("encryption_iv", &hex(self.initialization));
        options
    }
}

/// It says nothing of itself.
impl fmt::Debug for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SegmentKey")
    }
}

/// Times in MPEG-TS.
const TIME_BASE: Rational = Rational(1, 90_000);

impl SegmentFile {
    /// Begins a file in the place of whatever lies there, encrypted with a key if there is one. AV1 and Opus are not for MPEG-TS.
    pub fn create(
        path: &Path,
        video: Option<&VideoConfig>,
        audio: Option<&AudioConfig>,
        key: Option<&SegmentKey>,
    ) -> Result<Self, FfmpegError> {
        let wrong = |source| FfmpegError::Write { path: path.to_owned(), source };
        let output = match key {
            None => format::output_as(path, "mpegts"),
            Some(key) => {
                let mut place = OsString::from("crypto:");
                place.push(path);
                format::output_as_with(&place, "mpegts", key.options())
            }
        };
        let output = output.map_err(wrong)?;
        let mut options = Dictionary::new();
        // Times stay as they are, so that one file goes on where the one before it ended.
        options.set("mpegts_copyts", "1");
        Self::begin(output, path, video, audio, options)
    }

    /// Begins a recording in the place of whatever lies there. It can be played up to the last fragment that is in it; one ends at every
    /// keyframe, and after a second.
    pub fn recording(
        path: &Path,
        video: Option<&VideoConfig>,
        audio: Option<&AudioConfig>,
    ) -> Result<Self, FfmpegError> {
        let wrong = |source| FfmpegError::Write { path: path.to_owned(), source };
        let output = format::output_as(path, "mp4").map_err(wrong)?;
        let mut options = Dictionary::new();
        options.set("movflags", "+empty_moov+default_base_moof+frag_keyframe");
        options.set("frag_duration", "1000000");
        options.set("flush_packets", "1");
        Self::begin(output, path, video, audio, options)
    }

    fn begin(
        mut output: Output,
        path: &Path,
        video: Option<&VideoConfig>,
        audio: Option<&AudioConfig>,
        options: Dictionary<'_>,
    ) -> Result<Self, FfmpegError> {
        let wrong = |source| FfmpegError::Write { path: path.to_owned(), source };
        let is_transport = output.format().name() == "mpegts";
        let mut track = |described: Context| -> Result<usize, FfmpegError> {
            let mut stream = output.add_stream(encoder::find(Id::None)).map_err(wrong)?;
            stream.set_parameters(described.decoder());
            stream.set_time_base(TIME_BASE);
            Ok(stream.index())
        };
        let video = video.map(|config| track(pictures(config, is_transport)?)).transpose()?;
        let audio = audio.map(|config| track(sound(config, is_transport)?)).transpose()?;
        output.write_header_with(options).map(drop).map_err(wrong)?;
        // The container has the last word on it.
        let written = |index: usize| {
            let time_base = output.stream(index).map_or(TIME_BASE, |stream| stream.time_base());
            Written { index, time_base }
        };
        let video = video.map(written);
        let audio = audio.map(written);
        Ok(Self { output, path: path.to_owned(), video, audio })
    }

    /// Appends a packet; those of tracks that the file does not have are left out.
    pub fn write(&mut self, packet: &Packet) -> Result<(), FfmpegError> {
        let track = match packet.track {
            Track::Video => self.video,
            Track::Audio => self.audio,
        };
        let Some(track) = track.filter(|_| !packet.data.is_empty()) else { return Ok(()) };
        let mut coded = CodedPacket::copy(&packet.data);
        coded.set_stream(track.index);
        coded.set_pts(Some(packet.pts.ticks()));
        coded.set_dts(Some(packet.dts.ticks()));
        coded.rescale_ts(TIME_BASE, track.time_base);
        if packet.key {
            coded.set_flags(ffmpeg_next::packet::Flags::KEY);
        }
        let written = coded.write(&mut self.output);
        written.map(drop).map_err(|source| self.wrong(source))
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<(), FfmpegError> {
        let written = self.output.write_trailer();
        written.map_err(|source| self.wrong(source))
    }

    fn wrong(&self, source: ffmpeg_next::Error) -> FfmpegError {
        FfmpegError::Write { path: self.path.clone(), source }
    }
}

/// What a file has to know of its pictures.
fn pictures(config: &VideoConfig, is_transport: bool) -> Result<Context, FfmpegError> {
    let id = match config {
        VideoConfig::Avc(_) => Id::H264,
        VideoConfig::Hevc(_) => Id::HEVC,
        VideoConfig::Av1(_) if is_transport => return Err(FfmpegError::Setting("AV1 in MPEG-TS")),
        VideoConfig::Av1(_) => Id::AV1,
    };
    let mut described = described(id, config.record())?;
    context::set_size(&mut described, config.size());
    Ok(described)
}

/// What it has to know of its sound.
fn sound(config: &AudioConfig, is_transport: bool) -> Result<Context, FfmpegError> {
    let id = match config {
        AudioConfig::Aac(_) => Id::AAC,
        AudioConfig::Opus(_) if is_transport => return Err(FfmpegError::Setting("Opus in MPEG-TS")),
        AudioConfig::Opus(_) => Id::OPUS,
    };
    let mut described = described(id, config.record())?;
    context::set_sample_rate(&mut described, config.sample_rate());
    Ok(described)
}

fn described(id: Id, extradata: &[u8]) -> Result<Context, FfmpegError> {
    let codec = decoder::find(id).ok_or(FfmpegError::Missing("codec for MPEG-TS or MP4"))?;
    let mut described = Context::new_with_codec(codec);
    context::set_extradata(&mut described, extradata);
    Ok(described)
}
