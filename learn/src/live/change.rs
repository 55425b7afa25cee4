//! What happens when another scene is shown, and where training begins there.

use crate::{End as TrainingEnd, Pair, Reason as TrainingReason, TrainError};

use models::Package;

use super::{AdaptiveTrainer, POOL, Policy, Request, Rested};
use crate::scenes::{Shown, Signature};

/// Scenes whose networks are tried on a new one.
const TRIED: usize = 2;
/// Between two comparisons with the stock network, in seconds of video.
const CHECK_EVERY_S: f64 = 3.0;
/// What nothing but time speaks for may take training up to this share of the stream's time.
const SPARE: f64 = 0.3;
/// A network by so little better, in dB, is not another start.
const BETTER_START: f64 = 0.03;

impl AdaptiveTrainer {
    pub(super) fn request(&self, reason: TrainingReason) -> Request {
        let reason = if self.settings.policy == Policy::Always { TrainingReason::Always } else { reason };
        Request { reason, from_s: self.now_s, remembered: false }
    }

    /// The network fits less and less: training goes on, from what fits best.
    pub(super) fn decline(&mut self, pair: &Pair, signature: &Signature) -> Result<(), TrainError> {
        if self.lesson.is_some() || self.settings.policy != Policy::Adaptive {
            return Ok(());
        }
        let shown: Vec<Pair> = self.recent.back().into_iter().chain([pair]).cloned().collect();
        let remembered = self.choose_start(signature, &shown)?;
        self.request = Some(Request { remembered, ..self.request(TrainingReason::Decline) });
        Ok(())
    }

    /// Now and then, while it rests: what was trained must not be worse than what it was trained from, whatever the monitor
    /// says.
    pub(super) fn check_against_stock(
        &mut self,
        pair: &Pair,
        signature: &Signature,
    ) -> Result<(), TrainError> {
        let Some(stock) = self.settings.start.clone().filter(|_| self.settings.policy == Policy::Adaptive)
        else {
            return Ok(());
        };
        let is_stock = self.best.as_ref().is_some_and(|best| best.fingerprint() == stock.fingerprint());
        if is_stock || self.lesson.is_some() || self.now_s - self.checked_s < CHECK_EVERY_S {
            return Ok(());
        }
        self.checked_s = self.now_s;
        let shown: Vec<Pair> = self.recent.back().into_iter().chain([pair]).cloned().collect();
        let best = self.best.clone();
        let is_worse =
            self.ruler.mean(best.as_ref(), &shown)? + BETTER_START < self.ruler.mean(Some(&stock), &shown)?;
        if is_worse { self.decline(pair, signature) } else { Ok(()) }
    }

    /// The scene has changed, with the pair before this one: what was trained is remembered; what fits the new scene best is
    /// where training begins now.
    pub(super) fn change(
        &mut self,
        reason: TrainingReason,
        pair: &Pair,
        signature: &Signature,
    ) -> Result<(), TrainError> {
        let old = self.scene.replace(Shown::begin(signature.clone()));
        let is_montage = self.montage.cut(self.now_s, reason);
        self.material.cut();
        if !is_montage {
            self.material.change();
        }
        let before = self.recent.back().cloned();
        if let Some(before) = before.as_ref().filter(|_| !is_montage) {
            self.material.take(before)?;
        }
        if self.settings.policy != Policy::Adaptive {
            return Ok(());
        }
        if let (Some(old), Some(best)) = (old, self.best.as_ref().filter(|_| !is_montage)) {
            self.scenes.remember(old.signature().clone(), best.clone());
        }
        let shown: Vec<Pair> = before.into_iter().chain([pair.clone()]).collect();
        let remembered = self.choose_start(signature, &shown)?;
        if !is_montage {
            self.end(TrainingEnd::Overtaken);
            self.request = Some(Request { remembered, ..self.request(reason) });
        }
        Ok(())
    }

    /// What looked like a piece of a montage has lasted: it is learnt like any other scene.
    pub(super) fn settle_if_it_lasts(&mut self, signature: &Signature) -> Result<(), TrainError> {
        let Some(reason) = self.montage.has_lasted(self.now_s) else { return Ok(()) };
        self.material.change();
        if self.settings.policy == Policy::Adaptive {
            let shown: Vec<Pair> = self.recent.iter().cloned().collect();
            self.end(TrainingEnd::Overtaken);
            let remembered = self.choose_start(signature, &shown)?;
            self.request = Some(Request { remembered, ..self.request(reason) });
        }
        Ok(())
    }

    /// Training rests, and as much again was shown of this scene as there was then: there may be more to learn, if the last time
    /// that this was thought it was so. A montage shows new things all the time: there, a whole pool of them is enough.
    pub(super) fn resume_if_there_is_more(&mut self) {
        let is_idle = self.seconds < SPARE * (self.now_s - self.began_s.unwrap_or(self.now_s));
        let rests = self.lesson.is_none()
            && self.request.is_none()
            && is_idle
            && self.settings.policy == Policy::Adaptive;
        let most = if self.montage.goes_on() { POOL as u64 } else { u64::MAX };
        let is_more =
            |rested: &Rested| self.material.taken().saturating_sub(rested.pairs) >= rested.pairs.min(most);
        if rests && self.rested.as_ref().is_some_and(is_more) {
            self.request = Some(self.request(TrainingReason::More));
        }
    }

    /// Makes the network that is best on `shown` the best so far, and offers it. Whether it is one of another scene.
    fn choose_start(&mut self, signature: &Signature, shown: &[Pair]) -> Result<bool, TrainError> {
        let (best, server) = (self.best.clone(), self.server.clone());
        let psnr = self.ruler.mean(best.as_ref(), shown)?;
        let (server, plain) = (self.ruler.mean(server.as_ref(), shown)?, self.ruler.mean(None, shown)?);
        let others = self.settings.start.clone().into_iter().map(|start| (start, false));
        let others: Vec<_> =
            others.chain(self.scenes.like(signature, TRIED).into_iter().map(|net| (net, true))).collect();
        let (mut chosen, mut most, mut remembered) = (None, psnr + BETTER_START, false);
        for (other, of_a_scene) in others {
            let found = self.ruler.mean(Some(&other), shown)?;
            if found > most {
                (chosen, most, remembered) = (Some(other), found, of_a_scene);
            }
        }
        let mut now = psnr;
        if let Some(chosen) = chosen {
            self.monitor.replaced(most - psnr);
            (self.best, now) = (Some(chosen), most);
            if let Some(lesson) = &mut self.lesson {
                lesson.rebase(self.best.clone());
            }
        }
        self.offer(now - server.max(plain), true);
        Ok(remembered)
    }

    /// While it rests: a server that does not have the best network, because it was started anew, gets it.
    pub(super) fn remind_server(&mut self) -> Result<(), TrainError> {
        let fingerprint = |package: &Option<Package>| package.as_ref().map(Package::fingerprint);
        if self.lesson.is_some()
            || self.offered.is_some()
            || fingerprint(&self.best) == fingerprint(&self.server)
        {
            return Ok(());
        }
        let shown: Vec<Pair> = self.recent.iter().cloned().collect();
        let (best, server) = (self.best.clone(), self.server.clone());
        let server = self.ruler.mean(server.as_ref(), &shown)?.max(self.ruler.mean(None, &shown)?);
        let best = self.ruler.mean(best.as_ref(), &shown)?;
        self.offer(best - server, true);
        Ok(())
    }
}
