//! Decides when to train, from what, on what, and when it is enough. Synchronous, without clock or threads: pairs in, networks
//! out; the caller does the steps while it [is training](AdaptiveTrainer::is_training) and says how long they took.
//!
//! ```text
//! pair --> look (best network so far) --> monitor --request--> choose a start (best, stock, remembered scenes)
//!     \--> material (pool, held out)                              |
//!              \--> steps --> judgement on what is held out --> goal? plateau? --> rest
//!                                       \--> best so far --> offer to the server
//! ```

mod lesson;

use std::{collections::VecDeque, path::PathBuf};

use media::ffmpeg::{Filter, Scaler};
use models::{
    FEdsrConfig, Package, Preset,
    device::Device,
    package::Fingerprint,
    quality::psnr_luma,
    stock,
    train::{GainSample, Pair, TrainError},
};
use protocol::control::{
    TrainingEnd, TrainingReason, TrainingRecord, TrainingReport, TrainingState, training::MOST_TRAININGS,
};

use super::{
    material::Material,
    nets::Nets,
    scenes::{Scenes, Shown, Signature},
};
use crate::{
    monitor::{Look, Monitor, NOTHING_TO_GAIN},
    status::Quality,
    threshold::{Limits, Threshold},
};
use lesson::{Lesson, Verdict};

/// Pairs to learn from: the last half minute. A pair of 480x270 takes 1.2 MB.
const POOL: usize = 64;
/// Scenes whose networks are tried on a new one.
const TRIED: usize = 2;
/// A network by so little better, in dB, is not another start.
const BETTER_START: f64 = 0.03;
/// A better network by less than this, in dB, is not worth its bits on the uplink.
const WORTH_SENDING: f64 = 0.03;

/// When training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Policy {
    /// When the picture asks for it, until it has gained enough.
    #[default]
    Adaptive,
    /// All the time.
    Always,
    /// Once, at the beginning.
    Once,
}

/// What a trainer is made with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The network.
    pub config: FEdsrConfig,
    /// What training begins from, and what the server has unless it is [told otherwise](AdaptiveTrainer::set_server); none:
    /// plain up-sampling.
    pub start: Option<Package>,
    /// When training goes on.
    pub policy: Policy,
    /// When a training has gained enough.
    pub limits: Limits,
    /// Where to train.
    pub device: Device,
    /// Equal seeds and equal pairs make equal networks.
    pub seed: u64,
    /// Least seconds of video between two offers of one training; the last one of a training need not wait.
    pub offer_every_s: f64,
    /// Where what trainings gained is remembered.
    pub state: Option<PathBuf>,
}

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
    Judged(Quality),
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
    nets: Nets,
    lanczos: Scaler,
    best: Option<Package>,
    server: Option<Package>,
    /// The last two pairs: a change is seen on the second.
    recent: VecDeque<Pair>,
    scene: Option<Shown>,
    request: Option<Request>,
    lesson: Option<Lesson>,
    /// Trainings that have ended.
    ended: VecDeque<TrainingRecord>,
    trainings: u64,
    seconds: f64,
    now_s: f64,
    offered: Option<(f64, Fingerprint)>,
    too_slow: bool,
    events: VecDeque<Event>,
}

/// The weights that come with the program for this network, if there are any.
pub fn stock_package(config: FEdsrConfig) -> Option<Package> {
    Preset::of(config).and_then(stock::package).filter(|package| package.config() == config)
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
            nets: Nets::new(settings.device),
            lanczos: Scaler::new(Filter::Lanczos),
            best: settings.start.clone(),
            server: settings.start.clone(),
            recent: VecDeque::with_capacity(2),
            scene: None,
            request: None,
            lesson: None,
            ended: VecDeque::new(),
            trainings: 0,
            seconds: 0.0,
            now_s: 0.0,
            offered: None,
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
        let best = self.best.clone();
        let plain = self.psnr(None, &pair)?;
        if plain > NOTHING_TO_GAIN {
            return Ok(());
        }
        let net = if best.is_some() { self.psnr(best.as_ref(), &pair)? } else { plain };
        let first = self.scene.is_none();
        let signature = Signature::of(&pair.lr);
        let other_scene = self.scene.as_ref().is_some_and(|scene| scene.is_other(&signature));
        match self.monitor.push(Look { at_s: self.now_s, plain, net, other_scene }) {
            None if first => self.request = Some(self.request(TrainingReason::Start)),
            None => {}
            Some(TrainingReason::Decline) => self.decline(),
            Some(_) if self.scene.as_ref().is_some_and(|scene| scene.is_unmoved(&signature)) => {}
            Some(reason) => self.change(reason, &pair, &signature)?,
        }
        match &mut self.scene {
            Some(scene) => scene.follow(&signature),
            scene @ None => *scene = Some(Shown::begin(signature)),
        }
        self.material.take(&pair)?;
        if self.recent.len() == 2 {
            self.recent.pop_front();
        }
        self.recent.push_back(pair);
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
        let Self { lesson: Some(lesson), material, nets, .. } = self else { return Ok(()) };
        if !lesson.is_due() || !material.can_judge() {
            return Ok(());
        }
        let trainee = lesson.package(None)?;
        let mut judge = |package: Option<&Package>| match package {
            Some(package) => material.judge(package.fingerprint(), nets.get(package)?),
            None => Ok(material.plain()),
        };
        let found = judge(Some(&trainee))?;
        let (start, best, server) =
            (judge(lesson.start.as_ref())?, judge(self.best.as_ref())?, judge(self.server.as_ref())?);
        let plain = judge(None)?;
        self.events.push_back(Event::Judged(Quality { plain, net: server, trainee: found }));
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
        self.offered = None;
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

    /// What trainings came to, as far as it is learnt from.
    pub fn samples(&self) -> &[GainSample] {
        self.threshold.samples()
    }

    /// The best network so far.
    pub fn best(&self) -> Option<&Package> {
        self.best.as_ref()
    }

    /// How it stands.
    pub fn report(&self) -> TrainingReport {
        let current = self.lesson.as_ref().map(|lesson| lesson.record.clone());
        TrainingReport {
            state: self.state(),
            looks: self.monitor.looks().copied().collect(),
            trainings: self.ended.iter().cloned().chain(current).collect(),
            trainings_total: self.trainings,
            seconds_total: self.seconds,
        }
    }

    /// What it does.
    pub fn state(&self) -> TrainingState {
        match (&self.lesson, self.scene.is_some()) {
            _ if self.too_slow => TrainingState::TooSlow,
            (Some(_), _) => TrainingState::Training,
            (None, true) if self.request.is_none() => TrainingState::Resting,
            (None, _) => TrainingState::Waiting,
        }
    }

    /// PSNR of a network on a whole pair, in dB; none: of plain up-sampling.
    fn psnr(&mut self, package: Option<&Package>, pair: &Pair) -> Result<f64, TrainError> {
        let plain = self.lanczos.scale(&pair.lr, pair.hr.size())?;
        let picture = match package {
            Some(package) => self.nets.get(package)?.upscale(&pair.lr, plain)?,
            None => plain,
        };
        Ok(psnr_luma(&picture, &pair.hr))
    }

    fn mean_psnr(&mut self, package: Option<&Package>, pairs: &[Pair]) -> Result<f64, TrainError> {
        let mut total = 0.0;
        for pair in pairs {
            total += self.psnr(package, pair)?;
        }
        Ok(total / pairs.len().max(1) as f64)
    }

    fn request(&self, reason: TrainingReason) -> Request {
        let reason = if self.settings.policy == Policy::Always { TrainingReason::Always } else { reason };
        Request { reason, from_s: self.now_s, remembered: false }
    }

    /// The network fits less and less: it learns again, from where it is.
    fn decline(&mut self) {
        if self.lesson.is_none() && self.settings.policy == Policy::Adaptive {
            self.request = Some(self.request(TrainingReason::Decline));
        }
    }

    /// The scene has changed, with the pair before this one: what was trained is remembered; what fits the new scene best is
    /// where training begins now.
    fn change(
        &mut self,
        reason: TrainingReason,
        pair: &Pair,
        signature: &Signature,
    ) -> Result<(), TrainError> {
        let old = self.scene.replace(Shown::begin(signature.clone()));
        self.material.change();
        let before = self.recent.back().cloned();
        if let Some(before) = &before {
            self.material.take(before)?;
        }
        if self.settings.policy != Policy::Adaptive {
            return Ok(());
        }
        if let (Some(old), Some(best)) = (old, &self.best) {
            self.scenes.remember(old.signature().clone(), best.clone());
        }
        let shown: Vec<Pair> = before.into_iter().chain([pair.clone()]).collect();
        let remembered = self.choose_start(signature, &shown)?;
        self.end(TrainingEnd::Overtaken);
        self.request = Some(Request { remembered, ..self.request(reason) });
        Ok(())
    }

    /// Makes the network that is best on `shown` the best so far, and offers it. Whether it is one of another scene.
    fn choose_start(&mut self, signature: &Signature, shown: &[Pair]) -> Result<bool, TrainError> {
        let (best, server) = (self.best.clone(), self.server.clone());
        let psnr = self.mean_psnr(best.as_ref(), shown)?;
        let (server, plain) = (self.mean_psnr(server.as_ref(), shown)?, self.mean_psnr(None, shown)?);
        let others = self.settings.start.clone().into_iter().map(|start| (start, false));
        let others: Vec<_> =
            others.chain(self.scenes.like(signature, TRIED).into_iter().map(|net| (net, true))).collect();
        let (mut chosen, mut most, mut remembered) = (None, psnr + BETTER_START, false);
        for (other, of_a_scene) in others {
            let found = self.mean_psnr(Some(&other), shown)?;
            if found > most {
                (chosen, most, remembered) = (Some(other), found, of_a_scene);
            }
        }
        let mut now = psnr;
        if let Some(chosen) = chosen {
            self.monitor.replaced(most - psnr);
            (self.best, now) = (Some(chosen), most);
        }
        self.offer(now - server.max(plain), true);
        Ok(remembered)
    }

    /// While it rests: a server that does not have the best network, because it was started anew, gets it.
    fn remind_server(&mut self) -> Result<(), TrainError> {
        let fingerprint = |package: &Option<Package>| package.as_ref().map(Package::fingerprint);
        if self.lesson.is_some()
            || self.offered.is_some()
            || fingerprint(&self.best) == fingerprint(&self.server)
        {
            return Ok(());
        }
        let shown: Vec<Pair> = self.recent.iter().cloned().collect();
        let (best, server) = (self.best.clone(), self.server.clone());
        let server = self.mean_psnr(server.as_ref(), &shown)?.max(self.mean_psnr(None, &shown)?);
        let best = self.mean_psnr(best.as_ref(), &shown)?;
        self.offer(best - server, true);
        Ok(())
    }

    fn begin_if_asked(&mut self) -> Result<(), TrainError> {
        let once_more = self.settings.policy != Policy::Once || self.trainings == 0;
        if self.lesson.is_some() || self.too_slow || !self.material.can_learn() || !once_more {
            return Ok(());
        }
        let Some(Request { reason, from_s, remembered }) = self.request.take() else { return Ok(()) };
        let lesson =
            Lesson::begin(&self.settings, self.best.clone(), self.trainings, (reason, from_s, remembered))?;
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
        let record = TrainingRecord { end: Some(end), to_s: Some(self.now_s), ..lesson.record };
        if self.ended.len() + 1 == MOST_TRAININGS {
            self.ended.pop_front();
        }
        self.ended.push_back(record.clone());
        self.events.push_back(Event::Ended(record));
        if let (Some(scene), Some(best)) = (&self.scene, &self.best)
            && end != TrainingEnd::Overtaken
        {
            self.scenes.remember(scene.signature().clone(), best.clone());
        }
        self.monitor.settle();
    }
}

#[cfg(test)]
mod tests;
