//! One policy through a programme.

use anyhow::Result;
use learn::{Event, GainSample, LiveTraining, Record, Settings, State, Threshold, stock_package};
use models::package::Shelf;
use models::{FEdsrConfig, Package};
use nets::torch::Torch;
use nets::{Backend as _, Device, Precision, Upscaler};
use streamer::config::PolicyChoice;
use streamer::pairs::{Coded, PairMaker, Wanted};

use super::Plan;
use super::pace::Pace;

/// Uploads have this part of the video's bitrate.
const UPLOAD_SHARE: f64 = 0.1;
/// The server builds, proves and hands over a network; measured on two cores that were busy.
const SERVER_S: f64 = 0.3;
/// Least seconds between two uploads of one training, as the streamer has it.
const UPLOAD_EVERY_S: f64 = 5.0;
/// A goal that no training reaches, in dB.
const NEVER: f64 = 1e3;

/// A network on its way.
struct Upload {
    package: Package,
    arrives_s: f64,
}

/// A policy, its trainer, and its server.
pub struct Life {
    /// The policy.
    pub policy: PolicyChoice,
    /// Every training that ended.
    pub trainings: Vec<Record>,
    /// When the server got a new network.
    pub swaps: Vec<f64>,
    /// Bytes of uploads.
    pub uploaded: usize,
    /// Seconds of training.
    pub seconds: f64,
    config: FEdsrConfig,
    pace: Pace,
    upload_rate: f64,
    trainer: LiveTraining,
    maker: PairMaker,
    now_s: f64,
    /// Seconds that the trainer has not used yet; below 0, that it has used in advance.
    credit_s: f64,
    waiting: Option<Package>,
    upload: Option<Upload>,
    /// What the server holds.
    shelf: Shelf,
    on_server: Option<Package>,
    torch: Torch,
    in_use: Option<Box<dyn Upscaler>>,
}

impl Life {
    /// From the stock network on.
    pub fn new(policy: PolicyChoice, plan: &Plan) -> Result<Self> {
        let start = stock_package(plan.config);
        let torch = Torch::new(Device::Cpu);
        let in_use = start.as_ref().map(|package| torch.upscaler(package, Precision::Auto)).transpose()?;
        let mut settings = Settings {
            device: plan.device,
            seed: plan.seed,
            upload_every_s: UPLOAD_EVERY_S,
            ..Settings::default()
        };
        if !plan.goals {
            settings.enough_db = NEVER;
            settings.enough_share = NEVER;
        }
        let threshold = Threshold::open(plan.config, &settings, None);
        let trainer =
            LiveTraining::new(plan.config, start.clone(), policy.with(&settings), threshold, &settings);
        Ok(Self {
            policy,
            trainings: Vec::new(),
            swaps: Vec::new(),
            uploaded: 0,
            seconds: 0.0,
            config: plan.config,
            pace: plan.pace,
            upload_rate: f64::from(plan.bitrate) * UPLOAD_SHARE,
            trainer,
            maker: PairMaker::new(Wanted::new(plan.config.scale, State::Waiting)),
            now_s: 0.0,
            credit_s: 0.0,
            waiting: None,
            upload: None,
            shelf: Shelf::default(),
            on_server: start,
            torch,
            in_use,
        })
    }

    /// What is being sent.
    pub fn see(&mut self, coded: Coded) -> Result<()> {
        self.maker.wanted = Wanted::new(self.config.scale, self.trainer.state());
        for pair in self.maker.push(coded)? {
            self.trainer.take(pair)?;
            self.credit_s -= self.pace.look_s;
            self.listen();
        }
        Ok(())
    }

    /// Time passes.
    pub fn live(&mut self, seconds: f64) -> Result<()> {
        self.now_s += seconds;
        self.credit_s += seconds;
        while self.trainer.is_training() && self.credit_s > 0.0 {
            self.trainer.step()?;
            self.spend(self.pace.step_s);
            self.trainer.judge()?;
            self.listen();
        }
        // Time that was not used is gone.
        self.credit_s = self.credit_s.min(0.0);
        self.arrive()
    }

    /// The network that the server uses now.
    pub fn in_use(&mut self) -> Option<&mut Box<dyn Upscaler>> {
        self.in_use.as_mut()
    }

    /// The programme is over.
    pub fn finish(&mut self) {
        self.trainer.finish();
        let ended = self.trainer.events().filter_map(|event| match event {
            Event::Ended(record) => Some(record),
            _ => None,
        });
        self.trainings.extend(ended);
    }

    /// What trainings came to.
    pub fn samples(&self) -> Vec<GainSample> {
        self.trainer.samples().to_vec()
    }

    fn spend(&mut self, seconds: f64) {
        self.credit_s -= seconds;
        self.seconds += seconds;
        self.trainer.spent(seconds);
    }

    fn listen(&mut self) {
        let events: Vec<Event> = self.trainer.events().collect();
        for event in events {
            match event {
                Event::Judged { .. } => self.spend(self.pace.judge_s),
                Event::Ended(record) => self.trainings.push(record),
                Event::Upload(package) => self.waiting = Some(package),
                Event::Began(_) | Event::Astray => {}
            }
        }
        self.send();
    }

    /// One upload at a time; the latest wins.
    fn send(&mut self) {
        if self.upload.is_some() {
            return;
        }
        let Some(package) = self.waiting.take() else { return };
        let whole = package.bytes().len();
        let patch = self.shelf.patch(&package, self.on_server.as_ref().map(Package::fingerprint));
        let bytes = patch.map_or(whole, |patch| patch.bytes().len());
        self.uploaded += bytes;
        let arrives_s = self.now_s + bytes as f64 * 8.0 / self.upload_rate + SERVER_S;
        self.upload = Some(Upload { package, arrives_s });
    }

    fn arrive(&mut self) -> Result<()> {
        if let Some(Upload { package, .. }) = self.upload.take_if(|upload| upload.arrives_s <= self.now_s) {
            self.in_use = Some(self.torch.upscaler(&package, Precision::Auto)?);
            self.swaps.push(self.now_s);
            self.trainer.set_server(Some(package.clone()));
            self.shelf.put(package.clone());
            self.on_server = Some(package);
            self.send();
        }
        Ok(())
    }
}
