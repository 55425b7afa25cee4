//! Decides when to train, from what, on what, and when it is enough. Synchronous, without clock or threads: pairs in, networks
//! out; the caller does the steps while it [is training](AdaptiveTrainer::is_training) and says how long they took.
//!
//! ```text
//! pair --> look (best network so far) --> monitor --request--> choose a start (best, stock, remembered scenes)
//!     \--> material (pool, held out)                              |
//!              \--> steps --> judgement on what is held out --> goal? plateau? --> rest
//!                                       \--> best so far --> offer to the server
//! ```

mod change;
mod lesson;
mod montage;
mod report;
mod ruler;
mod settings;

use std::collections::VecDeque;

use lesson::{Lesson, Rested, Verdict};
use models::{Fingerprint, Package};
use montage::Montage;
use ruler::Ruler;

use crate::material::Material;
use crate::monitor::{Monitor, NOTHING_TO_GAIN};
use crate::scenes::{Scenes, Shown, Sight, Signature};
use crate::threshold::Threshold;
use crate::{End as TrainingEnd, Pair, Reason as TrainingReason, Record as TrainingRecord, TrainError};

pub use settings::{Policy, Settings, stock_package};

/// Pairs to learn from: the last half minute. A pair of 480x270 takes 1.2 MB.
const POOL: usize = 64;
/// A better network by less than this, in dB, is not worth its bits on the uplink.
/// Trainings that are remembered, for reports.
const RECORDS: usize = 32;
const WORTH_SENDING: f64 = 0.03;

/// What has happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Training was asked for, and begins.
    Began(TrainingRecord),
    /// Training has ended.
    Ended(TrainingRecord),
    /// Training was worse than what was there; it goes on from that, more slowly.
    Astray,
    /// The network in training was judged.
    Judged {
        /// PSNR of luma on what is held out, in dB: plain upsampling, the network that the server has, the one in training.
        plain: f64,
        net: f64,
        trainee: f64,
    },
    /// This network is better than what the server has.
    Offer(Package),
}

/// A change that asks for training.
#[derive(Debug, Clone, Copy)]
struct Request {
    reason: TrainingReason,
    from_s: f64,
    remembered: bool,
}

/// The trainer.
pub struct AdaptiveTrainer {
    settings: Settings,
    material: Material,
    monitor: Monitor,
    threshold: Threshold,
    scenes: Scenes,
    ruler: Ruler,
    best: Option<Package>,
    server: Option<Package>,
    /// The last two pairs: a change is seen on the second.
    recent: VecDeque<Pair>,
    scene: Option<Shown>,
    montage: Montage,
    request: Option<Request>,
    lesson: Option<Lesson>,
    /// The last training of this scene or montage.
    rested: Option<Rested>,
    /// Trainings that have ended.
    ended: VecDeque<TrainingRecord>,
    trainings: u64,
    seconds: f64,
    now_s: f64,
    /// When the first pair was shown.
    began_s: Option<f64>,
    offered: Option<(f64, Fingerprint)>,
    /// When the best network was compared with the stock one.
    checked_s: f64,
    too_slow: bool,
    events: VecDeque<Event>,
}

impl AdaptiveTrainer {
    /// Rests until pairs come.
    pub fn new(settings: Settings) -> Self {
        let threshold = Threshold::open(settings.config, settings.limits, settings.state.as_deref());
        Self {
            material: Material::new(POOL, settings.config.scale, true),
            monitor: Monitor::default(),
            threshold,
            scenes: Scenes::default(),
            ruler: Ruler::new(settings.device),
            best: settings.start.clone(),
            server: settings.start.clone(),
            recent: VecDeque::with_capacity(2),
            scene: None,
            montage: Montage::default(),
            request: None,
            lesson: None,
            rested: None,
            ended: VecDeque::new(),
            trainings: 0,
            seconds: 0.0,
            now_s: 0.0,
            began_s: None,
            offered: None,
            checked_s: 0.0,
            too_slow: false,
            events: VecDeque::new(),
            settings,
        }
    }

    /// Takes a pair: looks at it with the best network so far, which may ask for training, and keeps it to learn from or to
    /// judge by.
    pub fn take(&mut self, pair: Pair) -> Result<(), TrainError> {
        if !self.material.fits(&pair) {
            return Ok(());
        }
        self.now_s = pair.lr.pts().as_secs_f64();
        let [plain, net] = self.ruler.look(self.best.as_ref(), &pair)?;
        if plain > NOTHING_TO_GAIN {
            return Ok(());
        }
        let first = self.scene.is_none();
        self.began_s.get_or_insert(self.now_s);
        self.montage.begin(self.now_s);
        let signature = Signature::of(&pair.lr);
        let sight = self.scene.as_ref().map_or(Sight::Same, |scene| scene.sight(&signature));
        match self.monitor.push(self.now_s, [plain, net], sight) {
            None if first => self.request = Some(self.request(TrainingReason::Start)),
            None => self.check_against_stock(&pair, &signature)?,
            Some(TrainingReason::Decline) => self.decline(&pair, &signature)?,
            Some(_) if sight == Sight::Unmoved => {}
            Some(reason) => self.change(reason, &pair, &signature)?,
        }
        match &mut self.scene {
            Some(scene) => scene.follow(&signature),
            scene @ None => *scene = Some(Shown::begin(signature.clone())),
        }
        self.material.take(&pair)?;
        if self.recent.len() == 2 {
            self.recent.pop_front();
        }
        self.recent.push_back(pair);
        self.settle_if_it_lasts(&signature)?;
        self.resume_if_there_is_more();
        self.begin_if_asked()?;
        self.remind_server()
    }

    /// Whether there is a step to do.
    pub fn is_training(&self) -> bool {
        self.lesson.is_some()
    }

    /// One step of the optimiser, if there is one to do.
    pub fn step(&mut self) -> Result<(), TrainError> {
        let Some(lesson) = &mut self.lesson else { return Ok(()) };
        match lesson.step(self.material.pool()) {
            Err(TrainError::Diverged { .. }) => {
                self.events.push_back(Event::Astray);
                lesson.return_to(self.best.as_ref(), self.settings.device)
            }
            done => done,
        }
    }

    /// So many seconds were spent on training.
    pub fn spent(&mut self, seconds: f64) {
        self.seconds += seconds;
        if let Some(lesson) = &mut self.lesson {
            lesson.record.seconds += seconds;
        }
    }

    /// Judges the network in training on what is held out, if it is time to: whether it is the best so far, whether the
    /// server should have it, whether it is enough.
    pub fn judge(&mut self) -> Result<(), TrainError> {
        let Self { lesson: Some(lesson), material, ruler, .. } = self else { return Ok(()) };
        if !lesson.is_due() || !material.can_judge() {
            return Ok(());
        }
        let trainee = lesson.package(None)?;
        let mut judge = |package: Option<&Package>| match package {
            Some(package) => material.judge(package.fingerprint(), ruler.nets.get(package)?),
            None => Ok(material.plain()),
        };
        let found = judge(Some(&trainee))?;
        let (start, best, server) =
            (judge(lesson.start.as_ref())?, judge(self.best.as_ref())?, judge(self.server.as_ref())?);
        let plain = judge(None)?;
        self.events.push_back(Event::Judged { plain, net: server, trainee: found });
        let verdict = lesson.judged(found, start, best, &self.threshold);
        if verdict == Verdict::Astray {
            lesson.return_to(self.best.as_ref(), self.settings.device)?;
            self.events.push_back(Event::Astray);
            return Ok(());
        }
        let mut best = best;
        if found > best {
            self.monitor.replaced(found - best);
            (self.best, best) = (Some(lesson.package(Some((plain, found)))?), found);
        }
        let end = match verdict {
            Verdict::Enough(end) if self.settings.policy != Policy::Always => Some(end),
            _ => None,
        };
        self.offer(best - server.max(plain), end.is_some());
        if let Some(end) = end {
            self.end(end);
        }
        Ok(())
    }

    /// The server has this network now; none: what the trainer began from.
    pub fn set_server(&mut self, package: Option<Package>) {
        self.server = package.or_else(|| self.settings.start.clone());
        let has = self.server.as_ref().map(Package::fingerprint);
        // A server that has something else than it was given has begun anew, and need not wait.
        self.offered.take_if(|(_, offered)| has != Some(*offered));
    }

    /// The machine is too slow for training to be of use: from now on there is none.
    pub fn give_up(&mut self) {
        self.too_slow = true;
        self.end(TrainingEnd::Stopped);
    }

    /// The stream has ended, or another network is wanted.
    pub fn finish(&mut self) {
        self.end(TrainingEnd::Stopped);
    }

    /// What has happened since this was asked last, the oldest first.
    pub fn events(&mut self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut self.events).into_iter()
    }

    fn begin_if_asked(&mut self) -> Result<(), TrainError> {
        let once_more = self.settings.policy != Policy::Once || self.trainings == 0;
        if self.lesson.is_some() || self.too_slow || !self.material.can_learn() || !once_more {
            return Ok(());
        }
        let Some(Request { reason, from_s, remembered }) = self.request.take() else { return Ok(()) };
        let why = (reason, from_s, remembered);
        let rested = self.rested.take().and_then(|rested| rested.take_up(reason, self.best.as_ref()));
        let lesson = match rested {
            Some(lesson) => lesson.resume(self.best.clone(), why),
            None => Lesson::begin(&self.settings, self.best.clone(), self.trainings, why)?,
        };
        self.trainings += 1;
        self.events.push_back(Event::Began(lesson.record.clone()));
        self.lesson = Some(lesson);
        Ok(())
    }

    /// Hands out the best network if it is better than what the server shows by `gain`, now or when it is time to.
    fn offer(&mut self, gain: f64, now: bool) {
        let Some(best) = self.best.clone() else { return };
        let fingerprint = best.fingerprint();
        let due = match self.offered {
            Some((_, offered)) if offered == fingerprint => false,
            Some((at_s, _)) => now || self.now_s - at_s >= self.settings.offer_every_s,
            None => true,
        };
        if gain >= WORTH_SENDING && due {
            self.offered = Some((self.now_s, fingerprint));
            self.events.push_back(Event::Offer(best));
        }
    }

    fn end(&mut self, end: TrainingEnd) {
        let Some(lesson) = self.lesson.take() else { return };
        lesson.teach(&mut self.threshold, end);
        let record = TrainingRecord { end: Some(end), to_s: Some(self.now_s), ..lesson.record.clone() };
        if self.ended.len() + 1 == RECORDS {
            self.ended.pop_front();
        }
        self.ended.push_back(record.clone());
        self.events.push_back(Event::Ended(record));
        if let (Some(scene), Some(best)) = (&self.scene, &self.best)
            && end != TrainingEnd::Overtaken
            && !self.montage.goes_on()
        {
            self.scenes.remember(scene.signature().clone(), best.clone());
        }
        let was_in_vain =
            lesson.record.reason == TrainingReason::More && lesson.record.gain_db < WORTH_SENDING;
        if end != TrainingEnd::Overtaken && (!was_in_vain || self.montage.goes_on()) {
            self.rested = Some(Rested::new(lesson, self.material.taken(), self.best.as_ref()));
        }
        self.monitor.settle();
    }
}

#[cfg(test)]
mod tests;
