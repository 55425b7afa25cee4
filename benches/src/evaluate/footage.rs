//! Clips as originals, and as their viewers get them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use media::ffmpeg::{Coder, Decoder, FileReader, Filter, Media, Preset, Scaler};
use media::{FrameRate, Picture, Size};
use streamer::coder::{Chosen, Key, Latency, Transcoder, TranscoderSettings};
use streamer::config::codable;

/// Originals are no larger than this: clips that were coded thinly before we got them are sharp again at this size.
pub const LARGEST: Size = Size { width: 960, height: 540 };

/// A clip's originals.
pub struct Clip {
    /// Its file's name, without what only says how it is stored.
    pub name: String,
    /// Pictures at the size that viewers should see.
    pub pictures: Vec<Picture>,
    rate: FrameRate,
}

/// What came out of encoder and decoder.
pub struct Coded {
    /// One for every original.
    pub pictures: Vec<Picture>,
    /// Bits a second that it took.
    pub bitrate: f64,
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
    /// Reads these pictures of a file, or as many of them as it has.
    pub fn read(path: &Path, wanted: Range<usize>) -> Result<Self> {
        let mut reader = FileReader::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut clip = Self {
            name: stem.split('_').next().unwrap_or_default().to_owned(),
            pictures: Vec::new(),
            rate: reader.frame_rate(),
        };
        let mut area = Scaler::new(Filter::Area);
        let mut seen = 0;
        while seen < wanted.end
            && let Some(media) = reader.next()?
        {
            if let Media::Picture(picture) = media {
                seen += 1;
                if seen <= wanted.start {
                    continue;
                }
                let mut original = area.scale(&picture, fitted(picture.size()))?;
                original.set_pts(clip.rate.time_of(clip.pictures.len() as i64));
                clip.pictures.push(original);
            }
        }
        ensure!(!clip.pictures.is_empty(), "{} has no pictures from {} on", path.display(), wanted.start);
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

    /// Codes the clip as the streamer does, and decodes it as the server does.
    pub fn code(&self, size: Size, bitrate: u32) -> Result<Coded> {
        let bitrate = bitrate.to_string().parse()?;
        let colour = self.pictures[0].colour();
        let (frame_rate, latency) = (self.rate, Latency::Normal);
        let chosen = Chosen { coder: Coder::X264(Preset::Faster), threads: 1 };
        let mut transcoder =
            Transcoder::new(TranscoderSettings { size, bitrate, frame_rate, colour, latency, chosen })?;
        let mut decoder = Decoder::new(&transcoder.config())?;
        let (mut pictures, mut bytes) = (Vec::with_capacity(self.pictures.len()), 0);
        let mut decode = |transcoder: &mut Transcoder, decoder: &mut Decoder| -> Result<()> {
            while let Some(packet) = transcoder.pull()? {
                bytes += packet.data.len();
                decoder.push(&packet)?;
                pictures.extend(
                    std::iter::from_fn(|| decoder.pull().transpose()).collect::<Result<Vec<_>, _>>()?,
                );
            }
            Ok(())
        };
        for original in &self.pictures {
            transcoder.push(original, Key::Interval)?;
            decode(&mut transcoder, &mut decoder)?;
        }
        transcoder.finish();
        decode(&mut transcoder, &mut decoder)?;
        decoder.finish();
        pictures.extend(std::iter::from_fn(|| decoder.pull().transpose()).collect::<Result<Vec<_>, _>>()?);
        ensure!(pictures.len() == self.pictures.len(), "the coder lost pictures");
        let seconds = self.pictures.len() as f64 / self.rate.as_f64();
        Ok(Coded { pictures, bitrate: bytes as f64 * 8.0 / seconds })
    }
}

/// Within [`LARGEST`], in proportion, both sides multiples of 4, so that half of it is even.
pub fn fitted(size: Size) -> Size {
    let factor = (f64::from(LARGEST.width) / f64::from(size.width))
        .min(f64::from(LARGEST.height) / f64::from(size.height))
        .min(1.0);
    let side = |side: u32| (f64::from(side) * factor / 4.0).round() as u32 * 4;
    Size { width: side(size.width), height: side(size.height) }
}
