//! What there is to learn from, and to be judged by.

mod held_out;

use held_out::HeldOut;
use models::Fingerprint;
use nets::Upscaler;

use crate::{Error, Pair, PairPool, Settings};

/// Pairs of the stream, some to learn from, some to be judged by, none for both.
pub struct Material {
    settings: Settings,
    pool: PairPool,
    held_out: HeldOut,
    /// Pairs since the last change.
    taken: u64,
    /// Of them, what is in the pool since the last cut, ...
    learnt_since_cut: usize,
    /// ... and what is held out since then.
    held_out_since_cut: usize,
}

impl Material {
    /// For networks whose pictures differ by `scale`.
    pub fn new(scale: u8, settings: &Settings) -> Self {
        Self {
            settings: *settings,
            pool: PairPool::new(settings.pool, scale).with_recency(settings.recency),
            held_out: HeldOut::new(settings),
            taken: 0,
            learnt_since_cut: 0,
            held_out_since_cut: 0,
        }
    }

    /// Whether the pair is for networks of this factor.
    pub fn fits(&self, pair: &Pair) -> bool {
        pair.hr.size() == pair.lr.size().scaled(u32::from(self.pool.scale()))
    }

    /// Takes a pair to learn from or to be judged by. A pair of another factor is left out.
    pub fn take(&mut self, pair: &Pair) -> Result<(), Error> {
        if !self.fits(pair) {
            return Ok(());
        }
        self.taken += 1;
        let Settings { held_out_every, first_held_out, .. } = self.settings;
        // The second one comes early as well: judging takes two.
        if self.taken % held_out_every == first_held_out || self.taken == 2 * first_held_out {
            self.held_out_since_cut += usize::from(self.held_out.push(pair)?);
            return Ok(());
        }
        self.learnt_since_cut += 1;
        self.pool.push(pair)
    }

    /// Another scene is shown, which may be a piece of a montage: what there is stays, and counts less.
    pub fn cut(&mut self) {
        // Faded, not forgotten: a scene of which two pairs are known would be learnt by heart.
        self.pool.fade(self.settings.weight_before_cut, 0);
        self.learnt_since_cut = 0;
        self.held_out_since_cut = 0;
    }

    /// The scene since the last cut is one of its own: what was held out before says nothing about it, and what was learnt
    /// from, little.
    pub fn change(&mut self) {
        self.pool.fade(self.settings.weight_before_scene, self.learnt_since_cut);
        // What was held out of another scene would judge for that one.
        self.held_out.keep(self.held_out_since_cut);
        self.taken = (self.learnt_since_cut + self.held_out_since_cut) as u64;
    }

    /// Pairs since the last change.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether there is enough of this scene or montage to learn from.
    pub fn can_learn(&self) -> bool {
        self.taken >= self.settings.least_pairs
    }

    /// Whether there is enough of this scene to judge by.
    pub fn can_judge(&self) -> bool {
        self.held_out.len() >= self.settings.least_held_out
    }

    /// What to learn from.
    pub fn pool(&self) -> &PairPool {
        &self.pool
    }

    /// Mean PSNR of Lanczos upsampling on what is held out, in dB.
    pub fn lanczos_db(&self) -> f64 {
        self.held_out.lanczos_db()
    }

    /// Mean PSNR of a network on what is held out, in dB. What is known of it already is not computed again.
    pub fn judge(&mut self, net: Fingerprint, upscaler: &mut dyn Upscaler) -> Result<f64, Error> {
        self.held_out.judge(net, upscaler)
    }
}
