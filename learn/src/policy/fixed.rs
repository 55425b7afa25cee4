//! Policies that pay no attention to the picture, to compare with and for machines with nothing else to do.

use super::{Policy, Step};
use crate::record::{End, Reason};

/// Trains whatever is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// All the time.
    Always,
    /// Once, at the beginning.
    Once,
}

impl Policy for Fixed {
    fn start(&mut self) -> Step {
        Step::Begin(match self {
            Self::Always => Reason::Always,
            Self::Once => Reason::Start,
        })
    }

    fn enough(&mut self, end: End) -> Step {
        match self {
            Self::Always => Step::GoOn,
            Self::Once => Step::End(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Standing;
    use super::Fixed::{Always, Once};
    use super::*;

    /// A training that ended long ago, with much to learn since.
    const RESTED: Standing = Standing {
        now_s: 1000.0,
        since_start_s: 1000.0,
        training_s: 10.0,
        is_training: false,
        is_asked: false,
        has_learnt: true,
        is_montage: false,
        pairs: 1000,
        pairs_at_rest: Some(10),
    };

    fn whatever_happens(policy: &mut dyn Policy) -> [Step; 5] {
        [
            policy.look(&RESTED),
            policy.decline(&RESTED),
            policy.change(Reason::Drop, &RESTED),
            policy.lasted(Reason::Drop),
            policy.pair(&RESTED),
        ]
    }

    #[test]
    fn always_never_ends() {
        assert_eq!(Always.start(), Step::Begin(Reason::Always));
        for end in [End::Goal, End::Plateau, End::TimeLimit] {
            assert_eq!(Always.enough(end), Step::GoOn);
        }
        assert_eq!(whatever_happens(&mut Always), [Step::GoOn; 5]);
    }

    #[test]
    fn once_ends_and_never_begins_again() {
        assert_eq!(Once.start(), Step::Begin(Reason::Start));
        assert_eq!(Once.enough(End::Plateau), Step::End(End::Plateau));
        assert_eq!(whatever_happens(&mut Once), [Step::GoOn; 5]);
    }
}
