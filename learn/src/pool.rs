//! The pairs that training draws its patches from, bounded; the oldest pair leaves first.

use std::collections::VecDeque;

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

impl PairPool {
    /// An empty pool for at most `capacity` pairs whose pictures differ by `scale`.
    pub fn new(capacity: usize, scale: u8) -> Self {
        let lanczos = Scaler::new(Filter::Lanczos);
        Self { capacity: capacity.max(1), scale, lanczos, samples: VecDeque::new(), pushed: 0, keep: 1.0 }
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
    }

    /// Takes the weight of all pairs but the newest `spared` down to `share` of it, after a change of scene: what came since
    /// counts more.
    pub fn fade(&mut self, share: f64, spared: usize) {
        let older = self.samples.len().saturating_sub(spared);
        for sample in self.samples.iter_mut().take(older) {
            sample.weight *= share;
        }
    }

    /// Draws a patch of this (low-resolution) side and appends its luma and its residual (code values), turned in a random way.
    pub(super) fn draw(
        &self,
        side: usize,
        selection: Selection,
        random: &mut impl Rng,
        luma: &mut Vec<f32>,
        residual: &mut Vec<f32>,
    ) -> Result<(), Error> {
        let scale = usize::from(self.scale);
        let Place { sample, x, y } = self.choose(side, selection, random)?;
        let orientation: u8 = random.random();
        patch::copy(&sample.luma, sample.width, (x, y), side, orientation, luma, f32::from);
        let at = (scale * x, scale * y);
        let stride = scale * sample.width;
        patch::copy(&sample.residual, stride, at, scale * side, orientation, residual, f32::from);
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
        let total: f64 = self.samples.iter().map(|sample| sample.weight).sum();
        let mut left = random.random_range(0.0..1.0) * total;
        let passed = self.samples.iter().take_while(|sample| {
            left -= sample.weight;
            left >= 0.0
        });
        // Rounding may leave a little of the total at the end.
        self.samples.get(passed.count().min(last))
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

fn squared(residual: &[i16]) -> u64 {
    // A run of squares of 9 bits fits 32 bits, which the compiler adds up many at a time.
    residual
        .chunks(1 << 12)
        .map(|run| u64::from(run.iter().map(|&value| i32::from(value).pow(2) as u32).sum::<u32>()))
        .sum()
}

#[cfg(test)]
mod tests {
    use media::Component;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const LR: Size = Size { width: 64, height: 64 };

    /// Dark above, and below as far from its Lanczos upsampling as `hard` says; low resolution shows `shade`.
    fn pair(shade: u8, hard: u8) -> Pair {
        let (mut lr, mut hr) = (Picture::new(LR), Picture::new(LR.scaled(2)));
        lr.plane_mut(Component::Y).fill(shade);
        hr.plane_mut(Component::Y).fill(shade);
        for row in hr.plane_mut(Component::Y).rows_mut().skip(LR.height as usize) {
            row.fill(shade + hard);
        }
        Pair { lr, hr }
    }

    /// Of each of 400 patches, its shade and its squared residual.
    fn drawn(pool: &PairPool, selection: Selection) -> Vec<(u8, f32)> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut luma, mut residual) = (Vec::new(), Vec::new());
        (0..400)
            .map(|_| {
                luma.clear();
                residual.clear();
                pool.draw(8, selection, &mut random, &mut luma, &mut residual).unwrap();
                (luma[0] as u8, residual.iter().map(|value| value * value).sum::<f32>())
            })
            .collect()
    }

    #[test]
    fn recent_pairs_come_up_more_often() {
        let mut pool = PairPool::new(8, 2).with_recency(0.5);
        for shade in [10, 20, 30] {
            pool.push(&pair(shade, 0)).unwrap();
        }
        let drawn = drawn(&pool, Selection::Any);
        let share = |shade: u8| drawn.iter().filter(|(found, _)| *found == shade).count() as f64 / 400.0;
        for (shade, wanted) in [(10, 1.0 / 7.0), (20, 2.0 / 7.0), (30, 4.0 / 7.0)] {
            assert!((share(shade) - wanted).abs() < 0.08, "{} of {shade}, {wanted} expected", share(shade));
        }
    }

    #[test]
    fn without_recency_all_pairs_are_equal() {
        let mut pool = PairPool::new(8, 2);
        for shade in [10, 20] {
            pool.push(&pair(shade, 0)).unwrap();
        }
        let first = drawn(&pool, Selection::Any).iter().filter(|(shade, _)| *shade == 10).count();
        assert!((160..240).contains(&first), "{first} of 400");
        pool.fade(1.0 / 3.0, 0);
        pool.push(&pair(30, 0)).unwrap();
        let newest = drawn(&pool, Selection::Any).iter().filter(|(shade, _)| *shade == 30).count();
        assert!((200..280).contains(&newest), "{newest} of 400: three fifths are expected");
        pool.fade(1e-6, 1);
        assert!(drawn(&pool, Selection::Any).iter().all(|(shade, _)| *shade == 30), "it is spared");
    }

    #[test]
    fn hard_patches_are_chosen() {
        let mut pool = PairPool::new(2, 2);
        pool.push(&pair(40, 50)).unwrap();
        let hard = |selection| drawn(&pool, selection).iter().filter(|(_, error)| *error > 0.0).count();
        let any = hard(Selection::Any);
        assert!((150..290).contains(&any), "{any} of 400 without selection");
        for selection in [Selection::Hardest(8), Selection::HarderThanPicture(8)] {
            let hard = hard(selection);
            assert!(hard > 390, "{hard} of 400 with {selection:?}");
        }
    }

    #[test]
    fn a_full_pool_forgets_the_oldest() {
        let mut pool = PairPool::new(2, 2);
        for shade in [10, 20, 30] {
            pool.push(&pair(shade, 0)).unwrap();
        }
        assert_eq!((pool.len(), pool.pushed()), (2, 3));
        assert!(drawn(&pool, Selection::Any).iter().all(|(shade, _)| *shade > 10));
    }
}
