//! Packets to a file in MPEG-TS.

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
    video: Option<usize>,
    audio: Option<usize>,
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
        let mut output = output.map_err(wrong)?;
        let mut track = |described: Context| -> Result<usize, FfmpegError> {
            let mut stream = output.add_stream(encoder::find(Id::None)).map_err(wrong)?;
            stream.set_parameters(described.decoder());
            stream.set_time_base(TIME_BASE);
            Ok(stream.index())
        };
        let video = video.map(|config| track(pictures(config)?)).transpose()?;
        let audio = audio.map(|config| track(sound(config)?)).transpose()?;
        // Times stay as they are, so that one file goes on where the one before it ended.
        let mut options = Dictionary::new();
        options.set("mpegts_copyts", "1");
        output.write_header_with(options).map(drop).map_err(wrong)?;
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
        coded.set_stream(track);
        coded.set_pts(Some(packet.pts.ticks()));
        coded.set_dts(Some(packet.dts.ticks()));
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
fn pictures(config: &VideoConfig) -> Result<Context, FfmpegError> {
    let id = match config {
        VideoConfig::Avc(_) => Id::H264,
        VideoConfig::Hevc(_) => Id::HEVC,
        VideoConfig::Av1(_) => return Err(FfmpegError::Setting("AV1 in MPEG-TS")),
    };
    let mut described = described(id, config.record())?;
    context::set_size(&mut described, config.size());
    Ok(described)
}

/// What it has to know of its sound.
fn sound(config: &AudioConfig) -> Result<Context, FfmpegError> {
    let AudioConfig::Aac(aac) = config else { return Err(FfmpegError::Setting("Opus in MPEG-TS")) };
    let mut described = described(Id::AAC, aac.record())?;
    context::set_sample_rate(&mut described, config.sample_rate());
    Ok(described)
}

fn described(id: Id, extradata: &[u8]) -> Result<Context, FfmpegError> {
    let codec = decoder::find(id).ok_or(FfmpegError::Missing("codec for MPEG-TS"))?;
    let mut described = Context::new_with_codec(codec);
    context::set_extradata(&mut described, extradata);
    Ok(described)
}
