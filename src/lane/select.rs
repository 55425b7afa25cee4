//! Which pictures TCSR refines, chosen without looking at a single pixel.
//!
//! After NeuroScaler ("NeuroScaler: Neural Video Enhancement at Scale", Yeo et al., 2022): keyframes first, because everything
//! up to the next one is predicted from them, on our encoder too, which codes an IDR wherever the source has one. Then
//! where most has happened: distance to the last chosen picture times the bytes that were coded since.
//!
//! Pure: what is affordable comes from [`super::budget`], sizes come with the packets.

/// Share of a new score in what is typical.
const MEMORY: f64 = 0.1;

/// Why a picture was chosen, the best reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefineReason {
    /// It is a keyframe.
    Key,
    /// Much has changed since the last choice.
    Change,
    /// Nothing much has changed, and there is time for it all the same.
    Spare,
}

/// Chooses among the pictures in the order of showing.
#[derive(Debug, Default)]
pub struct Selector {
    /// Pictures since the last chosen one, and their bytes.
    distance: u64,
    bytes: u64,
    /// Running mean of the scores of chosen pictures.
    typical: f64,
}

impl Selector {
    /// Looks at the next picture, whether it is a keyframe and what it was coded in. `affordable`: the weakest reason
    /// that there is time for, if there is any. A chosen picture resets distance and bytes.
    pub fn choose(
        &mut self,
        key: bool,
        bytes: usize,
        affordable: Option<RefineReason>,
    ) -> Option<RefineReason> {
        self.distance += 1;
        self.bytes += bytes as u64;
        let score = self.distance as f64 * self.bytes as f64;
        let reason = match score {
            _ if key => RefineReason::Key,
            score if score >= self.typical => RefineReason::Change,
            _ => RefineReason::Spare,
        };
        if affordable.is_none_or(|weakest| reason > weakest) {
            return None;
        }
        self.typical += MEMORY * (score - self.typical);
        self.distance = 0;
        self.bytes = 0;
        Some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_come_first_and_may_be_refined_on_credit() {
        let mut selector = Selector::default();
        assert_eq!(selector.choose(true, 9000, Some(RefineReason::Key)), Some(RefineReason::Key));
        assert_eq!(selector.choose(false, 50_000, Some(RefineReason::Key)), None);
        assert_eq!(selector.choose(true, 9000, None), None);
    }

    /// Pictures out of 200 that are chosen when every tenth can be afforded, by position.
    fn chosen(sizes: impl Fn(usize) -> usize) -> Vec<usize> {
        let mut selector = Selector::default();
        let mut tenths = 0;
        let mut positions = Vec::new();
        for position in 0..200 {
            tenths = (tenths + 1).min(40);
            let affordable = match tenths {
                40 => Some(RefineReason::Spare),
                10.. => Some(RefineReason::Change),
                _ => Some(RefineReason::Key),
            };
            if selector.choose(false, sizes(position), affordable).is_some() {
                positions.push(position);
                tenths -= 10;
            }
        }
        positions
    }

    #[test]
    fn without_differences_choices_are_evenly_spread() {
        let positions = chosen(|_| 1000);
        assert!(positions.len() >= 16, "{positions:?}");
        let gaps: Vec<usize> = positions.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (9..=11).contains(gap)), "{gaps:?}");
    }

    #[test]
    fn where_much_is_coded_choices_are_denser_and_none_is_wasted() {
        // Bursts of 20 large pictures among 80 small ones.
        let busy = |position: usize| position % 100 >= 80;
        let positions = chosen(|position| if busy(position) { 8000 } else { 400 });
        let in_bursts = positions.iter().filter(|position| busy(**position)).count();
        // A fifth of the pictures gets more than a quarter of the choices: what was saved up before is spent there.
        assert!(in_bursts * 4 > positions.len(), "{positions:?}");
        assert!(positions.len() >= 16, "{positions:?}");
    }

    #[test]
    fn where_everything_can_be_afforded_everything_is_chosen() {
        let mut selector = Selector::default();
        assert!((0..50).all(|size| selector.choose(false, 100 + size, Some(RefineReason::Spare)).is_some()));
    }
}
