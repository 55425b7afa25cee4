//! Clips as streams show them: scaled down, coded at a bitrate, decoded again.

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};
use media::ffmpeg::{
    Coder, Decoder, Encoder, EncoderSettings, FileReader, Filter, Media, Preset, RateControl, Scaler,
};
use media::picture::Component;
use media::{Colour, FrameRate, MediaTime, Picture, PixelAspect, Size};
use rand::Rng;

use crate::clips::Clip;
use crate::progress::Progress;

/// Originals are no larger than this: clips that were coded thinly before we got them are sharp again at this size.
const LARGEST: Size = Size { width: 960, height: 540 };
/// Whatever rate a clip was taken at, the low-resolution stream shows its pictures at this one.
pub(crate) const RATE: FrameRate = FrameRate { num: 30, den: 1 };

/// What an encoder that looks ahead sees of what follows.
const AHEAD: MediaTime = MediaTime::from_millis(1_000);

/// Held by who codes with SVT-AV1: it crashes where a process has two at once, because they share tables.
static SVT_AV1: Mutex<()> = Mutex::new(());
/// Threads that SVT-AV1 codes with, if there are as many cores: it has to be quick, for the next one waits for it.
const SVT_AV1_THREADS: usize = 4;

/// How the low-resolution stream is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) coding: Coding,
    /// Bits per second.
    pub(crate) bitrate: u32,
    /// What makes pictures small.
    pub(crate) filter: Filter,
}

/// What the streamer codes with. Each leaves traces of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// x264, every picture at once.
    Low,
    /// x264, with look-ahead.
    Ahead,
    /// SVT-AV1, with look-ahead.
    Av1,
}

impl Coding {
    pub(crate) const ALL: [Self; 3] = [Self::Low, Self::Ahead, Self::Av1];

    /// As the streamer has it for pictures of this size.
    const fn settings(self) -> (Coder, Option<MediaTime>) {
        match self {
            Self::Low => (Coder::X264(Preset::Veryfast), None),
            Self::Ahead => (Coder::X264(Preset::Faster), Some(AHEAD)),
            Self::Av1 => (Coder::SvtAv1(10), Some(AHEAD)),
        }
    }
}

impl Way {
    pub(crate) const fn new(coding: Coding, bitrate: u32, filter: Filter) -> Self {
        Self { coding, bitrate, filter }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "x264 at once",
            Self::Ahead => "x264 ahead",
            Self::Av1 => "SVT-AV1",
        })
    }
}

/// The clip's pictures, scaled to at most [`LARGEST`].
pub(crate) fn originals(clip: &Clip) -> Result<Vec<Picture>> {
    let path = &clip.path;
    let mut reader = FileReader::open(path).with_context(|| format!("cannot open {}", path.display()))?;
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

/// What a viewer gets of each original at half the size, in each of these ways, which are coded on threads of their own.
pub(crate) fn coded(originals: &[Picture], ways: &[Way]) -> Result<Vec<Vec<Picture>>> {
    thread::scope(|scope| {
        let coding = ways.iter().map(|&way| scope.spawn(move || coded_in(originals, way)));
        // All of them begin before the first is waited for.
        let coding: Vec<_> = coding.collect();
        coding.into_iter().map(|way| way.join().expect("coding does not panic")).collect()
    })
}

fn coded_in(originals: &[Picture], way: Way) -> Result<Vec<Picture>> {
    let Some(first) = originals.first() else { return Ok(Vec::new()) };
    let Size { width, height } = first.size();
    let size = Size { width: width / 2, height: height / 2 };
    let mut scaler = Scaler::new(way.filter);
    let (coder, look_ahead) = way.coding.settings();
    let alone = (way.coding == Coding::Av1).then(|| SVT_AV1.lock());
    let threads = alone.as_ref().map_or(1, |_| SVT_AV1_THREADS.min(cores()) as u32);
    let mut encoder = Encoder::new(&EncoderSettings {
        size,
        frame_rate: RATE,
        rate: RateControl::Bitrate(way.bitrate),
        coder,
        look_ahead,
        key_interval: Some(MediaTime::from_millis(2000)),
        threads,
        colour: Colour::default(),
        aspect: PixelAspect::SQUARE,
    })?;
    let mut decoder = Decoder::new(&encoder.config())?;
    let mut pictures = Vec::new();
    for (original, index) in originals.iter().zip(0..) {
        let mut lr = scaler.scale(original, size)?;
        lr.set_pts(RATE.time_of(index));
        encoder.push(&lr, false)?;
        decode(&mut encoder, &mut decoder, &mut pictures)?;
    }
    encoder.finish();
    decode(&mut encoder, &mut decoder, &mut pictures)?;
    decoder.finish();
    pull(&mut decoder, &mut pictures)?;
    // Each stands beside its original by its number.
    let times = (0..originals.len() as i64).map(|index| RATE.time_of(index));
    let is_whole = pictures.iter().map(Picture::pts).eq(times);
    ensure!(is_whole, "of {} pictures, {} came back by {}", originals.len(), pictures.len(), way.coding);
    Ok(pictures)
}

/// Decodes what the encoder has ready.
fn decode(encoder: &mut Encoder, decoder: &mut Decoder, pictures: &mut Vec<Picture>) -> Result<()> {
    while let Some(packet) = encoder.pull()? {
        decoder.push(&packet)?;
        pull(decoder, pictures)?;
    }
    Ok(())
}

fn pull(decoder: &mut Decoder, pictures: &mut Vec<Picture>) -> Result<()> {
    while let Some(picture) = decoder.pull()? {
        pictures.push(picture);
    }
    Ok(())
}

/// A copy with samples of its own. A scaler's or decoder's picture, kept, keeps the memory of all that it ever made.
pub(crate) fn own(picture: &Picture) -> Picture {
    let mut copy = Picture::new(picture.size());
    copy.copy_properties_from(picture);
    for component in Component::ALL {
        for (to, from) in copy.plane_mut(component).rows_mut().zip(picture.plane(component).rows()) {
            to.copy_from_slice(from);
        }
    }
    copy
}

/// What to take from clips.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take {
    /// Runs from all clips in all ways together; rounded up to as many from each, and fewer where clips are short.
    pub(crate) runs: usize,
    /// Consecutive pictures in a run.
    pub(crate) length: usize,
    /// Each clip is coded in one way of so many, the next one in others: that takes less time.
    pub(crate) one_in: usize,
}

/// Takes runs evenly from all clips in all ways: what viewers get, and the originals.
///
/// A few clips at a time are in memory, with all of their codings (a GB for 12 s): whoever takes a run copies what is to stay.
pub(crate) fn take(
    clips: &[Clip],
    ways: &[Way],
    take: Take,
    random: &mut impl Rng,
    mut each: impl FnMut(&[Picture], &[Picture]) -> Result<()>,
) -> Result<()> {
    let codings = (clips.len() * ways.len()).div_ceil(take.one_in);
    let of_each = take.runs.div_ceil(codings.max(1)).max(1);
    let bar = Progress::new("coding", clips.len() as u64, 0);
    // The ways of one clip do not keep more cores busy than this.
    let at_once = 1 + cores() / 8;
    let numbered: Vec<_> = clips.iter().enumerate().collect();
    for clips in numbered.chunks(at_once) {
        thread::scope(|scope| {
            let coding = clips.iter().map(|&(number, clip)| {
                let ways = ways.iter().skip(number % take.one_in).step_by(take.one_in).copied();
                scope.spawn(move || shown(clip, &ways.collect::<Vec<_>>()))
            });
            // All of them begin before the first is waited for.
            for clip in coding.collect::<Vec<_>>() {
                let (originals, coded) = clip.join().expect("coding does not panic")?;
                for coded in coded {
                    for run in spread(originals.len(), take.length, of_each, random) {
                        each(&coded[run.clone()], &originals[run])?;
                    }
                }
                bar.step();
            }
            anyhow::Ok(())
        })?;
    }
    Ok(())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A clip, and what viewers get of it.
fn shown(clip: &Clip, ways: &[Way]) -> Result<(Vec<Picture>, Vec<Vec<Picture>>)> {
    let originals = originals(clip)?;
    let coded = coded(&originals, ways).with_context(|| format!("cannot code {}", clip.name))?;
    Ok((originals, coded))
}

/// Up to `wanted` runs of `length` pictures out of `count`, one at random in each of as many equal stretches.
fn spread(count: usize, length: usize, wanted: usize, random: &mut impl Rng) -> Vec<Range<usize>> {
    let room = (count + 1).saturating_sub(length);
    let stretches = (0..wanted).map(|index| index * room / wanted..(index + 1) * room / wanted);
    let starts = stretches.filter(|stretch| !stretch.is_empty()).map(|stretch| random.random_range(stretch));
    starts.map(|start| start..start + length).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn runs_are_spread_over_the_whole_clip() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let runs = spread(103, 4, 10, &mut random);
        assert_eq!(runs.len(), 10);
        for (index, run) in runs.iter().enumerate() {
            assert!(run.len() == 4 && (index * 10..(index + 1) * 10).contains(&run.start), "{run:?}");
        }
        let mut count = |pictures, length, wanted| spread(pictures, length, wanted, &mut random).len();
        assert_eq!(
            [(4, 4, 3), (3, 4, 3), (5, 1, 9), (9, 1, 0)].map(|(p, l, w)| count(p, l, w)),
            [1, 0, 5, 0]
        );
    }

    #[test]
    fn originals_fit_and_halve() {
        let fitted = |width, height| fitted(Size { width, height });
        assert_eq!(fitted(1920, 1080), LARGEST);
        assert_eq!(fitted(640, 272), Size { width: 640, height: 272 });
        assert_eq!(fitted(704, 576), Size { width: 660, height: 540 });
    }

    #[test]
    fn every_original_comes_back_at_half_the_size() {
        let mut original = Picture::new(Size { width: 160, height: 128 });
        for component in Component::ALL {
            original.plane_mut(component).fill(90);
        }
        let originals = vec![original; 5];
        let ways = Coding::ALL.map(|coding| Way::new(coding, 250_000, Filter::Area));
        for coded in coded(&originals, &ways).unwrap() {
            assert_eq!(coded.len(), 5);
            let last = own(&coded[4]);
            assert_eq!(last.size(), Size { width: 80, height: 64 });
            assert!(last.luma().rows().flatten().all(|value| value.abs_diff(90) < 3));
        }
    }
}
