//! Watches how good the best network so far is on the live picture, and asks for training when that changes.
//!
//! Every look gives two figures, the PSNR of the network and its gain over Lanczos upsampling. Both are smoothed ([`lowess`])
//! and compared with what was usual ([`track`]): a jump of the PSNR is another scene; a gain that falls, at once or little by
//! little, is a network that no longer fits. A single picture that falls out of line is no change.

mod lowess;
mod track;

use std::collections::VecDeque;

use crate::Settings;
use crate::record::Reason;
use crate::scenes::Sight;
use track::Track;

/// Looks that are remembered: two minutes at two a second.
pub(crate) const MOST_LOOKS: usize = 240;

/// A look at the live picture: PSNR of luma in dB on a pair that the network was not trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Seconds of video.
    pub at_s: f64,
    /// Lanczos upsampling.
    pub lanczos_db: f64,
    /// The best network so far.
    pub net_db: f64,
    /// What that network adds, smoothed over the looks up to this one.
    pub smoothed_gain_db: f64,
}

/// The record of looks, and what is usual in it.
#[derive(Debug)]
pub(crate) struct Monitor {
    settings: Settings,
    looks: VecDeque<Look>,
    psnr: Track,
    gain: Track,
}

impl Monitor {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            settings: *settings,
            looks: VecDeque::with_capacity(MOST_LOOKS),
            psnr: Track::new(settings.psnr, settings),
            gain: Track::new(settings.gain, settings),
        }
    }

    /// Takes a look at a picture: its time, its PSNR in dB by Lanczos upsampling and by the best network so far, and what it
    /// shows. Says why training is needed if it is.
    pub(crate) fn push(&mut self, at_s: f64, [lanczos_db, net_db]: [f64; 2], sight: Sight) -> Option<Reason> {
        let gain = net_db - lanczos_db;
        if !net_db.is_finite() || !lanczos_db.is_finite() || lanczos_db > self.settings.nothing_to_gain_db {
            return None;
        }
        let is_other = matches!(sight, Sight::Other | Sight::Cut);
        let psnr_changed = self.psnr.push(at_s, net_db, is_other);
        let gain_changed = self.gain.push(at_s, gain, is_other);
        if self.looks.len() == MOST_LOOKS {
            self.looks.pop_front();
        }
        // After the track has seen it: the newest look is part of the curve.
        let smoothed_gain_db = self.gain.level().unwrap_or(gain);
        self.looks.push_back(Look { at_s, lanczos_db, net_db, smoothed_gain_db });
        let reason = match (psnr_changed, gain_changed) {
            (Some(Reason::Drop), _) | (_, Some(Reason::Drop)) => Reason::Drop,
            (Some(Reason::Rise), _) => Reason::Rise,
            _ if sight == Sight::Cut => self.compared_with_before()?,
            (Some(Reason::Decline), _) | (_, Some(Reason::Decline)) => Reason::Decline,
            // A gain that rises needs no training.
            _ => return None,
        };
        // The other figure may need one more look to see the same change.
        self.psnr.restart();
        self.gain.restart();
        Some(reason)
    }

    /// How the newest two looks differ from the one before them, if they do by as much as another scene may.
    fn compared_with_before(&self) -> Option<Reason> {
        let mut latest = self.looks.iter().rev();
        let [second, first, before] = [latest.next()?, latest.next()?, latest.next()?];
        let psnr = f64::midpoint(first.net_db, second.net_db) - before.net_db;
        let gain = |look: &Look| look.net_db - look.lanczos_db;
        let gain = f64::midpoint(gain(first), gain(second)) - gain(before);
        let Settings { psnr: psnr_bounds, gain: gain_bounds, .. } = self.settings;
        if psnr < -psnr_bounds.cut || gain < -gain_bounds.cut {
            Some(Reason::Drop)
        } else if psnr > psnr_bounds.cut {
            Some(Reason::Rise)
        } else {
            None
        }
    }

    /// The network was replaced by one that is better by `gain` dB: no change of scene. What it gains on the pictures to come
    /// has to be seen first.
    pub(crate) fn replaced(&mut self, gain: f64) {
        self.psnr.shift(gain);
        self.gain.restart();
    }

    /// A training has ended: from now on, what is reached is what a decline is measured against.
    pub(crate) fn settle(&mut self) {
        self.psnr.settle();
        self.gain.settle();
    }

    /// The latest looks, the oldest first.
    pub(crate) fn looks(&self) -> impl ExactSizeIterator<Item = &Look> {
        self.looks.iter()
    }
}

#[cfg(test)]
mod tests;
