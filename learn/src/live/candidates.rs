//! The networks that are known, and which of them is the best on the newest pairs.

use std::collections::VecDeque;

use media::ffmpeg::{Filter, Scaler};
use media::quality::psnr_luma;
use models::{Fingerprint, Package};
use nets::torch::Torch;
use nets::{Backend as _, Precision, Upscaler};

use crate::material::Material;
use crate::{Error, Pair, Settings};

/// Networks that are kept built: the best one, the server's, the one that training began from, and a remembered one.
const BUILT: usize = 4;
/// Pairs that networks are compared on: a change is seen on the second pair after it.
const RECENT: usize = 2;

/// Networks, and what they are compared by.
pub(super) struct Candidates {
    settings: Settings,
    /// What trainings start from; none: Lanczos upsampling.
    pub(super) start: Option<Package>,
    pub(super) best: Option<Package>,
    pub(super) server: Option<Package>,
    /// What the server was sent last, and when.
    sent: Option<(f64, Fingerprint)>,
    /// The newest pairs, the oldest first.
    recent: VecDeque<Pair>,
    torch: Torch,
    built: VecDeque<Box<dyn Upscaler>>,
    lanczos: Scaler,
}

impl Candidates {
    pub(super) fn new(start: Option<Package>, settings: &Settings) -> Self {
        Self {
            settings: *settings,
            best: start.clone(),
            server: start.clone(),
            start,
            sent: None,
            recent: VecDeque::with_capacity(RECENT),
            torch: Torch::new(settings.device),
            built: VecDeque::with_capacity(BUILT),
            lanczos: Scaler::new(Filter::Lanczos),
        }
    }

    /// Whether the best network is another one than trainings start from.
    pub(super) fn has_learnt(&self) -> bool {
        self.start.is_some() && fingerprint(self.start.as_ref()) != fingerprint(self.best.as_ref())
    }

    /// The server has this network now; none: what trainings start from.
    pub(super) fn set_server(&mut self, package: Option<Package>) {
        self.server = package.or_else(|| self.start.clone());
        let has = fingerprint(self.server.as_ref());
        // A server that has something else than it was given has begun anew, and need not wait.
        self.sent.take_if(|(_, sent)| has != Some(*sent));
    }

    /// PSNR of luma of a pair in dB, by Lanczos upsampling and by the best network.
    pub(super) fn look(&mut self, pair: &Pair) -> Result<[f64; 2], Error> {
        let best = self.best.clone();
        self.psnr(best.as_ref(), pair)
    }

    /// Networks are compared on this pair from now on, and on the one before it.
    pub(super) fn show(&mut self, pair: Pair) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(pair);
    }

    /// The pair before the newest.
    pub(super) fn before(&self) -> Option<&Pair> {
        self.recent.iter().rev().nth(1)
    }

    /// Mean PSNR of a network on what is held out, in dB; none: of Lanczos upsampling.
    pub(super) fn judge(&mut self, package: Option<&Package>, material: &mut Material) -> Result<f64, Error> {
        match package {
            Some(package) => material.judge(package.fingerprint(), self.built(package)?),
            None => Ok(material.lanczos_db()),
        }
    }

    /// Whether the network that trainings start from is better on the newest pairs than the best one.
    pub(super) fn is_start_better(&mut self) -> Result<bool, Error> {
        let best = self.mean(self.best.clone().as_ref())?;
        let start = self.mean(self.start.clone().as_ref())?;
        Ok(best + self.settings.better_start_db < start)
    }

    /// Makes the network that is best on the newest pairs the best one, of what trainings start from and what is `remembered`.
    /// Gives what that gains, in dB, and whether it was remembered; none if the best one stays.
    pub(super) fn choose(&mut self, remembered: Vec<Package>) -> Result<Option<(f64, bool)>, Error> {
        let before = self.mean(self.best.clone().as_ref())?;
        // A network that is hardly better would cost an upload, and the optimiser's state if training rests.
        let mut most = before + self.settings.better_start_db;
        let mut chosen = None;
        let start = self.start.clone().map(|start| (start, false));
        for (package, is_remembered) in start.into_iter().chain(remembered.into_iter().map(|net| (net, true)))
        {
            let found = self.mean(Some(&package))?;
            if found > most {
                most = found;
                chosen = Some((package, is_remembered));
            }
        }
        let Some((package, is_remembered)) = chosen else { return Ok(None) };
        self.best = Some(package);
        Ok(Some((most - before, is_remembered)))
    }

    /// What the best network gains on the newest pairs over what the server shows, in dB. A server shows Lanczos upsampling
    /// where its network is worse than that.
    pub(super) fn gain_over_server(&mut self) -> Result<f64, Error> {
        let server = self.mean(self.server.clone().as_ref())?.max(self.mean(None)?);
        Ok(self.mean(self.best.clone().as_ref())? - server)
    }

    /// The best network, if it is better than what the server shows by enough, and the server has not been sent another one
    /// of this training just now. The `last` one of a training need not wait.
    pub(super) fn take_if_due(&mut self, gain: f64, now_s: f64, last: bool) -> Option<Package> {
        let best = self.best.clone()?;
        // The uplink is thin: the same network is never sent twice in a row, and another one not too soon.
        let is_due = match self.sent {
            Some((_, sent)) if sent == best.fingerprint() => false,
            Some((at_s, _)) => last || now_s - at_s >= self.settings.upload_every_s,
            None => true,
        };
        if gain < self.settings.worth_uploading_db || !is_due {
            return None;
        }
        self.sent = Some((now_s, best.fingerprint()));
        Some(best)
    }

    /// Whether the server was started anew, and does not have the best network any more.
    pub(super) fn has_server_forgotten(&self) -> bool {
        self.sent.is_none() && fingerprint(self.best.as_ref()) != fingerprint(self.server.as_ref())
    }

    /// The mean over the newest pairs; 0 without any.
    fn mean(&mut self, package: Option<&Package>) -> Result<f64, Error> {
        // Lent out, because looking borrows everything else; put back below, whatever comes of it.
        let recent = std::mem::take(&mut self.recent);
        let total =
            recent.iter().try_fold(0.0, |total, pair| Ok::<_, Error>(total + self.psnr(package, pair)?[1]));
        let count = recent.len().max(1);
        self.recent = recent;
        Ok(total? / count as f64)
    }

    /// PSNR of luma in dB, by Lanczos upsampling and by a network; none: by Lanczos upsampling too. Where there is nothing to
    /// gain, the network is not asked.
    fn psnr(&mut self, package: Option<&Package>, pair: &Pair) -> Result<[f64; 2], Error> {
        let lanczos = self.lanczos.scale(&pair.lr, pair.hr.size())?;
        let lanczos_db = psnr_luma(&lanczos, &pair.hr);
        let Some(package) = package.filter(|_| lanczos_db <= self.settings.nothing_to_gain_db) else {
            return Ok([lanczos_db; 2]);
        };
        let upscaled = self.built(package)?.upscale(&pair.lr, lanczos)?;
        Ok([lanczos_db, psnr_luma(&upscaled, &pair.hr)])
    }

    /// The built network; the one that was not asked for the longest is dropped for it.
    fn built(&mut self, package: &Package) -> Result<&mut dyn Upscaler, Error> {
        let found = self.built.iter().position(|net| net.fingerprint() == package.fingerprint());
        let net = match found.and_then(|index| self.built.remove(index)) {
            Some(net) => net,
            None => self.torch.upscaler(package, Precision::Auto)?,
        };
        // The newest is the last: what is asked for again and again stays.
        if self.built.len() == BUILT {
            self.built.pop_front();
        }
        self.built.push_back(net);
        Ok(&mut **self.built.back_mut().expect("one was pushed just now"))
    }
}

pub(super) fn fingerprint(package: Option<&Package>) -> Option<Fingerprint> {
    package.map(Package::fingerprint)
}
