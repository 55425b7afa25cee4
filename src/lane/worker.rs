//! What a lane does, picture by picture.
//!
//! While the net works on one picture, the lane decodes and scales the next and encodes the one before: one picture
//! is handed to the engine at a time, and the lane waits for it only when it has nothing else to do. Pictures leave
//! in the order in which they came.

mod net;
mod refiner;
mod temporal;

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::VideoConfig;
use media::ffmpeg::{FfmpegError, Filter, Scaler};
use media::packet::Packet;
use media::picture::{FrameRate, Picture};
use media::time::MediaTime;

use super::cadence::Cadence;
use super::decode::{Decoded, Intake, Shown};
use super::encode::Outlet;
use super::pace::{self, Limits, Pace, Treatment};
use super::select::Coded;
use super::stats::{Made, Refinement};
use super::thread::LaneParts;
use crate::inference::Demand;
use crate::inference::prove::is_telling;
use crate::lane::queue::{LaneInput, Popped};
use net::NetSeat;
use temporal::{Situation, Temporal};

/// How long the lane waits for input before it looks around.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is still in the queue when the stream ends may take this long; the rest is dropped.
const DRAIN: Duration = Duration::from_millis(1200);

/// Damaged pictures are logged one by one up to this many, then every hundredth.
const LOGGED: u64 = 5;

/// The lane's state; lives on the lane's thread.
pub(super) struct Worker {
    parts: LaneParts,
    config: Option<Arc<VideoConfig>>,
    intake: Option<Intake>,
    scaler: Scaler,
    outlet: Outlet,
    seat: NetSeat,
    with_net: Option<Busy>,
    temporal: Option<Temporal>,
    /// What the picture that left last took without nets.
    busy: Duration,
    pace: Pace,
    cadence: Cadence,
    rate: FrameRate,
    demand: Option<Demand>,
    /// Decode time of the packet that was taken last.
    taken: MediaTime,
    damaged: u64,
    draining_since: Option<Instant>,
}

/// A picture that the net works on.
struct Busy {
    lr: Picture,
    coded: Coded,
    dts: MediaTime,
    spent: Duration,
}

/// A large picture that is ready to be encoded.
struct Finished {
    picture: Picture,
    made: Made,
    dts: MediaTime,
    spent: Duration,
    net: Option<Duration>,
    coded: Coded,
    refined: Option<Refinement>,
}

impl Finished {
    /// Whether the first net made it.
    fn is_first_stage(&self) -> bool {
        self.made == Made::FEdsr
    }
}

impl Worker {
    pub(super) fn new(parts: LaneParts) -> Self {
        let outlet = Outlet::new(parts.workshop.encode.clone(), parts.output.clone());
        let seat = NetSeat::new(&parts.workshop, Arc::clone(&parts.model));
        let stage = parts.workshop.second_stage.as_ref();
        let temporal = stage.map(|stage| Temporal::new(stage, &parts.workshop.engine));
        Self {
            parts,
            config: None,
            intake: None,
            scaler: Scaler::new(Filter::Lanczos),
            outlet,
            seat,
            with_net: None,
            temporal,
            busy: Duration::ZERO,
            pace: Pace::default(),
            cadence: Cadence::default(),
            rate: FrameRate { num: 30, den: 1 },
            demand: None,
            taken: MediaTime::ZERO,
            damaged: 0,
            draining_since: None,
        }
    }

    /// How the pictures are coded, as far as it is known.
    pub(super) fn config(&self) -> Option<Arc<VideoConfig>> {
        self.config.clone()
    }

    /// Goes on where a broken worker was.
    pub(super) fn resume(&mut self, config: Arc<VideoConfig>) {
        self.configure(config);
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(&mut self) {
        loop {
            // With a picture at the net there is something to wait for even if nothing comes.
            let patience = if self.with_net.is_some() { Duration::ZERO } else { PATIENCE };
            match self.parts.queue.pop(patience) {
                Popped::Input(LaneInput::Config(config)) => self.configure(config),
                Popped::Input(LaneInput::Discontinuity) => self.drain_decoder(),
                Popped::Input(LaneInput::Picture(packet)) => self.take(&packet),
                Popped::Empty if self.with_net.is_some() => self.collect(),
                Popped::Empty => self.flush(),
                Popped::Closed => return self.end(),
            }
        }
    }

    fn end(&mut self) {
        self.draining_since.get_or_insert_with(Instant::now);
        self.drain_decoder();
        if let Err(error) = self.outlet.finish() {
            tracing::warn!(stream = %self.parts.name, %error, "the last enhanced pictures cannot be encoded");
        }
        self.seat.leave();
    }

    /// Another decoder for pictures that are coded otherwise. The encoder follows by itself when their size changes.
    fn configure(&mut self, config: Arc<VideoConfig>) {
        self.drain_decoder();
        self.cadence.state(config.frame_rate());
        self.config = Some(Arc::clone(&config));
        match Intake::new(&config) {
            Ok(intake) => self.intake = Some(intake),
            Err(error) => {
                tracing::error!(stream = %self.parts.name, %error, "no decoder; the enhanced lane rests");
            }
        }
    }

    fn take(&mut self, packet: &Packet) {
        self.parts.stats.taken(1);
        self.cadence.note(packet.dts);
        self.taken = packet.dts;
        if self.draining_since.is_none() && self.parts.queue.is_closed() {
            self.draining_since = Some(Instant::now());
        }
        if self.draining_since.is_some_and(|since| since.elapsed() > DRAIN) {
            let left = self.parts.queue.clear();
            self.parts.stats.taken(left);
            return self.lose(1 + left, None);
        }
        let limits = self.limits();
        if self.pace.intake(self.backlog(), limits, self.parts.queue.has_key()) == pace::Intake::SkipToKey {
            return self.skip_to_key();
        }
        let Some(intake) = &mut self.intake else { return self.lose(1, None) };
        let started = Instant::now();
        let decoded = intake.push(packet);
        self.digest(decoded, packet.dts, started.elapsed());
    }

    fn skip_to_key(&mut self) {
        self.flush();
        let backlog = self.backlog();
        let skipped = self.parts.queue.skip_to_key();
        self.parts.stats.taken(skipped);
        tracing::warn!(stream = %self.parts.name, skipped, %backlog, "too far behind: on to the next keyframe");
        self.lose(1 + skipped, None);
        if let Some(intake) = &mut self.intake {
            intake.await_key();
        }
    }

    fn digest(&mut self, decoded: Decoded, dts: MediaTime, spent: Duration) {
        if decoded.lost > 0 {
            self.lose(decoded.lost, decoded.error.as_ref().map(|error| error as &dyn Display));
        }
        let share = spent / decoded.pictures.len().max(1) as u32;
        for shown in decoded.pictures {
            self.show(shown, dts, share);
        }
    }

    /// Makes one decoded picture large, with the net if there is one and it can be afforded.
    fn show(&mut self, shown: Shown, dts: MediaTime, spent: Duration) {
        let Shown { picture: lr, bytes } = shown;
        let coded = Coded { key: lr.key(), bytes };
        // Pictures may bring parameter sets of their own; what was announced is not binding for them.
        if self.parts.workshop.enhanced(lr.size()).is_none() {
            return self
                .lose(1, Some(&format_args!("{} is larger than was announced, and too large", lr.size())));
        }
        self.meet(&lr);
        let started = Instant::now();
        let plain = match self.enlarge(&lr) {
            Ok(plain) => plain,
            Err(error) => return self.lose(1, Some(&error)),
        };
        let spent = spent + started.elapsed();
        let draining = self.draining_since.is_some();
        let limits = self.limits();
        let treatment = self.pace.treatment(self.backlog(), limits);
        let made = match (self.seat.is_taken(), treatment) {
            (false, _) => Made::PlainNoNet,
            (true, Treatment::Plain) => Made::PlainOverload,
            (true, Treatment::Net) if draining => Made::PlainOverload,
            (true, Treatment::Net) => return self.show_with_net(Busy { lr, coded, dts, spent }, plain),
        };
        self.collect();
        self.leave(Finished { picture: plain, made, dts, spent, net: None, coded, refined: None });
    }

    /// Hands the picture to the net, and encodes the one before while the net works.
    fn show_with_net(&mut self, busy: Busy, plain: Picture) {
        let before = self.await_net();
        let submitted = self.seat.submit(busy.lr.clone(), plain);
        if let Some(before) = before {
            self.leave(before);
        }
        if submitted {
            self.with_net = Some(busy);
        } else {
            self.show_failed(&busy);
        }
    }

    /// Encodes the picture that the net works on, once it is done.
    fn collect(&mut self) {
        if let Some(finished) = self.await_net() {
            self.leave(finished);
        }
    }

    /// Everything that is finished or at a net is encoded.
    fn flush(&mut self) {
        self.collect();
        let held = self.temporal.as_mut().filter(|temporal| temporal.holds()).map(Temporal::flush);
        for finished in held.into_iter().flatten() {
            self.encode(finished);
        }
    }

    /// On to the second stage, where there is one, and to the encoder.
    fn leave(&mut self, finished: Finished) {
        let limits = self.limits();
        let situation = Situation {
            frame: self.cadence.frame().to_duration(),
            lane: self.busy,
            // At the limit the first stage would be left out for single pictures.
            room: (limits.strained * 3 / 4 - self.backlog()).to_duration(),
        };
        let draining = self.draining_since.is_some();
        let Some(temporal) = self.temporal.as_mut().filter(|_| !draining) else {
            self.flush();
            return self.encode(finished);
        };
        let leaving = temporal.arrive(finished, situation);
        self.parts.stats.affordable(temporal.per_second());
        for finished in leaving {
            self.encode(finished);
        }
    }

    fn await_net(&mut self) -> Option<Finished> {
        let busy = self.with_net.take()?;
        let frames_in = || self.parts.stats.view().frames_in;
        let Some((picture, net)) = self.seat.collect(busy.lr.pts(), frames_in) else {
            self.show_failed(&busy);
            return None;
        };
        let Busy { coded, dts, spent, .. } = busy;
        Some(Finished {
            picture,
            made: Made::FEdsr,
            dts,
            spent: spent + net,
            net: Some(net),
            coded,
            refined: None,
        })
    }

    fn show_failed(&mut self, busy: &Busy) {
        let Busy { lr, coded, dts, spent } = busy;
        let (dts, spent, coded) = (*dts, *spent, *coded);
        match self.enlarge(lr) {
            Ok(picture) => {
                let made = Made::PlainFailed;
                self.leave(Finished { picture, made, dts, spent, net: None, coded, refined: None });
            }
            Err(error) => self.lose(1, Some(&error)),
        }
    }

    fn enlarge(&mut self, lr: &Picture) -> Result<Picture, FfmpegError> {
        self.scaler.scale(lr, lr.size().scaled(self.parts.workshop.scale.into()))
    }

    fn encode(&mut self, finished: Finished) {
        let Finished { picture, made, dts, spent, net, refined, .. } = finished;
        let started = Instant::now();
        match self.outlet.push(&picture, self.rate) {
            Ok(true) => {
                let spent = spent + started.elapsed();
                self.busy = spent.saturating_sub(net.unwrap_or_default());
                self.parts.stats.shown(made, spent, net);
                if let Some(refinement) = refined {
                    self.parts.stats.refined(picture.pts(), refinement);
                }
            }
            Ok(false) => self.lose(1, None),
            Err(error) => self.lose(1, Some(&error)),
        }
        self.parts.stats.done(dts);
    }

    /// Gets to know the pictures: tells the library what to keep up with, and shows it what the stream looks like.
    fn meet(&mut self, lr: &Picture) {
        let frame_rate = self.cadence.rate();
        let known =
            self.demand.filter(|demand| demand.size == lr.size() && is_near(demand.frame_rate, frame_rate));
        if known.is_none() && (lr.key() || self.demand.is_none_or(|demand| demand.size != lr.size())) {
            let demand = Demand { size: lr.size(), frame_rate };
            self.demand = Some(demand);
            self.rate = frame_rate;
            self.parts.stats.sized(lr.size().scaled(self.parts.workshop.scale.into()));
            self.parts.model.demanded(demand);
            self.parts.workshop.library.prepare(Arc::clone(&self.parts.model), demand);
        }
        if lr.key() && is_telling(lr) {
            self.parts.model.sampled(lr.clone());
        }
        if self.draining_since.is_none() {
            self.seat.take_latest();
        }
    }

    /// What is inside decoder and net comes out; the decoder goes on at the next keyframe.
    fn drain_decoder(&mut self) {
        if let Some(intake) = self.intake.take() {
            let decoded = intake.finish();
            self.digest(decoded, self.taken, Duration::ZERO);
            self.intake = self.config.as_ref().and_then(|config| Intake::new(config).ok());
        }
        self.flush();
    }

    fn lose(&mut self, count: u64, error: Option<&dyn Display>) {
        self.parts.stats.given_up(count);
        if let Some(error) = error {
            self.damaged += 1;
            if self.damaged <= LOGGED || self.damaged.is_multiple_of(100) {
                tracing::warn!(stream = %self.parts.name, %error, damaged = self.damaged, "a picture is not shown");
            }
        }
    }

    /// Received video that the lane has not begun.
    fn backlog(&self) -> MediaTime {
        let newest = self.parts.queue.newest().unwrap_or(self.taken);
        (newest - self.taken).max(MediaTime::ZERO)
    }

    fn limits(&self) -> Limits {
        Limits::for_frames_of(self.cadence.frame())
    }
}

/// A measured rate wavers; a tenth more or less changes nothing.
fn is_near(a: FrameRate, b: FrameRate) -> bool {
    (a.as_f64() / b.as_f64().max(0.001) - 1.0).abs() < 0.1
}
