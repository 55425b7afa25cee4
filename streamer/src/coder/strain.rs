//! Whether the coder keeps up with the pictures.

use std::time::Duration;

use media::MediaTime;

/// Judged over so much video: a single hard picture is no reason.
const SPAN: MediaTime = MediaTime::from_millis(4_000);
/// The share of the time from which on the coder is too slow: pictures also have to be fetched and scaled.
const MOST: f64 = 0.9;

/// What coding took of the time that the pictures lasted.
#[derive(Debug, Default)]
pub(super) struct Strain {
    since: Option<MediaTime>,
    spent: Duration,
}

impl Strain {
    /// A picture took so long. Answers the share of the time that coding took, if that is too much.
    pub(super) fn note(&mut self, picture: MediaTime, took: Duration) -> Option<f64> {
        let since = *self.since.get_or_insert(picture);
        self.spent += took;
        let span = picture - since;
        if span < SPAN {
            return None;
        }
        let share = self.spent.as_secs_f64() / span.as_secs_f64();
        *self = Self { since: Some(picture), spent: Duration::ZERO };
        (share > MOST).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coder_that_takes_all_the_time_is_found_and_one_hard_picture_is_not() {
        let mut strain = Strain::default();
        let mut found = 0;
        for number in 0..400 {
            let took = Duration::from_millis(match number {
                50 => 2_000,
                0..200 => 10,
                _ => 39,
            });
            found += u32::from(strain.note(MediaTime::from_millis(number * 40), took).is_some());
        }
        assert_eq!(found, 1);
    }
}
