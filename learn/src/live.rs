//! Live training: pairs in, networks out. Synchronous, without clock or threads: the caller does the steps while there are
//! [some to do](LiveTraining::is_training), and says how long they took.
//!
//! ```text
//! pair --> look (best network so far) --> monitor --> policy --> choose a start (best, stock, remembered scenes)
//!     \--> material (pool, held out)                      |
//!              \--> course: steps --> judgement on what is held out --> goal? plateau? --> rest
//!                                           \--> best so far --> upload to the server
//! ```
//!
//! Three things decide: [`Scenes`] which scene is shown, the [`Policy`] whether training begins, goes on or ends, a [`Course`]
//! when one training has come to its goal or plateau. This file does what they say.

mod candidates;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem;

use models::{FEdsrConfig, Fingerprint, Package};

use crate::course::Course;
use crate::material::Material;
use crate::monitor::{Look, Monitor};
use crate::policy::{Policy, Standing, Step};
use crate::record::{End, Event, Reason, Record, State};
use crate::scenes::{Scenes, Sight};
use crate::threshold::Threshold;
use crate::{Error, ErrorKind, GainSample, Pair, Settings};
use candidates::{Candidates, fingerprint};

/// Trainings that are listed.
const RECORDS: usize = 32;

/// Where training stands.
#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    Training(Box<Course>),
    /// The last training of this scene or montage can be gone on with: how many `pairs` there were then, and which network was the `best`.
    Resting {
        course: Box<Course>,
        pairs: u64,
        best: Option<Fingerprint>,
    },
    /// This machine is too slow; there is no training any more.
    TooSlow,
}

/// Trains one network on one stream.
pub struct LiveTraining {
    config: FEdsrConfig,
    settings: Settings,
    policy: Box<dyn Policy>,
    scenes: Scenes,
    monitor: Monitor,
    threshold: Threshold,
    material: Material,
    candidates: Candidates,
    phase: Phase,
    /// A training that has been asked for, and waits for enough pairs.
    request: Option<Record>,
    /// The latest trainings that have ended, the oldest first.
    ended: VecDeque<Record>,
    trainings: u64,
    /// Seconds spent on all of them.
    seconds: f64,
    now_s: f64,
    /// When the first pair was shown.
    began_s: Option<f64>,
    events: VecDeque<Event>,
}

impl LiveTraining {
    /// Rests until pairs come. Trainings start from `start`, which the server has as well unless it is
    /// [told otherwise](Self::set_server); none: from nothing, and the server shows Lanczos upsampling.
    pub fn new(
        config: FEdsrConfig,
        start: Option<Package>,
        policy: Box<dyn Policy>,
        threshold: Threshold,
        settings: &Settings,
    ) -> Self {
        Self {
            config,
            settings: *settings,
            policy,
            scenes: Scenes::new(settings),
            monitor: Monitor::new(settings),
            threshold,
            material: Material::new(config.scale, settings),
            candidates: Candidates::new(start, settings),
            phase: Phase::Idle,
            request: None,
            ended: VecDeque::new(),
            trainings: 0,
            seconds: 0.0,
            now_s: 0.0,
            began_s: None,
            events: VecDeque::new(),
        }
    }

    /// Takes a pair: looks at it with the best network so far, which may ask for training, and keeps it to learn from or to
    /// judge by. A pair of another factor is left out.
    pub fn take(&mut self, pair: Pair) -> Result<(), Error> {
        if !self.material.fits(&pair) {
            return Ok(());
        }
        self.now_s = pair.lr.pts().as_secs_f64();
        let look = self.candidates.look(&pair)?;
        if look[0] > self.settings.nothing_to_gain_db {
            return Ok(());
        }
        self.began_s.get_or_insert(self.now_s);
        self.candidates.show(pair.clone());
        let sight = self.scenes.see(self.now_s, &pair.lr);
        // The pair is looked at before it is learnt from: the figures are those of a network that has not seen it.
        match self.monitor.push(self.now_s, look, sight) {
            None if sight == Sight::First => self.ask(|policy, _| policy.start())?,
            None => self.ask(|policy, now| policy.look(now))?,
            Some(Reason::Decline) => self.ask(|policy, now| policy.decline(now))?,
            // The same picture at another quality: that was the coder.
            Some(_) if sight == Sight::Unmoved => {}
            Some(reason) => self.change(reason)?,
        }
        // Only now: a change has forgotten what was there, and this pair belongs to what comes.
        self.scenes.follow();
        self.material.take(&pair)?;
        if let Some(reason) = self.scenes.has_lasted(self.now_s) {
            self.material.change();
            self.ask(|policy, _| policy.lasted(reason))?;
        }
        self.ask(|policy, now| policy.pair(now))?;
        self.begin_if_asked()?;
        self.remind_server()
    }

    pub fn config(&self) -> FEdsrConfig {
        self.config
    }

    /// Whether there is a step to do.
    pub fn is_training(&self) -> bool {
        matches!(self.phase, Phase::Training(_))
    }

    /// One step of the optimiser, if there is one to do.
    pub fn step(&mut self) -> Result<(), Error> {
        let Phase::Training(course) = &mut self.phase else { return Ok(()) };
        match course.step(self.material.pool()) {
            Err(error) if error.kind() == ErrorKind::Diverged => {
                self.events.push_back(Event::Astray);
                course.return_to(self.candidates.best.as_ref())
            }
            done => done,
        }
    }

    /// This many seconds were spent on training.
    pub fn spent(&mut self, seconds: f64) {
        self.seconds += seconds;
        if let Phase::Training(course) = &mut self.phase {
            course.spend(seconds);
        }
    }

    /// Judges the network in training on what is held out, if it is time to: whether it is the best so far, whether the
    /// server should have it, whether it is enough.
    pub fn judge(&mut self) -> Result<(), Error> {
        let Phase::Training(course) = &mut self.phase else { return Ok(()) };
        // Not before enough is held out: the verdict of one picture would be chance.
        if !course.is_due() || !self.material.can_judge() {
            return Ok(());
        }
        let candidates = &mut self.candidates;
        // As a package, because that is what would be served: rounded weights, averaged over steps.
        let trained = course.package([0.0; 2])?;
        let trained_db = candidates.judge(Some(&trained), &mut self.material)?;
        let start_db = candidates.judge(course.start(), &mut self.material)?;
        let mut best_db = candidates.judge(candidates.best.clone().as_ref(), &mut self.material)?;
        let server_db = candidates.judge(candidates.server.clone().as_ref(), &mut self.material)?;
        let lanczos_db = self.material.lanczos_db();
        self.events.push_back(Event::Judged { lanczos_db, server_db, trained_db });
        let end = match course.judged([trained_db, start_db, best_db], &self.threshold) {
            Err(error) if error.kind() == ErrorKind::Diverged => {
                self.events.push_back(Event::Astray);
                return course.return_to(candidates.best.as_ref());
            }
            end => end?,
        };
        if trained_db > best_db {
            // The next looks will be better by this much, and that is no change of scene.
            self.monitor.replaced(trained_db - best_db);
            candidates.best = Some(course.package([lanczos_db, trained_db])?);
            best_db = trained_db;
        }
        let step = end.map_or(Step::GoOn, |end| self.policy.enough(end));
        // The upload comes before the end, while it is known that it is the last of this training.
        let is_last = matches!(step, Step::End(_));
        self.offer(best_db - server_db.max(lanczos_db), is_last);
        self.act(step)
    }

    /// The server has this network now; none: what trainings start from.
    pub fn set_server(&mut self, package: Option<Package>) {
        self.candidates.set_server(package);
    }

    /// The machine is too slow for training to be of use: from now on there is none.
    pub fn give_up(&mut self) {
        self.end(End::Stopped);
        self.phase = Phase::TooSlow;
    }

    /// The stream has ended, or another network is wanted.
    pub fn finish(&mut self) {
        self.end(End::Stopped);
    }

    /// What has happened since this was asked last, the oldest first.
    pub fn events(&mut self) -> impl Iterator<Item = Event> + use<> {
        mem::take(&mut self.events).into_iter()
    }

    /// What trainings came to, as far as it is learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.threshold.samples()
    }

    /// The best network so far.
    pub fn best(&self) -> Option<&Package> {
        self.candidates.best.as_ref()
    }

    /// The latest looks, the oldest first.
    pub fn looks(&self) -> impl ExactSizeIterator<Item = &Look> {
        self.monitor.looks()
    }

    /// The latest trainings, the oldest first, the one that goes on included.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        let current = match &self.phase {
            Phase::Training(course) => Some(course.record()),
            _ => None,
        };
        self.ended.iter().chain(current)
    }

    /// Trainings begun, those that are no longer listed included.
    pub fn trainings(&self) -> u64 {
        self.trainings
    }

    /// Seconds spent on all of them.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    pub fn state(&self) -> State {
        match self.phase {
            Phase::TooSlow => State::TooSlow,
            Phase::Training(_) => State::Training,
            _ if self.scenes.has_begun() && self.request.is_none() => State::Resting,
            _ => State::Waiting,
        }
    }

    /// Asks the policy, and does what it says.
    fn ask(&mut self, question: impl FnOnce(&mut dyn Policy, &Standing) -> Step) -> Result<(), Error> {
        let now = Standing {
            now_s: self.now_s,
            since_start_s: self.now_s - self.began_s.unwrap_or(self.now_s),
            training_s: self.seconds,
            is_training: self.is_training(),
            is_asked: self.request.is_some(),
            has_learnt: self.candidates.has_learnt(),
            is_montage: self.scenes.is_montage(),
            pairs: self.material.taken(),
            pairs_at_rest: match &self.phase {
                Phase::Resting { pairs, .. } => Some(*pairs),
                _ => None,
            },
        };
        let step = question(&mut *self.policy, &now);
        self.act(step)
    }

    fn act(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::GoOn => {}
            Step::Begin(reason) => self.request = Some(Record::new(reason, self.now_s)),
            Step::End(end) => self.end(end),
            Step::Choose(reason) => self.choose(reason)?,
            Step::Compare => {
                if self.candidates.is_start_better()? {
                    self.ask(|policy, now| policy.decline(now))?;
                }
            }
        }
        Ok(())
    }

    /// The scene has changed, with the pair before this one.
    fn change(&mut self, reason: Reason) -> Result<(), Error> {
        let over = self.scenes.cut(self.now_s, reason);
        self.material.cut();
        if !self.scenes.is_montage() {
            self.material.change();
            // A change is seen on its second pair: the first one was taken for the old scene.
            if let Some(before) = self.candidates.before() {
                self.material.take(before)?;
            }
        }
        // What was trained on a scene is remembered for it; a piece of a montage has no network of its own.
        if let Some(best) = self.candidates.best.clone().filter(|_| !self.scenes.is_montage()) {
            self.scenes.remember(over, best);
        }
        self.ask(|policy, now| policy.change(reason, now))
    }

    /// Lets the network that is best on the newest pairs be the best one, and uploads it. With a reason, training begins there.
    fn choose(&mut self, reason: Option<Reason>) -> Result<(), Error> {
        let chosen = self.candidates.choose(self.scenes.alike())?;
        if let Some((gain, _)) = chosen {
            self.monitor.replaced(gain);
            if let Phase::Training(course) = &mut self.phase {
                course.rebase(self.candidates.best.clone());
            }
        }
        // Viewers get it before anything is learnt.
        let gain = self.candidates.gain_over_server()?;
        self.offer(gain, true);
        if let Some(reason) = reason {
            self.end(End::Overtaken);
            let remembered = chosen.is_some_and(|(_, is_remembered)| is_remembered);
            self.request = Some(Record { remembered, ..Record::new(reason, self.now_s) });
        }
        Ok(())
    }

    fn begin_if_asked(&mut self) -> Result<(), Error> {
        if matches!(self.phase, Phase::Training(_) | Phase::TooSlow) || !self.material.can_learn() {
            return Ok(());
        }
        let Some(record) = self.request.take() else { return Ok(()) };
        let best = self.candidates.best.clone();
        let course = match mem::take(&mut self.phase) {
            // Training that rested is gone on with, unless another scene is shown or another network is the best now.
            Phase::Resting { course, best: then, .. }
                if then == fingerprint(best.as_ref())
                    && matches!(record.reason, Reason::More | Reason::Decline) =>
            {
                course.resume(best, record)
            }
            _ => {
                // Every training draws other patches, and all of them are told by one seed.
                let seed = self.settings.seed.wrapping_add(self.trainings);
                Course::begin(self.config, best, seed, record, &self.settings)?
            }
        };
        self.trainings += 1;
        self.events.push_back(Event::Began(course.record().clone()));
        self.phase = Phase::Training(Box::new(course));
        Ok(())
    }

    /// Hands out the best network if it is better than what the server shows by `gain` dB, now or when it is time to.
    fn offer(&mut self, gain: f64, is_last: bool) {
        let better = self.candidates.take_if_due(gain, self.now_s, is_last);
        self.events.extend(better.map(Event::Upload));
    }

    /// While it rests: a server that does not have the best network, because it was started anew, gets it.
    fn remind_server(&mut self) -> Result<(), Error> {
        if !self.is_training() && self.candidates.has_server_forgotten() {
            let gain = self.candidates.gain_over_server()?;
            self.offer(gain, true);
        }
        Ok(())
    }

    fn end(&mut self, end: End) {
        let course = match mem::take(&mut self.phase) {
            Phase::Training(course) => course,
            other => {
                self.phase = other;
                return;
            }
        };
        course.teach(&mut self.threshold, end);
        let record = Record { end: Some(end), to_s: Some(self.now_s), ..course.record().clone() };
        // With the one that goes on, there are never more than are listed.
        if self.ended.len() + 1 == RECORDS {
            self.ended.pop_front();
        }
        self.ended.push_back(record.clone());
        if end != End::Overtaken {
            self.rest(course, &record);
        }
        self.events.push_back(Event::Ended(record));
        self.monitor.settle();
    }

    /// A training has ended while its scene goes on: what it came to is remembered, and it may be gone on with.
    fn rest(&mut self, course: Box<Course>, record: &Record) {
        let best = self.candidates.best.clone();
        let is_montage = self.scenes.is_montage();
        let fingerprint = fingerprint(best.as_ref());
        if let Some(best) = best.filter(|_| !is_montage) {
            self.scenes.remember_shown(best);
        }
        // One that was gone on with in vain is the last of its scene. A montage shows new things all the time.
        let was_in_vain = record.reason == Reason::More && record.gain_db < self.settings.worth_uploading_db;
        if !was_in_vain || is_montage {
            self.phase = Phase::Resting { course, pairs: self.material.taken(), best: fingerprint };
        }
    }
}
