//! Coded packets of a recording, as they are: for handing on what lies in FLV or MP4, from a disk or over HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Dictionary, Error, Packet as CodedPacket, Rational, format, media};

use super::{FfmpegError, context};
use crate::codec::{AudioConfig, VideoConfig};
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// How long a server may be silent.
const SILENCE: &str = "10000000";

/// Failing reads in a row after which a recording is given up.
const MAX_FAILED_READS: usize = 16;

pub struct Recording {
    input: Input,
    place: PathBuf,
    tracks: Vec<Described>,
    /// The first time that there is.
    start: Option<MediaTime>,
}

/// A track that can be handed on.
struct Described {
    index: usize,
    track: Track,
    time_base: Rational,
    config: Unit,
}

impl Recording {
    /// A file.
    pub fn open(path: &Path) -> Result<Self, FfmpegError> {
        let place = path.to_str().filter(|name| !name.contains('\0')).unwrap_or_default();
        // The prefix keeps names with a colon from being taken for a network protocol.
        Self::begin(&format!("file:{place}"), path, "file")
    }

    /// A file that a web server hands out.
    pub fn fetch(address: &str) -> Result<Self, FfmpegError> {
        Self::begin(address, Path::new(address), "http,https,tcp,tls,crypto")
    }

    fn begin(place: &str, path: &Path, protocols: &str) -> Result<Self, FfmpegError> {
        let mut options = Dictionary::new();
        // A playlist that poses as a recording would have other files opened.
        options.set("format_whitelist", "flv,mov");
        options.set("protocol_whitelist", protocols);
        options.set("rw_timeout", SILENCE);
        let wrong = |source| FfmpegError::File { path: path.to_owned(), source };
        let input = format::input_with_dictionary(place, options).map_err(wrong)?;
        let best = |kind, track| {
            let stream = input.streams().best(kind)?;
            let config = described(&stream.parameters())?;
            Some(Described { index: stream.index(), track, time_base: stream.time_base(), config })
        };
        let tracks: Vec<_> = [best(media::Type::Video, Track::Video), best(media::Type::Audio, Track::Audio)]
            .into_iter()
            .flatten()
            .collect();
        if tracks.is_empty() {
            return Err(FfmpegError::NoVideo(path.to_owned()));
        }
        Ok(Self { place: path.to_owned(), tracks, input, start: None })
    }

    /// How its packets are decoded.
    pub fn configs(&self) -> impl Iterator<Item = Unit> {
        self.tracks.iter().map(|track| track.config.clone())
    }

    /// The next packet, on a timeline that begins with zero; `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "it can fail: no iterator")]
    pub fn next(&mut self) -> Result<Option<Packet>, FfmpegError> {
        let mut failures = 0;
        loop {
            let mut coded = CodedPacket::empty();
            match coded.read(&mut self.input) {
                Ok(()) => {}
                Err(Error::Eof) => return Ok(None),
                Err(source) => {
                    failures += 1;
                    if failures >= MAX_FAILED_READS {
                        return Err(FfmpegError::File { path: self.place.clone(), source });
                    }
                    continue;
                }
            }
            let Some(track) = self.tracks.iter().find(|track| track.index == coded.stream()) else {
                continue;
            };
            let Some(data) = coded.data().filter(|data| !data.is_empty()) else { continue };
            let Some(dts) = coded.dts().or(coded.pts()) else { continue };
            let Rational(numerator, denominator) = track.time_base;
            let time = |stamp| MediaTime::from_time_base(stamp, numerator, denominator);
            let start = *self.start.get_or_insert(time(dts));
            return Ok(Some(Packet {
                track: track.track,
                dts: time(dts) - start,
                pts: time(coded.pts().unwrap_or(dts)) - start,
                key: track.track == Track::Audio || coded.is_key(),
                recovery: false,
                data: Bytes::copy_from_slice(data),
            }));
        }
    }
}

/// What the packets of a track are, if they can be handed on as they are.
fn described(parameters: &Parameters) -> Option<Unit> {
    let record = Bytes::copy_from_slice(context::parameters_extradata(parameters));
    let video =
        |config: Result<VideoConfig, _>| config.ok().map(|config| Unit::VideoConfig(Arc::new(config)));
    let audio =
        |config: Result<AudioConfig, _>| config.ok().map(|config| Unit::AudioConfig(Arc::new(config)));
    match parameters.id() {
        Id::H264 => video(VideoConfig::avc(record)),
        Id::HEVC => video(VideoConfig::hevc(record)),
        Id::AV1 => video(VideoConfig::av1(record)),
        Id::AAC => audio(AudioConfig::aac(record)),
        Id::OPUS => audio(AudioConfig::opus(record)),
        _ => None,
    }
}
