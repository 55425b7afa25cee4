//! Trains the network that the server asks for, on what is being shown, when the picture asks for it.
//!
//! [`LiveTraining`] decides; this thread, of the lowest priority, gives it pairs, time and news of the server. It never makes
//! anyone wait: pairs come through a buffer that forgets, networks leave through a slot that keeps the newest. A network is
//! uploaded only if, on recent pairs that it was not trained on, it is better than Lanczos upsampling and better than what the
//! server has.

mod priority;
mod wire;
mod yielding;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::control::{QualityLook, TrainingOrder, TrainingReport};
use api::shutdown::{Shutdown, Stopped};
use learn::{Error, Event, LiveTraining, Record, Settings, Threshold, stock_package};
use media::flow::Slot;
use models::{FEdsrConfig, Fingerprint, Package};
use parking_lot::Mutex;

use crate::backoff::Backoff;
use crate::config::TrainingConfig;
use crate::pairs::{PairBuffer, Wanted};
use crate::status::{Counters, Quality, UploadState};
use crate::upload::Client;
use yielding::Yielding;

/// Steps between two looks at what has come; some hundred milliseconds at most.
const ROUND: u32 = 4;
/// Without anything to do, how long to wait for a pair.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the server is asked whether it still wants this network: it learns what it can run from the first pictures,
/// and may be started anew.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// Before training is begun anew after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
const SHOW_EVERY: Duration = Duration::from_millis(500);
/// Training that takes longer than this for a step comes too late for what it learns: a scene lasts some hundred steps at best.
const LONGEST_STEP: Duration = Duration::from_millis(600);
/// Seconds of training after which that is judged.
const TRIAL_S: f64 = 20.0;

pub struct TrainerThread {
    /// The server, which says what to train.
    pub client: Arc<Client>,
    pub pairs: Arc<PairBuffer>,
    pub wanted: Arc<Mutex<Wanted>>,
    /// Where the newest network goes.
    pub newest: Arc<Slot<Package>>,
    /// What the server has taken.
    pub accepted: Arc<Mutex<Option<Package>>>,
    pub config: TrainingConfig,
    pub counters: Arc<Counters>,
    pub stop: Shutdown,
}

/// One network in training, as long as the server wants that one.
struct Work<'a> {
    thread: &'a TrainerThread,
    order: &'a TrainingOrder,
    training: LiveTraining,
    /// What the training was told that the server has.
    on_server: Option<Fingerprint>,
    yielding: Yielding,
    steps: u32,
    /// Seconds that the steps took.
    seconds: f64,
}

impl TrainerThread {
    /// Trains until the buffer is closed or the program ends.
    pub fn run(self) {
        // First of all: threads that libtorch starts later inherit it.
        priority::lower();
        ::nets::torch::configure_threads(1);
        // An error here is the end of the program.
        let _ = self.train();
    }

    fn train(&self) -> Result<(), Stopped> {
        let mut order = self.ask_until_answered()?;
        loop {
            match self.follow(&order) {
                Ok(None) => return Ok(()),
                Ok(Some(other)) => order = other,
                Err(error) => {
                    tracing::warn!(%error, "training failed; it begins anew");
                    self.stop.sleep(PAUSE_AFTER_FAILURE)?;
                }
            }
        }
    }

    /// Asks the server what to train, again and again. Says what is wrong when that changes.
    fn ask_until_answered(&self) -> Result<TrainingOrder, Stopped> {
        let mut backoff = Backoff::default();
        let mut said = String::new();
        loop {
            let error = match self.client.training_order() {
                Ok(order) => {
                    let TrainingOrder { preset, channels, blocks, scale, .. } = &order;
                    tracing::info!(preset, channels, blocks, scale, "the server asks for this network");
                    *self.counters.api.lock() = Some(Ok(()));
                    return Ok(order);
                }
                Err(error) => error,
            };
            if !error.is_temporary() {
                *self.counters.upload.lock() = UploadState::Refused;
            }
            let text = error.to_string();
            if text != said && !self.stop.is_requested() {
                tracing::warn!(%error, "no training yet: the server does not say what to train");
                *self.counters.api.lock() = Some(Err(text.clone()));
                said = text;
            }
            self.stop.sleep(backoff.next_pause())?;
        }
    }

    /// Trains what `order` says. Gives the next order, if the server asks for another network; none at the end of the program.
    fn follow(&self, order: &TrainingOrder) -> Result<Option<TrainingOrder>, Error> {
        let mut work = Work::new(self, order)?;
        let mut asked = Instant::now();
        let mut shown = Instant::now();
        let next = loop {
            if !work.take_pairs()? {
                break None;
            }
            if asked.elapsed() >= ASK_EVERY {
                asked = Instant::now();
                // An answer may take long: nobody shall think that this thread gets no processor time.
                self.pairs.excuse();
                if let Some(other) = self.ask_again(order) {
                    break Some(other);
                }
            }
            work.hear_of_server();
            if work.training.is_training() {
                if work.yielding.pause(self.counters.late.get(), &self.stop).is_err() {
                    break None;
                }
                work.round()?;
            }
            if work.handle_events() || shown.elapsed() >= SHOW_EVERY {
                shown = Instant::now();
                self.show(wire::report(&work.training));
            }
        };
        // The training that is cut short is in the last report as well.
        work.training.finish();
        work.handle_events();
        self.show(wire::report(&work.training));
        Ok(next)
    }

    /// The server may have started anew, with its stock weights or another network in mind.
    fn ask_again(&self, order: &TrainingOrder) -> Option<TrainingOrder> {
        let now = self.client.training_order().ok()?;
        let ours = self.accepted.lock().as_ref().map(|package| package.fingerprint().to_hex());
        if ours.is_some() && ours != now.in_use {
            tracing::info!("the server has forgotten our network; it gets the newest one");
            *self.accepted.lock() = None;
        }
        let net = |order: &TrainingOrder| (order.channels, order.blocks, order.scale);
        (net(&now) != net(order)).then_some(now)
    }

    /// Shows how training stands, and logs the looks that are new.
    fn show(&self, report: TrainingReport) {
        let seen_s = self.counters.training.lock().looks.last().map_or(f64::NEG_INFINITY, |look| look.at_s);
        for QualityLook { at_s, plain_db, net_db, smoothed_gain_db } in &report.looks {
            if *at_s > seen_s {
                tracing::debug!(at_s, plain_db, net_db, smoothed_gain_db, "look");
            }
        }
        *self.counters.training.lock() = report;
    }
}

impl<'a> Work<'a> {
    fn new(thread: &'a TrainerThread, order: &'a TrainingOrder) -> Result<Self, Error> {
        let config = FEdsrConfig::new(order.channels, order.blocks, order.scale)?;
        let settings = Settings {
            device: thread.config.device,
            seed: rand::random(),
            upload_every_s: thread.config.upload_every.as_secs_f64(),
            ..Settings::default()
        };
        let threshold = Threshold::open(config, &settings, thread.config.state.as_deref());
        // Unless we know better, the server has the stock weights, as we do.
        let start = stock_package(config);
        let policy = thread.config.policy.with(&settings);
        let training = LiveTraining::new(config, start, policy, threshold, &settings);
        let yielding = Yielding::default();
        let mut work = Self { thread, order, training, on_server: None, yielding, steps: 0, seconds: 0.0 };
        work.hear_of_server();
        Ok(work)
    }

    /// Takes the pairs that have come; waits for one if there is nothing else to do. False at the end of all pairs.
    fn take_pairs(&mut self) -> Result<bool, Error> {
        // Told anew each time: while there is too little to learn from, pairs are wanted more often.
        *self.thread.wanted.lock() = Wanted::new(self.order.scale, self.training.state());
        // Nobody waits while there are steps to do.
        let patience = if self.training.is_training() { Duration::ZERO } else { PATIENCE };
        let Some(fresh) = self.thread.pairs.drain(patience) else { return Ok(false) };
        for pair in fresh {
            self.training.take(pair)?;
        }
        Ok(true)
    }

    /// Tells the training when the server has another network than before.
    fn hear_of_server(&mut self) {
        let config = self.training.config();
        let accepted = self.thread.accepted.lock().clone().filter(|package| package.config() == config);
        let fingerprint = accepted.as_ref().map(Package::fingerprint);
        if fingerprint != self.on_server {
            self.on_server = fingerprint;
            self.training.set_server(accepted);
        }
    }

    /// Some steps, and a judgement if it is time for one. A machine that is too slow is found here.
    fn round(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        for _ in 0..ROUND {
            self.training.step()?;
            self.thread.counters.steps.add(1);
        }
        self.training.judge()?;
        let took_s = began.elapsed().as_secs_f64();
        self.training.spent(took_s);
        self.steps += ROUND;
        self.seconds += took_s;
        let step_s = self.seconds / f64::from(self.steps);
        if self.seconds >= TRIAL_S && step_s > LONGEST_STEP.as_secs_f64() {
            tracing::warn!(
                step_s,
                "this machine is too slow to train {} beside the stream; it rests. Let the server ask for a \
                 smaller network (enhance.profile), or stream from a faster machine",
                self.training.config()
            );
            self.training.give_up();
        }
        Ok(())
    }

    /// Logs and hands on what has happened. Whether there was anything.
    fn handle_events(&mut self) -> bool {
        let mut news = false;
        for event in self.training.events() {
            news = true;
            match event {
                Event::Began(record) => {
                    let Record { from_s: at_s, reason, remembered, .. } = record;
                    tracing::info!(at_s, ?reason, remembered, "training begins");
                }
                Event::Ended(record) => log_end(&record),
                Event::Astray => {
                    tracing::info!(
                        "training went astray; it goes on from the best network so far, more slowly"
                    );
                }
                Event::Judged { lanczos_db: lanczos, server_db: net, trained_db: trainee } => {
                    tracing::debug!(plain_db = lanczos, net_db = net, trainee_db = trainee, "judged");
                    *self.thread.counters.quality.lock() = Some(Quality { lanczos, net, trainee });
                }
                Event::Upload(package) => self.hand_to_uploader(package),
            }
        }
        news
    }

    /// Hands the network to the uploader, unless the server would not take it.
    fn hand_to_uploader(&self, package: Package) {
        let bytes = package.bytes().len();
        let limit = self.order.max_bytes;
        if bytes as u64 > limit {
            tracing::warn!(bytes, limit, "the network is too large for the server");
        } else if self.thread.newest.put(package).is_some() {
            tracing::debug!("a newer network took the place of one that waited");
        }
    }
}

fn log_end(record: &Record) {
    let Record { from_s, reason, end, pairs, steps, seconds, before_db, gain_db, .. } = record;
    let Record { goal_db, predicted_db, .. } = record;
    tracing::info!(
        from_s,
        ?reason,
        ?end,
        pairs,
        steps,
        seconds,
        before_db,
        gain_db,
        goal_db,
        predicted_db,
        "training ended"
    );
}
