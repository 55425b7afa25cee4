//! Trains the network that the server asks for, on what is being shown, as long as the stream runs.
//!
//! A thread of the lowest priority. It never makes anyone wait: pairs come through a buffer that forgets, networks leave
//! through a slot that keeps the newest. A network is offered only if, on recent pairs that it was not trained on, it is
//! better than plain up-sampling and better than what the server has.

mod course;
mod holdout;
mod priority;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use models::{
    FEdsrConfig, Package, device,
    train::{Evaluation, TrainError},
};
use protocol::control::TrainingOrder;

use crate::{
    api::Client,
    pairs::PairBuffer,
    push::Backoff,
    status::{Counters, Latest, Quality, UploadState},
    stop::{Stop, Stopped},
    uploader::Slot,
};

pub use course::{Course, stock_package};

/// Pairs to learn from: the last half minute. Fresh ones teach most, and a pair of 480x270 takes 1.2 MB.
const POOL: usize = 64;
/// Steps between two looks at what has come; some hundred milliseconds at most.
const ROUND: u32 = 4;
/// Between two measurements on the held-out pairs, which take about as long as ten steps.
const JUDGE_EVERY: Duration = Duration::from_secs(4);
/// Without enough pairs, how long to wait for one.
const PATIENCE: Duration = Duration::from_millis(500);
/// A better network by less than this, in dB, is not worth its bits on the uplink.
const WORTH_SENDING: f64 = 0.02;
/// Training that is behind what the server has by this much, in dB, has gone astray.
const ASTRAY: f64 = 0.5;
/// How often the server is asked whether it still wants this network: it learns what it can run from the first pictures,
/// and may be started anew.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// Before training is begun anew after it failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The training thread.
pub struct TrainerThread {
    /// The server, which says what to train.
    pub client: Arc<Client>,
    /// Where pairs come from.
    pub pairs: Arc<PairBuffer>,
    /// The factor that pairs are made for, as soon as it is known.
    pub scale: Arc<Latest<Option<u8>>>,
    /// Where the newest network goes.
    pub offers: Arc<Slot<Package>>,
    /// What the server has taken.
    pub accepted: Arc<Latest<Option<Package>>>,
    /// Least time between two offers.
    pub offer_every: Duration,
    /// Where it is counted.
    pub counters: Arc<Counters>,
    /// The end of the program.
    pub stop: Stop,
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
        device::configure_threads(1);
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
            if text != said && !self.stop.is_stopped() {
                tracing::warn!(%error, "no training yet: the server does not say what to train");
                said = text;
            }
            self.stop.sleep(backoff.next_pause())?;
        }
    }

    /// Trains what `order` says.
    fn course(&self, order: &TrainingOrder) -> Result<End, TrainError> {
        let config = FEdsrConfig::new(order.channels, order.blocks, order.scale)
            .map_err(models::package::PackageError::from)?;
        // Unless we know better, the server has the stock weights, as we do.
        let start = self
            .accepted
            .get()
            .filter(|package| package.config() == config)
            .or_else(|| stock_package(config));
        let mut course = Course::new(config, start, POOL, rand::random())?;
        let mut asked = Instant::now();
        let (mut judged, mut offered) = (Instant::now(), None::<Instant>);
        self.scale.set(Some(order.scale));
        loop {
            let fresh =
                if course.can_learn() { self.pairs.drain() } else { self.pairs.drain_or_wait(PATIENCE) };
            let Ok(fresh) = fresh else { return Ok(End::Stopped) };
            for pair in &fresh {
                course.take(pair)?;
            }
            if asked.elapsed() >= ASK_EVERY {
                asked = Instant::now();
                if let Some(other) = self.ask_again(order) {
                    return Ok(End::Other(other));
                }
            }
            if !course.can_learn() {
                continue;
            }
            for _ in 0..ROUND {
                course.step()?;
                self.counters.steps.add(1);
            }
            if judged.elapsed() >= JUDGE_EVERY && course.can_be_judged() {
                judged = Instant::now();
                let found = course.judge()?;
                let server = self.judge_server(&mut course)?.unwrap_or(found.psnr_plain);
                let quality = Quality { plain: found.psnr_plain, net: server, trainee: found.psnr_net };
                self.counters.quality.set(Some(quality));
                if is_astray(found, server) {
                    tracing::info!(
                        ?quality,
                        "training went astray; it goes on from what the server has, more slowly"
                    );
                    course.return_to(self.on_server(&course).as_ref())?;
                    continue;
                }
                let due = offered.is_none_or(|offered| offered.elapsed() >= self.offer_every);
                let sent = if !due {
                    false
                } else if is_better(found, server) {
                    self.offer(&course, found, order)?
                } else {
                    server < found.psnr_plain && self.offer_start(&mut course, server)?
                };
                if sent {
                    offered = Some(Instant::now());
                }
            }
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

    /// PSNR of what the server shows, on the held-out pairs; none while it has nothing but plain up-sampling.
    fn judge_server(&self, course: &mut Course) -> Result<Option<f64>, TrainError> {
        let Some(package) = self.on_server(course) else { return Ok(None) };
        Ok(Some(course.judge_other(&package)?.psnr_net))
    }

    /// The network that the server has, as far as we know.
    fn on_server(&self, course: &Course) -> Option<Package> {
        self.accepted.get().or_else(|| course.start().cloned())
    }

    /// What the server has does harm on what is shown now, and nothing better is learnt yet: the network that training
    /// began from is general, and may be good enough meanwhile.
    fn offer_start(&self, course: &mut Course, server: f64) -> Result<bool, TrainError> {
        let Some(start) = course.start().cloned() else { return Ok(false) };
        let found = course.judge_other(&start)?;
        let better = is_better(found, server);
        if better {
            tracing::info!(gain_db = found.gain, "the scene has changed: back to what training began from");
            self.offers.put(start);
        }
        Ok(better)
    }

    /// Hands the network to the uploader; false if the server would not take it.
    fn offer(&self, course: &Course, found: Evaluation, order: &TrainingOrder) -> Result<bool, TrainError> {
        let package = course.package(found)?;
        if package.bytes().len() as u64 > order.max_bytes {
            tracing::warn!(
                bytes = package.bytes().len(),
                limit = order.max_bytes,
                "the network is too large for the server"
            );
            return Ok(false);
        }
        if self.offers.put(package).is_some() {
            tracing::debug!("a newer network took the place of one that waited");
        }
        Ok(true)
    }
}

/// Whether a network is better than plain up-sampling and than what the server has, by enough to be worth sending.
fn is_better(found: Evaluation, server: f64) -> bool {
    found.psnr_net >= server.max(found.psnr_plain) + WORTH_SENDING
}

/// Whether a network in training is so much worse than what the server has that going on from there is quicker.
/// Seen at the black beginning of a film, with a learning rate that was too high.
fn is_astray(found: Evaluation, server: f64) -> bool {
    found.psnr_net.is_nan() || found.psnr_net < server - ASTRAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_better_network_is_worth_sending() {
        let found = |plain, net| Evaluation { psnr_plain: plain, psnr_net: net, gain: net - plain };
        assert!(is_better(found(30.0, 30.5), 30.2));
        assert!(!is_better(found(30.0, 30.5), 30.5));
        assert!(!is_better(found(30.0, 29.9), 29.0), "a server with a bad network gets no other bad one");
        assert!(!is_better(found(30.0, f64::NAN), 29.0));
        assert!(is_astray(found(30.0, 29.9), 30.5) && is_astray(found(30.0, f64::NAN), 30.0));
        assert!(!is_astray(found(30.0, 30.2), 30.5));
    }
}
