//! Clips as originals, and as their viewers get them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use media::ffmpeg::{
    Coder, Decoder, Encoder, EncoderSettings, FileReader, Filter, Media, Preset, RateControl, Scaler,
};
use media::{FrameRate, MediaTime, Packet, Picture, Size, VideoConfig};
use streamer::coder::{Key, Transcoder, TranscoderSettings};
use streamer::config::codable;

use super::coders::ThinCoder;
use crate::processor_time;

/// Milliseconds that x264 looks ahead in OBS: veryfast's ten pictures, at 24 to 30 a second.
const OBS_LOOK_AHEAD: i64 = 350;
/// Milliseconds from one keyframe to the next, as streaming services ask for.
const OBS_KEY_INTERVAL: i64 = 2_000;

/// A clip's originals.
pub struct Clip {
    /// Its file's name, without what only says how it is stored.
    pub name: String,
    /// Pictures at the size that viewers should see.
    pub pictures: Vec<Picture>,
    pub rate: FrameRate,
}

/// What came out of encoder and decoder.
pub struct Coded {
    /// One for every original.
    pub pictures: Vec<Picture>,
    /// Bits a second that it took.
    pub bitrate: f64,
    /// Processor seconds that coding a second took, scaling included.
    pub coding: f64,
    /// The same for decoding.
    pub decoding: f64,
}

/// What can be coded with: one shape for the streamer's path and for OBS's.
trait Coding {
    fn config(&self) -> Arc<VideoConfig>;
    fn push(&mut self, picture: &Picture) -> Result<()>;
    fn pull(&mut self) -> Result<Option<Packet>>;
    fn finish(&mut self);
}

impl Coding for Transcoder {
    fn config(&self) -> Arc<VideoConfig> {
        Self::config(self)
    }

    fn push(&mut self, picture: &Picture) -> Result<()> {
        ensure!(Self::push(self, picture, Key::Interval)?, "a picture was left out");
        Ok(())
    }

    fn pull(&mut self) -> Result<Option<Packet>> {
        Ok(Self::pull(self)?)
    }

    fn finish(&mut self) {
        Self::finish(self);
    }
}

impl Coding for Encoder {
    fn config(&self) -> Arc<VideoConfig> {
        Self::config(self)
    }

    fn push(&mut self, picture: &Picture) -> Result<()> {
        Ok(Self::push(self, picture, false)?)
    }

    fn pull(&mut self) -> Result<Option<Packet>> {
        Ok(Self::pull(self)?)
    }

    fn finish(&mut self) {
        Self::finish(self);
    }
}

/// The clips in a folder, sorted by name.
pub fn clips(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut clips = listing.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    clips.retain(|path| path.extension().is_some_and(|extension| extension == "mp4"));
    clips.sort();
    ensure!(!clips.is_empty(), "{} has no .mp4 files; name another folder with --data", folder.display());
    Ok(clips)
}

impl Clip {
    /// Reads a file, or so many seconds of it. Larger ones are brought down to `largest`: clips that
    /// were coded thinly before we got them are sharp again at a small size.
    pub fn read(path: &Path, seconds: Option<f64>, largest: Size) -> Result<Self> {
        let mut reader = FileReader::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut clip = Self {
            name: stem.split('_').next().unwrap_or_default().to_owned(),
            pictures: Vec::new(),
            rate: reader.frame_rate(),
        };
        let mut area = Scaler::new(Filter::Area);
        let most = seconds.map_or(usize::MAX, |seconds| (seconds * clip.rate.as_f64()).round() as usize);
        while clip.pictures.len() < most
            && let Some(media) = reader.next()?
        {
            if let Media::Picture(picture) = media {
                let mut original = area.scale(&picture, fitted(picture.size(), largest))?;
                original.set_pts(clip.rate.time_of(clip.pictures.len() as i64));
                clip.pictures.push(original);
            }
        }
        ensure!(!clip.pictures.is_empty(), "{} has no pictures", path.display());
        Ok(clip)
    }

    /// Size of the originals.
    pub fn size(&self) -> Result<Size> {
        Ok(codable(self.pictures[0].size())?)
    }

    /// Size of the thin stream.
    pub fn half(&self) -> Result<Size> {
        let Size { width, height } = self.pictures[0].size();
        Ok(codable(Size { width: width / 2, height: height / 2 })?)
    }

    /// Seconds that it lasts.
    pub fn seconds(&self) -> f64 {
        self.pictures.len() as f64 / self.rate.as_f64()
    }

    /// Codes the clip as the streamer does, and decodes it as the server does.
    pub fn code(&self, by: &ThinCoder, size: Size, bitrate: u32) -> Result<Coded> {
        let settings = TranscoderSettings {
            size,
            bitrate: bitrate.to_string().parse()?,
            frame_rate: self.rate,
            colour: self.pictures[0].colour(),
            latency: by.latency,
            chosen: by.chosen(),
        };
        self.through(Transcoder::new(settings)?)
    }

    /// Codes the clip in its own size as OBS does by itself: x264 veryfast with look-ahead and B-frames at a constant bitrate,
    /// a keyframe every two seconds.
    pub fn code_as_obs(&self, bitrate: u32) -> Result<Coded> {
        let settings = EncoderSettings {
            size: self.size()?,
            frame_rate: self.rate,
            rate: RateControl::Bitrate(bitrate),
            coder: Coder::X264(Preset::Veryfast),
            look_ahead: Some(MediaTime::from_millis(OBS_LOOK_AHEAD)),
            key_interval: Some(MediaTime::from_millis(OBS_KEY_INTERVAL)),
            threads: 1,
            colour: self.pictures[0].colour(),
            aspect: self.pictures[0].pixel_aspect(),
        };
        self.through(Encoder::new(&settings)?)
    }

    fn through(&self, mut coding: impl Coding) -> Result<Coded> {
        let mut packets = Vec::with_capacity(self.pictures.len());
        let before = processor_time();
        for original in &self.pictures {
            coding.push(original)?;
            while let Some(packet) = coding.pull()? {
                packets.push(packet);
            }
        }
        coding.finish();
        while let Some(packet) = coding.pull()? {
            packets.push(packet);
        }
        let coding_seconds = processor_time() - before;
        let pictures = decode(&coding.config(), &packets)?;
        ensure!(pictures.len() == self.pictures.len(), "the coder lost pictures");
        let decoding_seconds = processor_time() - before - coding_seconds;
        let (seconds, bytes) =
            (self.seconds(), packets.iter().map(|packet| packet.data.len()).sum::<usize>());
        Ok(Coded {
            pictures,
            bitrate: bytes as f64 * 8.0 / seconds,
            coding: coding_seconds / seconds,
            decoding: decoding_seconds / seconds,
        })
    }
}

/// All pictures of a stream, in the order in which they are shown.
pub fn decode(config: &VideoConfig, packets: &[Packet]) -> Result<Vec<Picture>> {
    let mut decoder = Decoder::new(config)?;
    let mut pictures = Vec::with_capacity(packets.len());
    for packet in packets {
        decoder.push(packet)?;
        while let Some(picture) = decoder.pull()? {
            pictures.push(picture);
        }
    }
    decoder.finish();
    while let Some(picture) = decoder.pull()? {
        pictures.push(picture);
    }
    Ok(pictures)
}

/// Within `largest`, in proportion, both sides multiples of 4, so that half of it is even.
pub fn fitted(size: Size, largest: Size) -> Size {
    let factor = (f64::from(largest.width) / f64::from(size.width))
        .min(f64::from(largest.height) / f64::from(size.height))
        .min(1.0);
    let side = |side: u32| (f64::from(side) * factor / 4.0).round() as u32 * 4;
    Size { width: side(size.width), height: side(size.height) }
}
