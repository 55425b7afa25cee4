//! What there is to learn from, and to be judged by.

use crate::{Pair, PairPool, TrainError};
use models::Fingerprint;
use nets::Upscaler;

use crate::holdout::Holdout;

/// One pair in so many is held out.
const HELD_OUT: u64 = 5;
/// The first of them early, so that the first judgement need not wait for long.
const FIRST_HELD_OUT: u64 = 2;
/// Training on fewer pairs, of which one is held out, would learn them by heart.
const LEAST_PAIRS: u64 = 3;
/// Judging by fewer would be chance.
const LEAST_HELD_OUT: usize = 2;
/// Share of its weight that a pair keeps when the next one comes: at two pairs a second, half of it is gone after 11 s.
const RECENCY: f64 = 0.97;
/// The same at a cut.
const BEFORE_THE_CUT: f64 = 0.5;
/// Once more where what comes after the cut is a scene of its own: a tenth remains.
const BEFORE_THE_CHANGE: f64 = 0.2;

/// Pairs of the stream, some to learn from, some to be judged by, none for both.
pub struct Material {
    pool: PairPool,
    holdout: Holdout,
    /// Pairs since the last change.
    taken: u64,
    /// Of them, those since the last cut.
    fresh: Fresh,
}

/// Pairs since the last cut.
#[derive(Default)]
struct Fresh {
    learnt: usize,
    held_out: usize,
}

impl Material {
    /// Remembers the newest `capacity` pairs whose pictures differ by `scale`; recent ones count more if they are `live`.
    pub fn new(capacity: usize, scale: u8, live: bool) -> Self {
        let pool = PairPool::new(capacity, scale).with_recency(if live { RECENCY } else { 1.0 });
        Self { pool, holdout: Holdout::new(), taken: 0, fresh: Fresh::default() }
    }

    /// Whether the pair is for networks of this factor.
    pub fn fits(&self, pair: &Pair) -> bool {
        pair.hr.size() == pair.lr.size().scaled(u32::from(self.pool.scale()))
    }

    /// Takes a pair to learn from or to be judged by. A pair of another factor is left out.
    pub fn take(&mut self, pair: &Pair) -> Result<(), TrainError> {
        if !self.fits(pair) {
            return Ok(());
        }
        self.taken += 1;
        if self.taken % HELD_OUT == FIRST_HELD_OUT || self.taken == 2 * FIRST_HELD_OUT {
            self.fresh.held_out += usize::from(self.holdout.push(pair)?);
            return Ok(());
        }
        self.fresh.learnt += 1;
        self.pool.push(pair)
    }

    /// Another scene is shown, which may be a piece of a montage: what there is stays, and counts less.
    pub fn cut(&mut self) {
        self.pool.fade(BEFORE_THE_CUT, 0);
        self.fresh = Fresh::default();
    }

    /// The scene since the last cut is one of its own: what was held out before says nothing about it, and what was learnt
    /// from, little.
    pub fn change(&mut self) {
        let Fresh { learnt, held_out } = self.fresh;
        self.pool.fade(BEFORE_THE_CHANGE, learnt);
        self.holdout.keep(held_out);
        self.taken = (learnt + held_out) as u64;
    }

    /// Pairs since the last change.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether there is enough of this scene or montage to learn from.
    pub fn can_learn(&self) -> bool {
        self.taken >= LEAST_PAIRS
    }

    /// Whether there is enough of this scene to judge by.
    pub fn can_judge(&self) -> bool {
        self.holdout.len() >= LEAST_HELD_OUT
    }

    /// What to learn from.
    pub fn pool(&self) -> &PairPool {
        &self.pool
    }

    /// Mean PSNR of plain upsampling on what is held out, in dB.
    pub fn plain(&self) -> f64 {
        self.holdout.plain()
    }

    /// Mean PSNR of a network on what is held out, in dB. What is known of it already is not computed again.
    pub fn judge(&mut self, net: Fingerprint, upscaler: &mut dyn Upscaler) -> Result<f64, TrainError> {
        self.holdout.judge(net, upscaler)
    }
}
