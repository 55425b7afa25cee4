//! Scenes that follow each other faster than any of them can be learnt: trailers, replays, a director who cuts.

use crate::record::Reason;

/// Tells scenes from pieces of a montage.
#[derive(Debug)]
pub(super) struct Montage {
    /// A scene that is shorter, in seconds, is over when a network for it is in use.
    brief_s: f64,
    /// When the scene that is shown began.
    cut_s: Option<f64>,
    /// Why training is needed, if this scene turns out to last.
    postponed: Option<Reason>,
}

impl Montage {
    pub(super) fn new(brief_s: f64) -> Self {
        Self { brief_s, cut_s: None, postponed: None }
    }

    /// The first picture of all is shown.
    pub(super) fn begin(&mut self, at_s: f64) {
        self.cut_s.get_or_insert(at_s);
    }

    /// Another scene is shown. Whether the one before was so brief that both are pieces of a montage.
    pub(super) fn cut(&mut self, at_s: f64, reason: Reason) -> bool {
        let brief = self.cut_s.replace(at_s).is_some_and(|cut_s| at_s - cut_s < self.brief_s);
        self.postponed = brief.then_some(reason);
        brief
    }

    /// Whether what is shown is a piece of a montage, as far as is known.
    pub(super) fn goes_on(&self) -> bool {
        self.postponed.is_some()
    }

    /// Why training is needed after all, said once: the scene after a brief one has lasted.
    pub(super) fn has_lasted(&mut self, now_s: f64) -> Option<Reason> {
        let cut_s = self.cut_s?;
        let brief_s = self.brief_s;
        self.postponed.take_if(|_| now_s - cut_s >= brief_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_that_last_are_no_montage() {
        let mut montage = Montage::new(5.0);
        montage.begin(0.0);
        for at_s in [5.0, 11.0, 40.0] {
            assert!(!montage.cut(at_s, Reason::Drop));
            assert_eq!(montage.has_lasted(at_s + 4.9), None);
        }
    }

    #[test]
    fn what_lasts_after_brief_scenes_is_a_scene() {
        let mut montage = Montage::new(5.0);
        montage.begin(0.0);
        for at_s in [3.0, 6.0, 10.9] {
            assert!(montage.cut(at_s, Reason::Drop) && montage.goes_on());
            assert_eq!(montage.has_lasted(at_s + 2.0), None);
        }
        assert!(montage.cut(15.0, Reason::Rise));
        assert_eq!(montage.has_lasted(19.9), None);
        assert_eq!(montage.has_lasted(20.0), Some(Reason::Rise));
        assert!(montage.has_lasted(21.0).is_none() && !montage.goes_on(), "once");
        assert!(!montage.cut(30.0, Reason::Drop), "that one lasted");
    }
}
