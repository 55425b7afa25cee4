//! What there is to learn from, and to be judged by.

mod quarter;

use std::collections::VecDeque;

use media::ffmpeg::{Filter, Scaler};
use models::Fingerprint;
use nets::Upscaler;

use crate::{Error, Pair, PairPool, Settings};
use quarter::Quarter;

/// Pairs of the stream, some to learn from, some to be judged by, none for both.
pub struct Material {
    settings: Settings,
    pool: PairPool,
    /// What is judged by, the oldest first.
    held_out: VecDeque<Quarter>,
    /// Pairs that were ever meant for it: each gives another quarter.
    quartered: usize,
    lanczos: Scaler,
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
            held_out: VecDeque::with_capacity(settings.held_out),
            quartered: 0,
            lanczos: Scaler::new(Filter::Lanczos),
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
            return self.hold_out(pair);
        }
        self.learnt_since_cut += 1;
        self.pool.push(pair)
    }

    /// Keeps a quarter of `pair` to judge by, unless there is nothing to gain in it.
    fn hold_out(&mut self, pair: &Pair) -> Result<(), Error> {
        let quarter = Quarter::of(pair, self.quartered % 4, &mut self.lanczos)?;
        self.quartered += 1;
        if quarter.lanczos_db <= self.settings.nothing_to_gain_db {
            if self.held_out.len() == self.settings.held_out {
                self.held_out.pop_front();
            }
            self.held_out.push_back(quarter);
            self.held_out_since_cut += 1;
        }
        Ok(())
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
        let older = self.held_out.len().saturating_sub(self.held_out_since_cut);
        self.held_out.drain(..older);
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

    /// Mean PSNR of Lanczos upsampling on what is held out, in dB; 0 if there is nothing.
    pub fn lanczos_db(&self) -> f64 {
        let total: f64 = self.held_out.iter().map(|quarter| quarter.lanczos_db).sum();
        total / self.held_out.len().max(1) as f64
    }

    /// Mean PSNR of a network on what is held out, in dB; 0 if there is nothing. What is known already is not computed again.
    pub fn judge(&mut self, net: Fingerprint, upscaler: &mut dyn Upscaler) -> Result<f64, Error> {
        let mut total = 0.0;
        for quarter in &mut self.held_out {
            total += quarter.judge(net, upscaler, &mut self.lanczos)?;
        }
        Ok(total / self.held_out.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use media::{Component, Picture, Size};

    use super::*;

    /// Stripes of these two values.
    fn picture(size: Size, values: [u8; 2]) -> Picture {
        let mut picture = Picture::new(size);
        for component in Component::ALL {
            for row in picture.plane_mut(component).rows_mut() {
                row.iter_mut().enumerate().for_each(|(x, sample)| *sample = values[x / 3 % 2]);
            }
        }
        picture
    }

    fn pair(values: [u8; 2]) -> Pair {
        let lr = Size { width: 32, height: 32 };
        Pair { lr: picture(lr, values), hr: picture(lr.scaled(2), values) }
    }

    #[test]
    fn keeps_the_newest_that_have_something_to_gain() {
        let settings = Settings::default();
        let mut material = Material::new(2, &settings);
        material.hold_out(&pair([16, 16])).unwrap();
        assert_eq!(material.held_out.len(), 0);
        for _ in 0..settings.held_out + 3 {
            material.hold_out(&pair([10, 200])).unwrap();
        }
        assert_eq!(material.held_out.len(), settings.held_out);
    }

    #[test]
    fn a_scene_of_its_own_is_not_judged_by_the_one_before() {
        let mut material = Material::new(2, &Settings::default());
        let take = |material: &mut Material, pairs: usize| {
            (0..pairs).for_each(|_| material.take(&pair([10, 200])).unwrap());
        };
        take(&mut material, 10);
        assert_eq!((material.held_out.len(), material.pool.len(), material.taken()), (3, 7, 10));
        material.cut();
        assert!(material.can_judge() && material.taken() == 10, "a piece of a montage is more of the same");
        take(&mut material, 2);
        material.change();
        assert_eq!((material.held_out.len(), material.pool.len(), material.taken()), (1, 8, 2));
        assert!(!material.can_learn() && !material.can_judge());
    }
}
