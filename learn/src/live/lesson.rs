//! One training: from its first step to its last, and when that is.

use crate::{End as TrainingEnd, Reason as TrainingReason, Record as TrainingRecord};
use crate::{PairPool, Selection, TrainError, Trainer, TrainerSettings};
use models::package::TrainingSummary;
use models::{Fingerprint, Package};
use nets::Device;

use super::Settings;
use crate::threshold::{Goal, Threshold};

/// Between two judgements, which take about as long as ten steps.
const JUDGE_EVERY_S: f64 = 1.5;
/// Training that is behind the best network by this much, in dB, has gone astray.
const ASTRAY: f64 = 0.5;
/// Training that goes astray again and again is not slowed down further than this.
const LEAST_RATE: f64 = 1e-4;
/// Less than this, in dB, in the last part of a training is no progress: a plateau.
const PROGRESS: f64 = 0.03;
/// That part: the longer training has gone on, the more slowly it gains.
const LAST_PART: f64 = 1.0 / 3.0;
/// It has at least so many seconds; more, where training begins from nothing and is slow at first.
const PATIENCE_S: f64 = 3.0;
const PATIENCE_FROM_NOTHING_S: f64 = 15.0;
/// No training takes longer, in seconds.
const LONGEST_S: f64 = 40.0;
/// Patches that are looked at for each that is taken, at most.
const CANDIDATES: usize = 4;

/// What a judgement came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    GoOn,
    /// It is worse than what it could go on from.
    Astray,
    /// It is enough.
    Enough(TrainingEnd),
}

/// Why training was asked for, when, in seconds of video, and whether it begins from the network of a scene that was seen before.
pub(super) type Why = (TrainingReason, f64, bool);

/// A training that goes on.
pub(super) struct Lesson {
    trainer: Trainer,
    /// What it began from.
    pub(super) start: Option<Package>,
    pub(super) record: TrainingRecord,
    goal: Option<Goal>,
    /// Whether it goes on where another one ended, or another network took its start: then it says nothing of how trainings go.
    is_sequel: bool,
    judged_s: f64,
    /// After how many seconds of training which gain was the largest so far: what it began from, and every judgement.
    curve: Vec<(f64, f64)>,
}

impl Lesson {
    pub(super) fn begin(
        settings: &Settings,
        start: Option<Package>,
        number: u64,
        why: Why,
    ) -> Result<Self, TrainError> {
        let trainer = trainer(settings, settings.seed.wrapping_add(number), start.as_ref())?;
        let record = record(why);
        Ok(Self {
            trainer,
            start,
            record,
            goal: None,
            is_sequel: false,
            judged_s: 0.0,
            curve: vec![(0.0, 0.0)],
        })
    }

    /// Another network is the best now, and none of this training's doing: what counts is what is gained over that one.
    pub(super) fn rebase(&mut self, best: Option<Package>) {
        (self.start, self.goal, self.is_sequel) = (best, None, true);
        self.curve = vec![(self.judged_s, 0.0)];
    }

    /// Goes on where it ended, as a training of its own, until it gains no more.
    pub(super) fn resume(self, start: Option<Package>, why: Why) -> Self {
        Self {
            start,
            record: record(why),
            goal: None,
            is_sequel: true,
            judged_s: 0.0,
            curve: vec![(0.0, 0.0)],
            ..self
        }
    }

    pub(super) fn step(&mut self, pool: &PairPool) -> Result<(), TrainError> {
        self.trainer.step(pool)?;
        self.record.steps += 1;
        self.record.pairs = pool.len() as u64;
        Ok(())
    }

    /// Whether it is time for a judgement.
    pub(super) fn is_due(&self) -> bool {
        self.record.seconds - self.judged_s >= JUDGE_EVERY_S
    }

    /// The network as it is now; with what is known of it, in dB: plain upsampling and the network itself.
    pub(super) fn package(&self, known: Option<(f64, f64)>) -> Result<Package, TrainError> {
        let (psnr_before, psnr_after) = known.unwrap_or_default();
        let TrainingRecord { pairs, steps, seconds, .. } = self.record;
        self.trainer.package(TrainingSummary { pairs, steps, seconds, psnr_before, psnr_after })
    }

    /// Takes what a judgement found, in dB on the same pictures: of the trainee, of what it began from, of the best so far.
    pub(super) fn judged(&mut self, found: f64, start: f64, best: f64, threshold: &Threshold) -> Verdict {
        self.judged_s = self.record.seconds;
        if found.is_nan() || found < best - ASTRAY {
            return Verdict::Astray;
        }
        let (gain, top) = (found.max(best) - start, self.top());
        self.record.gain_db = gain;
        self.curve.push((self.judged_s, gain.max(top)));
        let goal = *self.goal.get_or_insert_with(|| {
            let goal = if self.is_sequel { Goal::NONE } else { threshold.goal(gain) };
            (self.record.before_db, self.record.goal_db, self.record.predicted_db) =
                (start, goal.gain, goal.predicted);
            goal
        });
        if goal.gain.is_some_and(|goal| gain >= goal) {
            return Verdict::Enough(TrainingEnd::Goal);
        }
        if self.record.seconds >= LONGEST_S {
            return Verdict::Enough(TrainingEnd::TimeLimit);
        }
        if self.progress_of_last_part() < PROGRESS {
            return Verdict::Enough(TrainingEnd::Plateau);
        }
        // What helps at first hinders later.
        if gain < top + PROGRESS && self.start.is_some() {
            self.trainer.set_learning_rate(self.trainer.settings().learning_rate / 2.0);
        }
        Verdict::GoOn
    }

    /// Largest gain so far, in dB.
    fn top(&self) -> f64 {
        self.curve.last().map_or(0.0, |(_, gain)| *gain)
    }

    /// What the last part of this training has added to its gain, in dB; infinite as long as there was no more than that part.
    fn progress_of_last_part(&self) -> f64 {
        let patience = if self.start.is_some() { PATIENCE_S } else { PATIENCE_FROM_NOTHING_S };
        let before = self.judged_s - patience.max(LAST_PART * self.judged_s);
        let earlier = self.curve.iter().rev().find(|(at_s, _)| *at_s <= before);
        earlier.map_or(f64::INFINITY, |(_, gain)| self.top() - gain)
    }

    /// Goes on from another network with a lower learning rate.
    pub(super) fn return_to(&mut self, package: Option<&Package>, device: Device) -> Result<(), TrainError> {
        let settings = *self.trainer.settings();
        let learning_rate = (settings.learning_rate / 2.0).max(LEAST_RATE);
        let fine_tuning = TrainerSettings::fine_tuning(settings.config, device, settings.seed);
        self.trainer = Trainer::new(
            TrainerSettings { learning_rate, selection: settings.selection, ..fine_tuning },
            package,
        )?;
        Ok(())
    }

    /// What this training came to is something to learn from.
    pub(super) fn teach(&self, threshold: &mut Threshold, end: TrainingEnd) {
        if let (Some(goal), Some((_, first)), false) = (self.goal, self.curve.get(1), self.is_sequel) {
            threshold.learn(*first, self.top(), goal, end);
        }
    }
}

/// A training that ended, and may be gone on with.
pub(super) struct Rested {
    lesson: Lesson,
    /// Pairs there were then, since the last change.
    pub(super) pairs: u64,
    /// The best network then.
    best: Option<Fingerprint>,
}

impl Rested {
    pub(super) fn new(lesson: Lesson, pairs: u64, best: Option<&Package>) -> Self {
        Self { lesson, pairs, best: best.map(Package::fingerprint) }
    }

    /// The training to go on with, where that is asked for and no other network has become the best since.
    pub(super) fn take_up(self, reason: TrainingReason, best: Option<&Package>) -> Option<Lesson> {
        let is_same = best.map(Package::fingerprint) == self.best;
        (is_same && matches!(reason, TrainingReason::More | TrainingReason::Decline)).then_some(self.lesson)
    }
}

fn record((reason, from_s, remembered): Why) -> TrainingRecord {
    TrainingRecord {
        from_s,
        to_s: None,
        reason,
        pairs: 0,
        steps: 0,
        seconds: 0.0,
        before_db: 0.0,
        gain_db: 0.0,
        goal_db: None,
        predicted_db: None,
        remembered,
        end: None,
    }
}

fn trainer(settings: &Settings, seed: u64, start: Option<&Package>) -> Result<Trainer, TrainError> {
    let (config, device) = (settings.config, settings.device);
    let plain = match start {
        Some(_) => TrainerSettings::fine_tuning(config, device, seed),
        None => TrainerSettings::new(config, device, seed),
    };
    Trainer::new(TrainerSettings { selection: Selection::HarderThanPicture(CANDIDATES), ..plain }, start)
}
