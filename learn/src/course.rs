//! One training, from its first step to its last: steps, judgements, and when they come to a goal or a plateau.

#[cfg(test)]
mod tests;

use models::package::TrainingSummary;
use models::{FEdsrConfig, Package};

use crate::record::{End, Record};
use crate::threshold::Threshold;
use crate::{Error, PairPool, Selection, Settings, Trainer, TrainerSettings};

/// A training that goes on, or that may be gone on with.
#[derive(Debug)]
pub(crate) struct Course {
    settings: Settings,
    trainer: Trainer,
    /// What gains are counted over; none: Lanczos upsampling.
    start: Option<Package>,
    record: Record,
    /// Whether it goes on where another one ended, or its start was replaced by another network: then it says
    /// nothing of how trainings go.
    is_sequel: bool,
    /// Seconds of training at the last judgement.
    judged_s: f64,
    /// After how many seconds of training which gain was the largest so far: of the start, and of every judgement.
    curve: Vec<(f64, f64)>,
}

impl Course {
    /// Begins what `record` asks for, from a network or from nothing.
    pub(crate) fn begin(
        config: FEdsrConfig,
        start: Option<Package>,
        seed: u64,
        record: Record,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let base = TrainerSettings::starting_from(start.as_ref(), config, settings.device, seed);
        let selection = Selection::HarderThanPicture(settings.candidates);
        let trainer = Trainer::new(TrainerSettings { selection, ..base }, start.as_ref())?;
        let settings = *settings;
        Ok(Self {
            settings,
            trainer,
            start,
            record,
            is_sequel: false,
            judged_s: 0.0,
            curve: vec![(0.0, 0.0)],
        })
    }

    /// Goes on where it ended (same weights, same optimiser, same learning rate), as a training of its own without a goal.
    pub(crate) fn resume(self, start: Option<Package>, record: Record) -> Self {
        Self { start, record, is_sequel: true, judged_s: 0.0, curve: vec![(0.0, 0.0)], ..self }
    }

    /// Another network is the best now, and none of this training's doing: what counts is what is gained over that one.
    pub(crate) fn rebase(&mut self, best: Option<Package>) {
        self.start = best;
        self.is_sequel = true;
        self.curve = vec![(self.judged_s, 0.0)];
    }

    /// Goes on from another network with a lower learning rate.
    pub(crate) fn return_to(&mut self, package: Option<&Package>) -> Result<(), Error> {
        let TrainerSettings { config, device, seed, selection, learning_rate, .. } = *self.trainer.settings();
        let learning_rate = (learning_rate / 2.0).max(self.settings.least_rate);
        let fine_tuning = TrainerSettings::fine_tuning(config, device, seed);
        self.trainer = Trainer::new(TrainerSettings { selection, learning_rate, ..fine_tuning }, package)?;
        Ok(())
    }

    pub(crate) fn step(&mut self, pool: &PairPool) -> Result<(), Error> {
        self.trainer.step(pool)?;
        self.record.steps += 1;
        self.record.pairs = pool.len() as u64;
        Ok(())
    }

    /// Seconds of training were spent.
    pub(crate) fn spend(&mut self, seconds: f64) {
        self.record.seconds += seconds;
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn start(&self) -> Option<&Package> {
        self.start.as_ref()
    }

    /// Whether it is time for a judgement.
    pub(crate) fn is_due(&self) -> bool {
        self.record.seconds - self.judged_s >= self.settings.judge_every_s
    }

    /// The network as it is now, with what is known of it, in dB: Lanczos upsampling and the network itself.
    pub(crate) fn package(&self, [psnr_before, psnr_after]: [f64; 2]) -> Result<Package, Error> {
        let Record { pairs, steps, seconds, .. } = self.record;
        self.trainer.package(TrainingSummary { pairs, steps, seconds, psnr_before, psnr_after })
    }

    /// Takes what a judgement found, in dB on the same pictures: by the network in training, by what it began from, by the best
    /// so far. Says whether it has come to its end. It has [diverged](crate::ErrorKind::Diverged) if it is far below the best.
    pub(crate) fn judged(
        &mut self,
        [found, start, best]: [f64; 3],
        threshold: &Threshold,
    ) -> Result<Option<End>, Error> {
        self.judged_s = self.record.seconds;
        if found.is_nan() || found < best - self.settings.astray_db {
            return Err(Error::diverged(self.record.steps));
        }
        let gain = found.max(best) - start;
        let top = self.top();
        let is_first = self.curve.len() == 1;
        self.record.gain_db = gain;
        self.curve.push((self.judged_s, gain.max(top)));
        if is_first {
            // What training can reach is predicted from what it begins with, so there is no goal before this.
            self.record.before_db = start;
            self.record.predicted_db = if self.is_sequel { None } else { threshold.predict(gain) };
            self.record.goal_db = self.record.predicted_db.map(|predicted| threshold.goal(predicted));
        }
        if self.record.goal_db.is_some_and(|goal| gain >= goal) {
            return Ok(Some(End::Goal));
        }
        if self.record.seconds >= self.settings.longest_s {
            return Ok(Some(End::TimeLimit));
        }
        if self.progress_of_last_part() < self.settings.progress_db {
            return Ok(Some(End::Plateau));
        }
        // A rate that helps at first hinders later.
        if gain < top + self.settings.progress_db && self.start.is_some() {
            self.trainer.set_learning_rate(self.trainer.settings().learning_rate / 2.0);
        }
        Ok(None)
    }

    /// What this training came to is something to learn from.
    pub(crate) fn teach(&self, threshold: &mut Threshold, end: End) {
        // The first judgement is what a goal is predicted from.
        if let Some((_, first)) = self.curve.get(1).filter(|_| !self.is_sequel) {
            threshold.learn(*first, self.top(), self.record.predicted_db, end);
        }
    }

    /// Largest gain so far, in dB.
    fn top(&self) -> f64 {
        self.curve.last().map_or(0.0, |(_, gain)| *gain)
    }

    /// What the last part of this training has added to its gain, in dB; infinite as long as there was no more than that part.
    fn progress_of_last_part(&self) -> f64 {
        let Settings { patience_s, patience_from_nothing_s, last_part, .. } = self.settings;
        let patience = if self.start.is_some() { patience_s } else { patience_from_nothing_s };
        // The curve is judged where judgements were made: the last one at or before the part begins.
        let before = self.judged_s - patience.max(last_part * self.judged_s);
        let earlier = self.curve.iter().rev().find(|(at_s, _)| *at_s <= before);
        earlier.map_or(f64::INFINITY, |(_, gain)| self.top() - gain)
    }
}
