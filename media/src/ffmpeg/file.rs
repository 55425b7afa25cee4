//! Media files: their best video track as pictures, their best audio track as AAC, in the order of their times.
//!
//! Any container and codec that FFmpeg knows. Pictures come as they are meant to be looked at: progressive, and turned as the
//! file says; their size may change on the way. Cover art is no video. AAC that browsers play passes through untouched; other
//! sound is transcoded. Damaged packets are left out. Nothing here waits: whoever plays a file paces it by the times, and repeats
//! it with [`FileReader::rewind`].

mod tracks;

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::{Disposition, Stream};
use ffmpeg_next::{Error, Packet as CodedPacket, ffi, format, media};

use super::FfmpegError;
use crate::codec::AudioConfig;
use crate::packet::Packet;
use crate::picture::{FrameRate, Picture, Size};
use crate::time::MediaTime;
use tracks::{AudioTrack, VideoTrack};

#[derive(Clone, Debug)]
pub enum Media {
    Picture(Picture),
    Audio(Packet),
}

impl Media {
    /// When it is to be shown or heard.
    pub fn pts(&self) -> MediaTime {
        match self {
            Self::Picture(picture) => picture.pts(),
            Self::Audio(packet) => packet.pts,
        }
    }
}

pub struct FileReader {
    path: PathBuf,
    input: Input,
    video: VideoTrack,
    audio: Option<AudioTrack>,
    duration: Option<MediaTime>,
    /// Read ahead while one track waits for the other to show its next time: video still coded, sound ready.
    coded_video: VecDeque<CodedPacket>,
    pictures: VecDeque<Picture>,
    sound: VecDeque<Packet>,
    /// Coded pictures that were given to the decoder.
    decoded: usize,
    ended: bool,
}

/// How far a file may interleave its tracks unevenly before their order is given up: coded, so this costs little.
const MAX_READ_AHEAD: usize = 512;
/// Coded pictures without a single one that can be shown, after which a file is given up: a recording that begins in mid-stream
/// shows nothing before its first keyframe, some seconds in.
const MAX_UNSHOWN: usize = 1_000;
/// Failing reads in a row after which a file is given up; a damaged spot costs one or two.
const MAX_FAILED_READS: usize = 16;

impl FileReader {
    /// Opens a local file and looks for its tracks.
    pub fn open(path: &Path) -> Result<Self, FfmpegError> {
        let file_error = |source| FfmpegError::File { path: path.to_owned(), source };
        // The prefix keeps names with a colon from being taken for a network protocol.
        let name = path
            .to_str()
            .filter(|name| !name.contains('\0'))
            .ok_or(file_error(Error::Other { errno: ffmpeg_next::error::EINVAL }))?;
        let input = format::input(&format!("file:{name}")).map_err(file_error)?;
        let video_stream = moving_pictures(&input).ok_or_else(|| no_video(path, &input))?;
        let audio_stream = input.streams().best(media::Type::Audio);
        // One start for both tracks, so that sound and picture stay together.
        let start = [Some(&video_stream), audio_stream.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(tracks::start_time)
            .min()
            .unwrap_or_default();
        let video = VideoTrack::open(&video_stream, start)?;
        // Pictures play without sound that nobody can decode.
        let audio = audio_stream.and_then(|stream| {
            AudioTrack::open(&stream, start)
                .inspect_err(|error| {
                    tracing::warn!(%error, file = %path.display(), "the sound is left out");
                })
                .ok()
        });
        let duration = MediaTime::from_time_base(input.duration(), 1, ffi::AV_TIME_BASE);
        let known = input.duration() != ffi::AV_NOPTS_VALUE && duration > MediaTime::ZERO;
        Ok(Self {
            path: path.to_owned(),
            video,
            audio,
            duration: known.then_some(duration),
            input,
            coded_video: VecDeque::new(),
            pictures: VecDeque::new(),
            sound: VecDeque::new(),
            decoded: 0,
            ended: false,
        })
    }

    /// Of the pictures that come, as far as the file tells before they do.
    pub fn size(&self) -> Size {
        self.video.size()
    }

    /// Pictures per second, on average; 25 where the file does not tell.
    pub fn frame_rate(&self) -> FrameRate {
        self.video.frame_rate()
    }

    /// What decodes the audio packets, if the file has sound.
    pub fn audio_config(&self) -> Option<Arc<AudioConfig>> {
        self.audio.as_ref().map(AudioTrack::config)
    }

    /// How long the file plays, where it tells.
    pub fn duration(&self) -> Option<MediaTime> {
        self.duration
    }

    /// What comes next on the timeline, which starts at zero; `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "it can fail, and can go on after `rewind`: no iterator"
    )]
    pub fn next(&mut self) -> Result<Option<Media>, FfmpegError> {
        self.fill_pictures()?;
        self.fill_sound()?;
        let picture_first = match (self.pictures.front(), self.sound.front()) {
            (Some(picture), Some(packet)) => picture.pts() < packet.pts,
            (picture, _) => picture.is_some(),
        };
        Ok(if picture_first {
            self.pictures.pop_front().map(Media::Picture)
        } else {
            self.sound.pop_front().map(Media::Audio)
        })
    }

    /// Goes back to the beginning; times start at zero again.
    ///
    /// The file is opened again, so that the second run is exactly like the first, whatever the container.
    pub fn rewind(&mut self) -> Result<(), FfmpegError> {
        *self = Self::open(&self.path)?;
        Ok(())
    }

    fn fill_pictures(&mut self) -> Result<(), FfmpegError> {
        while self.pictures.is_empty() && !self.video.is_finished() {
            if let Some(packet) = self.coded_video.pop_front() {
                self.video.decode(&packet, &mut self.pictures)?;
                self.decoded += 1;
            } else if self.ended {
                self.video.finish(&mut self.pictures)?;
            // Sound waits for the picture; more of it would only fill the memory.
            } else if self.audio.is_some() && self.sound.len() >= MAX_READ_AHEAD {
                return Ok(());
            } else {
                self.read()?;
            }
            if !self.video.has_begun() && (self.video.is_finished() || self.decoded >= MAX_UNSHOWN) {
                return Err(FfmpegError::NoPicture(self.path.clone()));
            }
        }
        Ok(())
    }

    fn fill_sound(&mut self) -> Result<(), FfmpegError> {
        while self.audio.is_some()
            && self.sound.is_empty()
            && !self.ended
            && self.coded_video.len() < MAX_READ_AHEAD
        {
            self.read()?;
        }
        Ok(())
    }

    /// Takes one packet from the file, or notes its end.
    fn read(&mut self) -> Result<(), FfmpegError> {
        let mut packet = CodedPacket::empty();
        let mut failures = 0;
        loop {
            match packet.read(&mut self.input) {
                Ok(()) => break,
                Err(Error::Eof) => {
                    self.end();
                    return Ok(());
                }
                Err(source) => {
                    failures += 1;
                    if failures >= MAX_FAILED_READS {
                        return Err(FfmpegError::File { path: self.path.clone(), source });
                    }
                }
            }
        }
        if packet.stream() == self.video.index() {
            self.coded_video.push_back(packet);
        } else if let Some(audio) = self.audio.as_mut().filter(|audio| audio.index() == packet.stream()) {
            audio.take(&packet, &mut self.sound);
        }
        Ok(())
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(audio) = &mut self.audio {
            audio.finish(&mut self.sound);
        }
    }
}

/// The track that players show: the one that libavformat finds best, unless that is a picture beside the sound.
fn moving_pictures(input: &Input) -> Option<Stream<'_>> {
    let best = input.streams().best(media::Type::Video).filter(|stream| !is_cover(stream));
    best.or_else(|| {
        let others = video_streams(input).filter(|stream| !is_cover(stream));
        // The first of the most promising ones, by what libavformat goes by as well.
        others.max_by_key(|stream| {
            let is_usual = stream.disposition().contains(Disposition::DEFAULT);
            (is_usual, stream.frames(), Reverse(stream.index()))
        })
    })
}

fn video_streams(input: &Input) -> impl Iterator<Item = Stream<'_>> {
    input.streams().filter(|stream| stream.parameters().medium() == media::Type::Video)
}

/// Whether the track is a cover or a thumbnail, which are marked alike.
fn is_cover(stream: &Stream<'_>) -> bool {
    stream.disposition().contains(Disposition::ATTACHED_PIC)
}

fn no_video(path: &Path, input: &Input) -> FfmpegError {
    let path = path.to_owned();
    if video_streams(input).any(|stream| is_cover(&stream)) {
        FfmpegError::CoverOnly(path)
    } else {
        FfmpegError::NoVideo(path)
    }
}
