//! Scenes that follow each other faster than any of them can be learnt: trailers, replays, a director who cuts.

use crate::Reason as TrainingReason;

/// A scene that is shorter than this, in seconds, is over when a network for it is in use.
const BRIEF_S: f64 = 5.0;

/// Tells scenes from pieces of a montage.
#[derive(Debug, Default)]
pub(super) struct Montage {
    /// When the scene that is shown began.
    cut_s: Option<f64>,
    /// Why training is needed, if this scene turns out to last.
    owed: Option<TrainingReason>,
}

impl Montage {
    /// The first picture of all is shown.
    pub(super) fn begin(&mut self, at_s: f64) {
        self.cut_s.get_or_insert(at_s);
    }

    /// Another scene is shown. Whether the one before was so brief that both are pieces of a montage.
    pub(super) fn cut(&mut self, at_s: f64, reason: TrainingReason) -> bool {
        let brief = self.cut_s.replace(at_s).is_some_and(|cut_s| at_s - cut_s < BRIEF_S);
        self.owed = brief.then_some(reason);
        brief
    }

    /// Whether what is shown is a piece of a montage, as far as is known.
    pub(super) fn goes_on(&self) -> bool {
        self.owed.is_some()
    }

    /// Why training is needed after all, said once: the scene after a brief one has lasted.
    pub(super) fn has_lasted(&mut self, now_s: f64) -> Option<TrainingReason> {
        let cut_s = self.cut_s?;
        self.owed.take_if(|_| now_s - cut_s >= BRIEF_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_that_last_are_no_montage() {
        let mut montage = Montage::default();
        montage.begin(0.0);
        for at_s in [5.0, 11.0, 40.0] {
            assert!(!montage.cut(at_s, TrainingReason::Drop));
            assert_eq!(montage.has_lasted(at_s + 4.9), None);
        }
    }

    #[test]
    fn what_lasts_after_brief_scenes_is_a_scene() {
        let mut montage = Montage::default();
        montage.begin(0.0);
        for at_s in [3.0, 6.0, 10.9] {
            assert!(montage.cut(at_s, TrainingReason::Drop) && montage.goes_on());
            assert_eq!(montage.has_lasted(at_s + 2.0), None);
        }
        assert!(montage.cut(15.0, TrainingReason::Rise));
        assert_eq!(montage.has_lasted(19.9), None);
        assert_eq!(montage.has_lasted(20.0), Some(TrainingReason::Rise));
        assert!(montage.has_lasted(21.0).is_none() && !montage.goes_on(), "once");
        assert!(!montage.cut(30.0, TrainingReason::Drop), "that one lasted");
    }
}
