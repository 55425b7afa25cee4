//! Watches how good the best network so far is on the live picture, and asks for training when that changes.
//!
//! Every look gives two figures, the PSNR of the network and its gain over plain upsampling. Both are smoothed ([`lowess`])
//! and compared with what was usual ([`track`]): a jump of the PSNR is another scene; a gain that falls, at once or little by
//! little, is a network that no longer fits. A single picture that falls out of line is no change.

mod lowess;
mod track;

use std::collections::VecDeque;

use api::control::training::MOST_LOOKS;
use api::control::{QualityLook, TrainingReason};
use track::{Bounds, Change, Track};

pub use lowess::smooth;

/// Black and titles on flat ground, in dB of plain upsampling: perfect without a network, they say nothing about it.
pub const NOTHING_TO_GAIN: f64 = 48.0;
/// From one picture to the next the PSNR of one scene moves by some tenths of a dB; from scene to scene by several dB. A slow
/// decline says nothing: what is shown has become harder, for plain upsampling as well.
const PSNR: Bounds = Bounds { jump: 1.0, cut: 0.5, decline: None };
/// The gain moves less than the PSNR: what makes a picture hard is in both of its parts.
const GAIN: Bounds = Bounds { jump: 0.25, cut: 0.1, decline: Some(0.2) };

/// One look: PSNR of luma in dB on a live pair that the network was not trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Seconds of video.
    pub at_s: f64,
    /// Plain upsampling.
    pub plain: f64,
    /// The best network so far.
    pub net: f64,
    /// Whether it shows something else than the pictures before: then little is enough for a jump.
    pub other_scene: bool,
    /// Whether it is the second picture of another scene: then it is compared with the look before both, even where nothing
    /// is usual yet.
    pub after_cut: bool,
}

/// The record of looks, and what is usual in it.
#[derive(Debug, Default)]
pub struct Monitor {
    looks: VecDeque<QualityLook>,
    psnr: Track,
    gain: Track,
}

impl Monitor {
    /// Takes a look; says why training is needed if it is.
    pub fn push(&mut self, look: Look) -> Option<TrainingReason> {
        let gain = look.net - look.plain;
        if !look.net.is_finite() || !look.plain.is_finite() || look.plain > NOTHING_TO_GAIN {
            return None;
        }
        let psnr_changed = self.psnr.push(look.at_s, look.net, look.other_scene, PSNR);
        let gain_changed = self.gain.push(look.at_s, gain, look.other_scene, GAIN);
        if self.looks.len() == MOST_LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back(QualityLook {
            at_s: look.at_s,
            plain_db: look.plain,
            net_db: look.net,
            smoothed_gain_db: self.gain.level().unwrap_or(gain),
        });
        let reason = match (psnr_changed, gain_changed) {
            (Some(Change::Fell), _) | (_, Some(Change::Fell)) => TrainingReason::Drop,
            (Some(Change::Rose), _) => TrainingReason::Rise,
            _ if look.after_cut => self.compared_with_before()?,
            (Some(Change::Declined), _) | (_, Some(Change::Declined)) => TrainingReason::Decline,
            // A gain that rises needs no training.
            (None, Some(Change::Rose) | None) => return None,
        };
        // The other figure may need one more look to see the same change.
        self.psnr.restart();
        self.gain.restart();
        Some(reason)
    }

    /// How the newest two looks differ from the one before them, if they do by as much as another scene may.
    fn compared_with_before(&self) -> Option<TrainingReason> {
        let mut latest = self.looks.iter().rev();
        let [second, first, before] = [latest.next()?, latest.next()?, latest.next()?];
        let psnr = f64::midpoint(first.net_db, second.net_db) - before.net_db;
        let gain = |look: &QualityLook| look.net_db - look.plain_db;
        let gain = f64::midpoint(gain(first), gain(second)) - gain(before);
        if psnr < -PSNR.cut || gain < -GAIN.cut {
            Some(TrainingReason::Drop)
        } else if psnr > PSNR.cut {
            Some(TrainingReason::Rise)
        } else {
            None
        }
    }

    /// The network was replaced by one that is better by `gain` dB: no change of scene. What it gains on the pictures to come
    /// has to be seen first.
    pub fn replaced(&mut self, gain: f64) {
        self.psnr.shift(gain);
        self.gain.restart();
    }

    /// A training has ended: from now on, what is reached is what a decline is measured against.
    pub fn settle(&mut self) {
        self.psnr.settle();
        self.gain.settle();
    }

    /// The latest looks, the oldest first.
    pub fn looks(&self) -> impl ExactSizeIterator<Item = &QualityLook> {
        self.looks.iter()
    }
}

#[cfg(test)]
mod tests;
