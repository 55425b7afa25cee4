//! How a streamer's training stands, as it tells the server and as the server tells everyone.

use serde::{Deserialize, Serialize};

/// Looks that a report holds at most: two minutes at two a second.
pub const MOST_LOOKS: usize = 240;
/// Trainings that a report holds at most.
pub const MOST_TRAININGS: usize = 32;

/// How training stands. With `PUT /api/v1/streams/NAME/training` a streamer sends what is new, and the server
/// [adds](TrainingReport::add) it to what it has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    pub state: TrainingState,
    /// The latest looks at the live picture, the oldest first; at most [`MOST_LOOKS`].
    pub looks: Vec<QualityLook>,
    /// The latest trainings, the oldest first, the one that is going on included; at most [`MOST_TRAININGS`].
    pub trainings: Vec<TrainingRecord>,
    /// Trainings since the stream began, those that are no longer listed included.
    pub trainings_total: u64,
    /// Seconds of training since the stream began.
    pub seconds_total: f64,
}

impl TrainingReport {
    /// Takes a newer report. Of what was listed before it, what the newer one does not tell anew stays, within the bounds; if
    /// the newer one is of an earlier time, the streamer has begun anew, and nothing stays.
    pub fn add(&mut self, newer: Self) {
        let Self { looks, trainings, .. } = std::mem::replace(self, newer);
        keep(looks, &mut self.looks, |look| look.at_s, MOST_LOOKS);
        keep(trainings, &mut self.trainings, |training| training.from_s, MOST_TRAININGS);
    }
}

/// Puts what is older than all of `newer` in front of it.
fn keep<T>(older: Vec<T>, newer: &mut Vec<T>, time: fn(&T) -> f64, most: usize) {
    let Some(first) = newer.first().map(time) else {
        *newer = older;
        return;
    };
    // Time that goes backwards is the time of another run of the streamer.
    if newer.last().map(time) < older.last().map(time) {
        return;
    }
    let mut all: Vec<T> = older.into_iter().filter(|old| time(old) < first).collect();
    all.append(newer);
    all.drain(..all.len().saturating_sub(most));
    *newer = all;
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingState {
    /// There is not enough to learn from yet, or the server has not said what to train.
    #[default]
    Waiting,
    Training,
    /// The network is good enough for the scene; only the monitor works.
    Resting,
    /// This machine is too slow for training to be of use, or too busy for it to run at all.
    TooSlow,
}

/// The monitor's look at one picture: PSNR of luma in dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QualityLook {
    /// Seconds of the streamer's video.
    pub at_s: f64,
    /// Lanczos upsampling.
    pub plain_db: f64,
    /// The best network so far.
    pub net_db: f64,
    /// What the best network adds, smoothed over the looks up to this one.
    pub smoothed_gain_db: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Seconds of the streamer's video when it was asked for.
    pub from_s: f64,
    /// The same when it ended; none while it goes on.
    pub to_s: Option<f64>,
    pub reason: TrainingReason,
    pub pairs: u64,
    pub steps: u64,
    /// Seconds spent in them.
    pub seconds: f64,
    /// PSNR in dB that training began from, on pictures that it was not trained on; 0 until that was judged for the first
    /// time.
    pub before_db: f64,
    /// What it has gained over that, in dB.
    pub gain_db: f64,
    /// The gain in dB at which it ends; none if it goes on until more steps bring no more.
    pub goal_db: Option<f64>,
    /// The largest gain in dB that was predicted; none while too few trainings are known.
    pub predicted_db: Option<f64>,
    /// Whether it began from the network of a scene that was seen before.
    pub remembered: bool,
    /// Why it ended; none while it goes on.
    pub end: Option<TrainingEnd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingReason {
    /// The stream began, or another network is wanted.
    Start,
    /// The quality of the network in use fell from one picture to the next: a cut.
    Drop,
    /// It rose from one picture to the next: a cut to a scene that is easier, where more may be in reach.
    Rise,
    /// The quality of the network in use has fallen little by little.
    Decline,
    /// It rests, and as much again of the scene was seen since as there was then.
    More,
    /// It is told to train all the time.
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingEnd {
    /// It gained what it was meant to.
    Goal,
    /// More steps brought no more.
    Plateau,
    /// It took as long as a training may.
    TimeLimit,
    /// The picture changed again; another training took over.
    Overtaken,
    /// The stream ended, or the server asked for another network.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(looks: std::ops::Range<u32>) -> TrainingReport {
        let look = |at: u32| QualityLook {
            at_s: f64::from(at),
            plain_db: 30.0,
            net_db: 30.5,
            smoothed_gain_db: 0.5,
        };
        TrainingReport { looks: looks.map(look).collect(), ..TrainingReport::default() }
    }

    fn times(report: &TrainingReport) -> Vec<f64> {
        report.looks.iter().map(|look| look.at_s).collect()
    }

    #[test]
    fn what_is_new_is_added_once() {
        let mut kept = report(0..4);
        kept.add(TrainingReport { state: TrainingState::Resting, ..report(2..6) });
        assert_eq!((times(&kept), kept.state), (vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], TrainingState::Resting));
        kept.add(report(0..0));
        assert_eq!(kept.looks.len(), 6, "a report without news takes nothing away");
    }

    #[test]
    fn it_is_bounded_and_begins_anew_with_the_streamer() {
        let mut kept = TrainingReport::default();
        for n in 0..5 {
            kept.add(report(100 * n..100 * n + 100));
        }
        assert_eq!((kept.looks.len(), kept.looks[0].at_s), (MOST_LOOKS, 260.0));
        kept.add(report(3..5));
        assert_eq!(times(&kept), [3.0, 4.0]);
    }
}
