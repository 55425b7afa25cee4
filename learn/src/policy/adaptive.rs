//! Trains when the picture asks for it, until that has gained enough.

use super::{Policy, Standing, Step};
use crate::Settings;
use crate::record::{End, Reason};

/// Trains at the start, in new scenes, where the network gains less and less, and again where a scene goes on for long.
#[derive(Debug)]
pub struct Adaptive {
    settings: Settings,
    /// When the best network was compared with the one that trainings start from.
    compared_s: f64,
}

impl Adaptive {
    pub fn new(settings: &Settings) -> Self {
        Self { settings: *settings, compared_s: 0.0 }
    }
}

impl Policy for Adaptive {
    fn start(&mut self) -> Step {
        Step::Begin(Reason::Start)
    }

    /// Now and then, while training rests: what was trained must not be worse than what it was trained from, whatever the
    /// monitor says.
    fn look(&mut self, now: &Standing) -> Step {
        let is_due = now.now_s - self.compared_s >= self.settings.compare_every_s;
        if !now.has_learnt || now.is_training || !is_due {
            return Step::GoOn;
        }
        self.compared_s = now.now_s;
        Step::Compare
    }

    /// A training that goes on will mend it.
    fn decline(&mut self, now: &Standing) -> Step {
        if now.is_training { Step::GoOn } else { Step::Choose(Some(Reason::Decline)) }
    }

    /// In a montage, the training goes on over all of its pieces, and only what is shown is chosen anew.
    fn change(&mut self, reason: Reason, now: &Standing) -> Step {
        Step::Choose((!now.is_montage).then_some(reason))
    }

    fn lasted(&mut self, reason: Reason) -> Step {
        Step::Choose(Some(reason))
    }

    /// As many pairs again have come as there were when training ended: there may be more to learn. A montage shows new things
    /// all the time: there, a whole pool of them is enough.
    fn pair(&mut self, now: &Standing) -> Step {
        let Some(before) = now.pairs_at_rest else { return Step::GoOn };
        let most = if now.is_montage { self.settings.pool as u64 } else { u64::MAX };
        let is_more = now.pairs.saturating_sub(before) >= before.min(most);
        // Nothing but time speaks for this training: it must not keep the machine busy.
        let is_idle = now.training_s < self.settings.spare * now.since_start_s;
        if is_more && is_idle && !now.is_training && !now.is_asked {
            Step::Begin(Reason::More)
        } else {
            Step::GoOn
        }
    }

    fn enough(&mut self, end: End) -> Step {
        Step::End(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINING: Standing = Standing {
        now_s: 20.0,
        since_start_s: 20.0,
        training_s: 1.0,
        is_training: true,
        is_asked: false,
        has_learnt: true,
        is_montage: false,
        pairs: 40,
        pairs_at_rest: None,
    };
    /// A training that ended when there were 40 pairs.
    const RESTED: Standing = Standing { is_training: false, pairs_at_rest: Some(40), ..TRAINING };

    fn policy() -> Adaptive {
        Adaptive::new(&Settings::default())
    }

    #[test]
    fn a_training_begins_at_the_start_and_ends_when_it_is_enough() {
        assert_eq!(policy().start(), Step::Begin(Reason::Start));
        assert_eq!(policy().enough(End::Goal), Step::End(End::Goal));
    }

    #[test]
    fn a_scene_gets_a_training_of_its_own_and_a_piece_of_a_montage_does_not() {
        for now in [TRAINING, RESTED] {
            assert_eq!(policy().change(Reason::Drop, &now), Step::Choose(Some(Reason::Drop)));
            let piece = Standing { is_montage: true, ..now };
            assert_eq!(policy().change(Reason::Drop, &piece), Step::Choose(None));
        }
        assert_eq!(policy().lasted(Reason::Rise), Step::Choose(Some(Reason::Rise)));
    }

    #[test]
    fn a_decline_is_left_to_the_training_that_goes_on() {
        assert_eq!(policy().decline(&TRAINING), Step::GoOn);
        assert_eq!(policy().decline(&RESTED), Step::Choose(Some(Reason::Decline)));
    }

    #[test]
    fn what_was_learnt_is_compared_every_three_seconds_of_rest() {
        let mut policy = policy();
        let at = |now_s: f64| Standing { now_s, ..RESTED };
        assert_eq!(policy.look(&TRAINING), Step::GoOn);
        assert_eq!(policy.look(&Standing { has_learnt: false, ..RESTED }), Step::GoOn);
        let steps = [20.0, 20.5, 22.5, 23.0].map(|now_s| policy.look(&at(now_s)));
        assert_eq!(steps, [Step::Compare, Step::GoOn, Step::GoOn, Step::Compare]);
    }

    #[test]
    fn a_scene_is_learnt_on_when_as_many_pairs_again_have_come() {
        let after = |pairs: u64| Standing { pairs, ..RESTED };
        assert_eq!(policy().pair(&after(79)), Step::GoOn);
        assert_eq!(policy().pair(&after(80)), Step::Begin(Reason::More));
        let busy = Standing { training_s: 6.5, ..after(80) };
        assert_eq!(policy().pair(&busy), Step::GoOn, "a third of the time is too much");
        assert_eq!(policy().pair(&Standing { is_asked: true, ..after(80) }), Step::GoOn);
        assert_eq!(policy().pair(&Standing { pairs_at_rest: None, ..after(80) }), Step::GoOn);
    }

    #[test]
    fn a_montage_is_learnt_on_after_a_pool_of_pairs() {
        let montage = |pairs: u64| Standing {
            is_montage: true,
            pairs,
            pairs_at_rest: Some(500),
            training_s: 0.0,
            ..RESTED
        };
        assert_eq!(policy().pair(&montage(563)), Step::GoOn);
        assert_eq!(policy().pair(&montage(564)), Step::Begin(Reason::More));
    }
}
