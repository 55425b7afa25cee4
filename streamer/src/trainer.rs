//! Trains the network that the server asks for, on what is being shown, when the picture asks for it.
//!
//! [`LiveTraining`] decides; this thread, of the lowest priority, gives it pairs, time and news of the server. It never makes
//! anyone wait: pairs come through a buffer that forgets, networks leave through a slot that keeps the newest. A network is
//! offered only if, on recent pairs that it was not trained on, it is better than plain upsampling and better than what the
//! server has.

mod priority;
mod wire;
mod yielding;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::nets::Device;
use api::control::{TrainingOrder, TrainingReport};
use api::shutdown::{Shutdown, Stopped};
use learn::policy::{Adaptive, Always, Once};
use learn::{Error, Event, LiveTraining, Record, Settings, Threshold, stock_package};
use models::{FEdsrConfig, Package};
use yielding::Yielding;

use crate::backoff::Backoff;
use crate::pairs::{PairBuffer, Wanted};
use crate::status::{Counters, Latest, Quality, UploadState};
use crate::upload::{Client, Slot};

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

/// Steps between two looks at what has come; some hundred milliseconds at most.
const ROUND: u32 = 4;
/// Without anything to do, how long to wait for a pair.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the server is asked whether it still wants this network: it learns what it can run from the first pictures,
/// and may be started anew.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// Before training is begun anew after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often figures are shown.
const SHOW_EVERY: Duration = Duration::from_millis(500);
/// Training that takes longer than this for a step comes too late for what it learns: a scene lasts some hundred steps at best.
const LONGEST_STEP: Duration = Duration::from_millis(600);
/// Seconds of training after which that is judged.
const TRIAL: f64 = 20.0;

impl Policy {
    /// The policy of this name.
    pub fn with(self, settings: &Settings) -> Box<dyn learn::policy::Policy> {
        match self {
            Self::Adaptive => Box::new(Adaptive::new(settings)),
            Self::Always => Box::new(Always),
            Self::Once => Box::new(Once),
        }
    }
}

/// The training thread.
pub struct TrainerThread {
    /// The server, which says what to train.
    pub client: Arc<Client>,
    /// Where pairs come from.
    pub pairs: Arc<PairBuffer>,
    /// Which pairs are wanted.
    pub wanted: Arc<Latest<Option<Wanted>>>,
    /// Where the newest network goes.
    pub offers: Arc<Slot<Package>>,
    /// What the server has taken.
    pub accepted: Arc<Latest<Option<Package>>>,
    /// Least time between two offers of one training.
    pub offer_every: Duration,
    /// When training goes on.
    pub policy: Policy,
    /// Where to train.
    pub device: Device,
    /// Where what trainings gained is remembered.
    pub state: Option<PathBuf>,
    /// Where it is counted.
    pub counters: Arc<Counters>,
    /// The end of the program.
    pub stop: Shutdown,
}

/// Why a course ended.
enum End {
    /// The program ends.
    Stopped,
    /// The server asks for another network now.
    Other(TrainingOrder),
}

impl TrainerThread {
    /// Trains until the buffer is closed or the program ends.
    pub fn run(self) {
        priority::lower();
        ::nets::torch::configure_threads(1);
        // An error here is the end of the program.
        let _ = self.train();
    }

    fn train(&self) -> Result<(), Stopped> {
        let mut order = self.ask_until_answered()?;
        loop {
            match self.course(&order) {
                Ok(End::Stopped) => return Ok(()),
                Ok(End::Other(other)) => order = other,
                Err(error) => {
                    tracing::warn!(%error, "training failed; it begins anew");
                    self.stop.sleep(PAUSE_AFTER_FAILURE)?;
                }
            }
        }
    }

    /// Asks the server what to train, again and again. Says what is wrong when that changes.
    fn ask_until_answered(&self) -> Result<TrainingOrder, Stopped> {
        let (mut backoff, mut said) = (Backoff::new(), String::new());
        loop {
            let error = match self.client.training_order() {
                Ok(order) => {
                    tracing::info!(
                        preset = order.preset,
                        channels = order.channels,
                        blocks = order.blocks,
                        scale = order.scale,
                        "the server asks for this network"
                    );
                    return Ok(order);
                }
                Err(error) => error,
            };
            if !error.is_temporary() {
                self.counters.upload.set(UploadState::Refused);
            }
            let text = error.to_string();
            if text != said && !self.stop.is_requested() {
                tracing::warn!(%error, "no training yet: the server does not say what to train");
                said = text;
            }
            self.stop.sleep(backoff.next_pause())?;
        }
    }

    /// Trains what `order` says.
    fn course(&self, order: &TrainingOrder) -> Result<End, Error> {
        let config = FEdsrConfig::new(order.channels, order.blocks, order.scale)
            .map_err(models::package::PackageError::from)?;
        let ours = || self.accepted.get().filter(|package| package.config() == config);
        let settings = Settings {
            device: self.device,
            seed: rand::random(),
            offer_every_s: self.offer_every.as_secs_f64(),
            ..Settings::default()
        };
        let threshold = Threshold::open(config, &settings, self.state.as_deref());
        // Unless we know better, the server has the stock weights, as we do.
        let start = stock_package(config);
        let mut trainer = LiveTraining::new(config, start, self.policy.with(&settings), threshold, &settings);
        let mut on_server = ours();
        trainer.set_server(on_server.clone());
        let (mut asked, mut shown, mut yielding) = (Instant::now(), Instant::now(), Yielding::default());
        let (mut steps, mut seconds) = (0_u32, 0.0);
        let end = loop {
            self.wanted.set(Some(Wanted::new(order.scale, trainer.state())));
            let fresh =
                if trainer.is_training() { self.pairs.drain() } else { self.pairs.drain_or_wait(PATIENCE) };
            let Ok(fresh) = fresh else { break End::Stopped };
            for pair in fresh {
                trainer.take(pair)?;
            }
            if asked.elapsed() >= ASK_EVERY {
                asked = Instant::now();
                self.pairs.leave();
                if let Some(other) = self.ask_again(order) {
                    break End::Other(other);
                }
            }
            let now_on_server = ours();
            if now_on_server.as_ref().map(Package::fingerprint)
                != on_server.as_ref().map(Package::fingerprint)
            {
                on_server = now_on_server;
                trainer.set_server(on_server.clone());
            }
            if trainer.is_training() {
                if yielding.pause(self.counters.late.get(), &self.stop).is_err() {
                    break End::Stopped;
                }
                let began = Instant::now();
                for _ in 0..ROUND {
                    trainer.step()?;
                    self.counters.steps.add(1);
                }
                trainer.judge()?;
                let took = began.elapsed().as_secs_f64();
                trainer.spent(took);
                (steps, seconds) = (steps + ROUND, seconds + took);
                if seconds >= TRIAL && seconds / f64::from(steps) > LONGEST_STEP.as_secs_f64() {
                    tracing::warn!(
                        step_s = seconds / f64::from(steps),
                        "this machine is too slow to train {config} beside the stream; it rests. Let the server ask for a \
                         smaller network (enhance.profile), or stream from a faster machine"
                    );
                    trainer.give_up();
                }
            }
            let mut news = false;
            for event in trainer.events() {
                news = true;
                self.tell(event, order);
            }
            if news || shown.elapsed() >= SHOW_EVERY {
                shown = Instant::now();
                self.show(wire::report(&trainer));
            }
        };
        trainer.finish();
        trainer.events().for_each(|event| self.tell(event, order));
        self.show(wire::report(&trainer));
        Ok(end)
    }

    /// Shows how training stands, and logs the looks that are new.
    fn show(&self, report: TrainingReport) {
        let seen_s = self.counters.training.get().looks.last().map_or(f64::NEG_INFINITY, |look| look.at_s);
        for look in report.looks.iter().filter(|look| look.at_s > seen_s) {
            tracing::debug!(
                at_s = look.at_s,
                plain_db = look.plain_db,
                net_db = look.net_db,
                smoothed_gain_db = look.smoothed_gain_db,
                "look"
            );
        }
        self.counters.training.set(report);
    }

    fn tell(&self, event: Event, order: &TrainingOrder) {
        match event {
            Event::Began(record) => {
                tracing::info!(at_s = record.from_s, reason = ?record.reason, remembered = record.remembered, "training begins");
            }
            Event::Ended(record) => log_end(&record),
            Event::Astray => {
                tracing::info!("training went astray; it goes on from the best network so far, more slowly");
            }
            Event::Judged { lanczos_db: plain, server_db: net, trained_db: trainee } => {
                tracing::debug!(plain_db = plain, net_db = net, trainee_db = trainee, "judged");
                self.counters.quality.set(Some(Quality { plain, net, trainee }));
            }
            Event::Offer(package) => self.offer(package, order),
        }
    }

    /// The server may have started anew, with its stock weights or another network in mind.
    fn ask_again(&self, order: &TrainingOrder) -> Option<TrainingOrder> {
        let now = self.client.training_order().ok()?;
        let ours = self.accepted.get().map(|package| package.fingerprint().to_hex());
        if ours.is_some() && ours != now.in_use {
            tracing::info!("the server has forgotten our network; it gets the newest one");
            self.accepted.set(None);
        }
        let net = |order: &TrainingOrder| (order.channels, order.blocks, order.scale);
        (net(&now) != net(order)).then_some(now)
    }

    /// Hands the network to the uploader, unless the server would not take it.
    fn offer(&self, package: Package, order: &TrainingOrder) {
        let bytes = package.bytes().len();
        if bytes as u64 > order.max_bytes {
            tracing::warn!(bytes, limit = order.max_bytes, "the network is too large for the server");
        } else if self.offers.put(package).is_some() {
            tracing::debug!("a newer network took the place of one that waited");
        }
    }
}

fn log_end(record: &Record) {
    tracing::info!(
        from_s = record.from_s,
        reason = ?record.reason,
        end = ?record.end,
        pairs = record.pairs,
        steps = record.steps,
        seconds = record.seconds,
        before_db = record.before_db,
        gain_db = record.gain_db,
        goal_db = record.goal_db,
        predicted_db = record.predicted_db,
        "training ended"
    );
}
