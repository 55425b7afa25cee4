//! When to train: what a policy is asked, and what it can answer.
//!
//! A policy sees figures alone, no pictures and no networks; [`crate::LiveTraining`] asks and does what it says. What a policy
//! does not care about, it answers with [`Step::GoOn`].

mod adaptive;
mod fixed;

use crate::record::{End, Reason};

pub use adaptive::Adaptive;
pub use fixed::Fixed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    GoOn,
    /// Train from the best network so far, as soon as there is enough to learn from.
    Begin(Reason),
    /// Let the network that fits the newest pairs best, of all that are known, be the best one. With a reason, the training
    /// that goes on ends, and another one begins from there.
    Choose(Option<Reason>),
    /// Look whether the network that trainings start from is better than the best one; if so, that is a [decline](Policy::decline).
    Compare,
    End(End),
}

/// How things stand when a policy is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Seconds of video.
    pub now_s: f64,
    /// Seconds of video since the first pair.
    pub since_start_s: f64,
    /// Seconds spent on all trainings.
    pub training_s: f64,
    pub is_training: bool,
    /// Whether one has been asked for, and waits for enough pairs.
    pub is_asked: bool,
    /// Whether the best network is another one than trainings start from.
    pub has_learnt: bool,
    /// Whether what is shown is a piece of a montage, as far as is known.
    pub is_montage: bool,
    /// Pairs of this scene or montage.
    pub pairs: u64,
    /// How many there were when its last training ended, if that can be gone on with.
    pub pairs_at_rest: Option<u64>,
}

/// Decides when training begins, goes on and ends.
pub trait Policy: std::fmt::Debug + Send {
    /// The first pair has come.
    fn start(&mut self) -> Step;

    /// A look at a pair saw no change.
    fn look(&mut self, _: &Standing) -> Step {
        Step::GoOn
    }

    /// The best network gains less and less.
    fn decline(&mut self, _: &Standing) -> Step {
        Step::GoOn
    }

    /// Another scene is shown; or a piece of a montage, if [`Standing::is_montage`].
    fn change(&mut self, _: Reason, _: &Standing) -> Step {
        Step::GoOn
    }

    /// What looked like a piece of a montage has lasted: it is a scene of its own.
    fn lasted(&mut self, _: Reason) -> Step {
        Step::GoOn
    }

    /// A pair was added to what is learnt from.
    fn pair(&mut self, _: &Standing) -> Step {
        Step::GoOn
    }

    /// The training has reached its goal, its plateau or its time limit.
    fn enough(&mut self, end: End) -> Step;
}
