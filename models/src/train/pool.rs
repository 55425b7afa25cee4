//! The pairs that training draws its patches from, bounded; the oldest pair leaves first.

use std::collections::VecDeque;

use media::{
    ffmpeg::{Filter, Scaler},
    picture::Picture,
};
use rand::Rng;

use super::{TrainError, patch::Orientation};

/// Two pictures of the same instant.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Low resolution, as the server decodes it.
    pub lr: Picture,
    /// The original in high resolution.
    pub hr: Picture,
}

/// A bounded pool of pairs. A pair costs `1 + 2·scale²` bytes per low-resolution pixel (1.1 MiB for 480x270 by 2).
pub struct PairPool {
    capacity: usize,
    scale: u8,
    lanczos: Scaler,
    samples: VecDeque<Sample>,
    pushed: u64,
}

/// A pair as training needs it, rows without gaps.
#[derive(Debug)]
struct Sample {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    /// Original less plain up-sampling, `scale` times the size.
    residual: Vec<i16>,
}

/// Where a patch was found.
#[derive(Clone, Copy)]
struct Place {
    sample: usize,
    x: usize,
    y: usize,
}

/// What patches to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    /// Side of the low-resolution patch.
    pub(super) patch: usize,
    /// Patches to look at for each that is taken.
    pub(super) candidates: usize,
}

impl PairPool {
    /// An empty pool for at most `capacity` pairs whose pictures differ by `scale`.
    pub fn new(capacity: usize, scale: u8) -> Self {
        let samples = VecDeque::new();
        Self { capacity: capacity.max(1), scale, lanczos: Scaler::new(Filter::Lanczos), samples, pushed: 0 }
    }

    /// Adds a pair; a full pool drops its oldest. Plain up-sampling is done here, once.
    pub fn push(&mut self, pair: &Pair) -> Result<(), TrainError> {
        let (lr, hr) = (pair.lr.size(), pair.hr.size());
        if hr != lr.scaled(u32::from(self.scale)) {
            return Err(TrainError::PairSize { lr, hr, scale: self.scale });
        }
        let plain = self.lanczos.scale(&pair.lr, hr)?;
        let rows = pair.hr.luma().rows().zip(plain.luma().rows());
        let difference = |(hr, plain): (&u8, &u8)| i16::from(*hr) - i16::from(*plain);
        let sample = Sample {
            width: lr.width as usize,
            height: lr.height as usize,
            luma: pair.lr.luma().rows().flatten().copied().collect(),
            residual: rows.flat_map(|(hr, plain)| hr.iter().zip(plain).map(difference)).collect(),
        };
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.pushed += 1;
        Ok(())
    }

    /// Pairs in the pool.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is nothing to train on.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Pairs that were ever added.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Up-scaling factor of the pairs.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// Forgets all pairs, after a change of scene.
    pub fn clear(&mut self) {
        self.samples.clear();
    }

    /// Draws a patch and appends its luma (code values) and its residual (code values), turned in a random way.
    pub(super) fn draw(
        &self,
        draw: Draw,
        random: &mut impl Rng,
        luma: &mut Vec<f32>,
        residual: &mut Vec<f32>,
    ) -> Result<(), TrainError> {
        let scale = usize::from(self.scale);
        let mut chosen = self.place(draw.patch, random)?;
        let mut worst = if draw.candidates > 1 { self.energy(chosen, draw.patch) } else { 0 };
        for _ in 1..draw.candidates {
            let place = self.place(draw.patch, random)?;
            let energy = self.energy(place, draw.patch);
            if energy > worst {
                (chosen, worst) = (place, energy);
            }
        }
        let Place { sample, x, y } = chosen;
        let sample = &self.samples[sample];
        let orientation = Orientation::new(random.random());
        orientation.copy(&sample.luma, sample.width, (x, y), draw.patch, luma, f32::from);
        let (at, side) = ((scale * x, scale * y), scale * draw.patch);
        orientation.copy(&sample.residual, scale * sample.width, at, side, residual, f32::from);
        Ok(())
    }

    fn place(&self, patch: usize, random: &mut impl Rng) -> Result<Place, TrainError> {
        if self.samples.is_empty() {
            return Err(TrainError::NoPairs);
        }
        let index = random.random_range(0..self.samples.len());
        let sample = &self.samples[index];
        if sample.width < patch || sample.height < patch {
            let lr = media::picture::Size { width: sample.width as u32, height: sample.height as u32 };
            return Err(TrainError::TooSmall { lr, patch });
        }
        let x = random.random_range(0..=sample.width - patch);
        let y = random.random_range(0..=sample.height - patch);
        Ok(Place { sample: index, x, y })
    }

    /// Squared error of plain up-sampling in a patch.
    fn energy(&self, place: Place, patch: usize) -> u64 {
        let scale = usize::from(self.scale);
        let sample = &self.samples[place.sample];
        let (stride, side) = (scale * sample.width, scale * patch);
        let rows = (scale * place.y..scale * place.y + side)
            .map(|y| &sample.residual[y * stride + scale * place.x..][..side]);
        let square = |&value: &i16| i32::from(value).pow(2) as u32;
        rows.map(|row| u64::from(row.iter().map(square).sum::<u32>())).sum()
    }
}
