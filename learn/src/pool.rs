//! The pairs that training draws its patches from, bounded; the oldest pair leaves first.

use std::collections::VecDeque;
use std::thread;

use media::ffmpeg::{Filter, Scaler};
use media::{Picture, Size};
use rand::Rng;

use crate::patch;
use crate::{Error, ErrorKind};

/// Two pictures of the same instant.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Low resolution, as the server decodes it.
    pub lr: Picture,
    /// The original in high resolution.
    pub hr: Picture,
}

/// Which patches are learnt from. "Hard" is what Lanczos upsampling is far from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// As they come.
    Any,
    /// The hardest of this many.
    Hardest(usize),
    /// The first that is harder than the mean of its picture, or else the hardest of this many.
    HarderThanPicture(usize),
}

/// A bounded pool of pairs. A pair costs `1 + 2·scale²` bytes per low-resolution pixel (1.1 MiB for 480x270 by 2).
pub struct PairPool {
    capacity: usize,
    scale: u8,
    lanczos: Scaler,
    samples: VecDeque<Sample>,
    /// Of the weights, up to and with each sample's.
    sums: Vec<f64>,
    pushed: u64,
    /// Share of its weight that a pair keeps when the next one comes.
    keep: f64,
}

/// A pair as training needs it, rows without gaps.
#[derive(Debug)]
struct Sample {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    /// Original less Lanczos upsampling, `scale` times the size.
    residual: Vec<i16>,
    /// Squared error of Lanczos upsampling, per sample of the residual.
    energy: f64,
    /// How likely patches come from here, against the others.
    weight: f64,
}

/// Where a patch was found.
#[derive(Clone, Copy)]
struct Place<'a> {
    sample: &'a Sample,
    x: usize,
    y: usize,
}

/// Luma and residual (code values) of patches, one after the other. It keeps its room from batch to batch.
#[derive(Debug, Default)]
pub(super) struct Patches {
    pub(super) luma: Vec<f32>,
    pub(super) residual: Vec<f32>,
}

impl PairPool {
    /// An empty pool for at most `capacity` pairs whose pictures differ by `scale`.
    pub fn new(capacity: usize, scale: u8) -> Self {
        let lanczos = Scaler::new(Filter::Lanczos);
        let samples = VecDeque::new();
        Self { capacity: capacity.max(1), scale, lanczos, samples, sums: Vec::new(), pushed: 0, keep: 1.0 }
    }

    /// Patches come from recent pairs more often: every new pair takes the weight of the older ones down to `keep` of it.
    #[must_use]
    pub fn with_recency(mut self, keep: f64) -> Self {
        self.keep = keep.clamp(f64::MIN_POSITIVE, 1.0);
        self
    }

    /// Adds a pair; a full pool drops its oldest. Lanczos upsampling is done here, once.
    pub fn push(&mut self, pair: &Pair) -> Result<(), Error> {
        let lr = pair.lr.size();
        let hr = pair.hr.size();
        if hr != lr.scaled(u32::from(self.scale)) {
            let what = format!("a pair has {lr} and {hr}; the second must be {} times the first", self.scale);
            return Err(Error::new(ErrorKind::Mismatch, what));
        }
        let lanczos = self.lanczos.scale(&pair.lr, hr)?;
        let rows = pair.hr.luma().rows().zip(lanczos.luma().rows());
        let difference = |(hr, lanczos): (&u8, &u8)| i16::from(*hr) - i16::from(*lanczos);
        let mut sample = Sample {
            width: lr.width as usize,
            height: lr.height as usize,
            luma: pair.lr.luma().rows().flatten().copied().collect(),
            residual: rows.flat_map(|(hr, lanczos)| hr.iter().zip(lanczos).map(difference)).collect(),
            energy: 0.0,
            weight: 1.0,
        };
        sample.energy = squared(&sample.residual) as f64 / sample.residual.len().max(1) as f64;
        // Before it is added: the newest pair has all of its weight.
        self.fade(self.keep, 0);
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.sum_up();
        self.pushed += 1;
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.samples.len()
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    pub fn scale(&self) -> u8 {
        self.scale
    }

    pub fn clear(&mut self) {
        self.samples.clear();
        self.sums.clear();
    }

    /// Takes the weight of all pairs but the newest `spared` down to `share` of it, after a change of scene: what came since
    /// counts more.
    pub fn fade(&mut self, share: f64, spared: usize) {
        let older = self.samples.len().saturating_sub(spared);
        for sample in self.samples.iter_mut().take(older) {
            sample.weight *= share;
        }
        self.sum_up();
    }

    fn sum_up(&mut self) {
        let weights = self.samples.iter().map(|sample| sample.weight);
        self.sums.clear();
        self.sums.extend(weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        }));
    }

    /// Draws patches of this (low-resolution) side, each turned in a random way, in place of what was in `patches`. They are
    /// cut out on so many threads, which changes nothing of what is drawn.
    pub(super) fn draw(
        &self,
        count: usize,
        side: usize,
        selection: Selection,
        random: &mut impl Rng,
        threads: usize,
        patches: &mut Patches,
    ) -> Result<(), Error> {
        let scale = usize::from(self.scale);
        let places = (0..count).map(|_| Ok((self.choose(side, selection, random)?, random.random())));
        let places = places.collect::<Result<Vec<(Place<'_>, u8)>, Error>>()?;
        patches.luma.clear();
        patches.residual.clear();
        if threads <= 1 {
            patches.append(&places, side, scale);
            return Ok(());
        }
        thread::scope(|scope| {
            let parts = places.chunks(count.div_ceil(threads)).map(|places| {
                scope.spawn(move || {
                    let mut patches = Patches::default();
                    patches.append(places, side, scale);
                    patches
                })
            });
            // All of them run before the first is waited for.
            for part in parts.collect::<Vec<_>>() {
                let part = part.join().expect("places are within their samples");
                patches.luma.extend_from_slice(&part.luma);
                patches.residual.extend_from_slice(&part.residual);
            }
        });
        Ok(())
    }

    fn choose(&self, side: usize, selection: Selection, random: &mut impl Rng) -> Result<Place<'_>, Error> {
        let first = self.place(side, random)?;
        let (candidates, is_first_enough) = match selection {
            Selection::Any => return Ok(first),
            Selection::Hardest(candidates) => (candidates, false),
            Selection::HarderThanPicture(candidates) => (candidates, true),
        };
        let mut chosen = first;
        let mut worst = self.energy(first, side);
        // Easy patches, black ones and sky, teach little and would come up most often.
        for _ in 1..candidates {
            if is_first_enough && worst >= chosen.sample.energy {
                break;
            }
            let place = self.place(side, random)?;
            let energy = self.energy(place, side);
            if energy > worst {
                chosen = place;
                worst = energy;
            }
        }
        Ok(chosen)
    }

    fn place(&self, side: usize, random: &mut impl Rng) -> Result<Place<'_>, Error> {
        let sample = self.pick(random).ok_or_else(Error::empty)?;
        if sample.width < side || sample.height < side {
            let lr = Size { width: sample.width as u32, height: sample.height as u32 };
            return Err(Error::too_small(lr, side));
        }
        let x = random.random_range(0..=sample.width - side);
        let y = random.random_range(0..=sample.height - side);
        Ok(Place { sample, x, y })
    }

    /// A pair, each as likely as its weight says.
    fn pick(&self, random: &mut impl Rng) -> Option<&Sample> {
        let last = self.samples.len().checked_sub(1)?;
        let point = random.random_range(0.0..1.0) * self.sums.last()?;
        // Rounding may leave a little of the total at the end.
        self.samples.get(self.sums.partition_point(|&sum| sum <= point).min(last))
    }

    /// Squared error of Lanczos upsampling in a patch, per sample.
    fn energy(&self, Place { sample, x, y }: Place<'_>, side: usize) -> f64 {
        let scale = usize::from(self.scale);
        let stride = scale * sample.width;
        let side = scale * side;
        let rows = (scale * y..scale * y + side).map(|y| &sample.residual[y * stride + scale * x..][..side]);
        rows.map(squared).sum::<u64>() as f64 / (side * side) as f64
    }
}

impl Patches {
    /// Cuts these patches out, each turned as its number says.
    fn append(&mut self, places: &[(Place<'_>, u8)], side: usize, scale: usize) {
        for &(Place { sample, x, y }, orientation) in places {
            patch::copy(&sample.luma, sample.width, (x, y), side, orientation, &mut self.luma, f32::from);
            let at = (scale * x, scale * y);
            let stride = scale * sample.width;
            patch::copy(
                &sample.residual,
                stride,
                at,
                scale * side,
                orientation,
                &mut self.residual,
                f32::from,
            );
        }
    }
}

fn squared(residual: &[i16]) -> u64 {
    // A run of squares of 9 bits fits 32 bits, which the compiler adds up many at a time.
    residual
        .chunks(1 << 12)
        .map(|run| u64::from(run.iter().map(|&value| i32::from(value).pow(2) as u32).sum::<u32>()))
        .sum()
}

#[cfg(test)]
mod tests;
