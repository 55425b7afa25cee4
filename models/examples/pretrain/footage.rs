//! Clips as streams show them: scaled down, coded at a bitrate, decoded again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use media::{
    Colour, FrameRate, MediaTime, Picture, Size,
    ffmpeg::{
        Decoder, Encoder, EncoderSettings, FileReader, Filter, KeyFrames, Media, PictureType, Preset,
        RateControl, Scaler,
    },
};
use models::train::{Pair, PairPool};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Originals are no larger than this: clips that were coded thinly before we got them are sharp again at this size.
const LARGEST: Size = Size { width: 960, height: 540 };
/// Bitrates of the low-resolution stream to learn from, and the filters that made it small.
pub(crate) const WAYS: [(u32, Filter); 5] = [
    (250_000, Filter::Area),
    (400_000, Filter::Area),
    (600_000, Filter::Bicubic),
    (800_000, Filter::Area),
    (1_200_000, Filter::Area),
];
/// Of every clip's pictures, the last tenth is kept from training and one is judged by, in every way.
const JUDGED_SHARE: f64 = 0.1;

/// What was gathered besides the pool.
pub(crate) struct Material {
    /// Pairs that are not trained on.
    pub(crate) judged: Vec<Pair>,
    /// Pictures that were coded and not kept.
    pub(crate) skipped: usize,
}

/// The clips in these folders, sorted.
pub(crate) fn clips(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut clips = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "mp4" || extension == "mpg") {
                clips.push(path);
            }
        }
    }
    clips.sort();
    Ok(clips)
}

/// Fills the pool with about `wanted` pairs, evenly from all clips in all ways, and keeps some to judge by.
pub(crate) fn gather(folders: &[PathBuf], pool: &mut PairPool, wanted: usize, seed: u64) -> Result<Material> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let clips = clips(folders)?;
    let (mut judged, mut skipped, mut learnt) = (Vec::new(), 0, Vec::new());
    let share = wanted.div_ceil(WAYS.len() * clips.len().max(1));
    for clip in &clips {
        let originals = originals(clip)?;
        let border = border(originals.len());
        let judge = usize::midpoint(border, originals.len());
        for (bitrate, filter) in WAYS {
            let offset = random.random_range(0..border.div_ceil(share).max(1));
            let learn: Vec<_> = (0..share).map(|index| offset + index * border / share).collect();
            for (index, pair) in coded(&originals, bitrate, filter)?.into_iter().enumerate() {
                if index < border && learn.contains(&index) {
                    learnt.push(pair);
                } else if index == judge {
                    judged.push(pair);
                } else {
                    skipped += 1;
                }
            }
        }
    }
    learnt.shuffle(&mut random);
    for pair in &learnt {
        pool.push(pair)?;
    }
    Ok(Material { judged, skipped })
}

/// Pictures of a clip before this one may be trained on.
pub(crate) fn border(pictures: usize) -> usize {
    (pictures as f64 * (1.0 - JUDGED_SHARE)) as usize
}

/// The clip's pictures, scaled to at most [`LARGEST`].
pub(crate) fn originals(clip: &Path) -> Result<Vec<Picture>> {
    let mut reader = FileReader::open(clip).with_context(|| format!("cannot open {}", clip.display()))?;
    let mut area = Scaler::new(Filter::Area);
    let mut pictures = Vec::new();
    while let Some(media) = reader.next()? {
        if let Media::Picture(picture) = media {
            pictures.push(area.scale(&picture, fitted(picture.size()))?);
        }
    }
    Ok(pictures)
}

/// Within [`LARGEST`], in proportion, both sides multiples of 4, so that half of it is even.
fn fitted(size: Size) -> Size {
    let factor = (f64::from(LARGEST.width) / f64::from(size.width))
        .min(f64::from(LARGEST.height) / f64::from(size.height))
        .min(1.0);
    let side = |side: u32| (f64::from(side) * factor / 4.0).round() as u32 * 4;
    Size { width: side(size.width), height: side(size.height) }
}

/// Each original with what a viewer gets of it at half the size and this bitrate.
pub(crate) fn coded(originals: &[Picture], bitrate: u32, filter: Filter) -> Result<Vec<Pair>> {
    let Some(first) = originals.first() else { return Ok(Vec::new()) };
    let (hr, rate) = (first.size(), FrameRate::whole(30));
    let size = Size { width: hr.width / 2, height: hr.height / 2 };
    let mut scaler = Scaler::new(filter);
    let mut encoder = Encoder::new(&EncoderSettings {
        size,
        frame_rate: rate,
        rate: RateControl::Bitrate(bitrate),
        preset: Preset::Veryfast,
        key_frames: KeyFrames::Every(MediaTime::from_millis(2000)),
        threads: 1,
        colour: Colour::default(),
    })?;
    let mut decoder = Decoder::avc(&encoder.config())?;
    let mut decoded = Vec::with_capacity(originals.len());
    for (index, original) in originals.iter().enumerate() {
        let mut lr = scaler.scale(original, size)?;
        lr.set_pts(rate.time_of(index as i64));
        encoder.push(&lr, PictureType::Auto)?;
        while let Some(packet) = encoder.pull()? {
            decoder.push(&packet)?;
            decoded.extend(std::iter::from_fn(|| decoder.pull().transpose()).collect::<Result<Vec<_>, _>>()?);
        }
    }
    encoder.finish();
    while let Some(packet) = encoder.pull()? {
        decoder.push(&packet)?;
        decoded.extend(std::iter::from_fn(|| decoder.pull().transpose()).collect::<Result<Vec<_>, _>>()?);
    }
    decoder.finish();
    decoded.extend(std::iter::from_fn(|| decoder.pull().transpose()).collect::<Result<Vec<_>, _>>()?);
    anyhow::ensure!(
        decoded.len() == originals.len(),
        "{} of {} pictures came back",
        decoded.len(),
        originals.len()
    );
    Ok(decoded.into_iter().zip(originals).map(|(lr, hr)| Pair { lr, hr: hr.clone() }).collect())
}
