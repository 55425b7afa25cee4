//! What trainings report: why they begin, how they go, why they end.

use models::Package;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// There is not enough to learn from yet.
    #[default]
    Waiting,
    Training,
    /// The network is good enough for what is shown; only the monitor works.
    Resting,
    /// This machine is too slow for training to be of use.
    TooSlow,
}

/// Why a training begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The first pictures.
    Start,
    /// The quality fell at once: another scene, harder or unknown to the network.
    Drop,
    /// The quality rose at once: another scene, an easier one.
    Rise,
    /// The network gains less and less.
    Decline,
    /// It rests, and as many pairs again have come from the scene as there were then.
    More,
    /// The policy is to train all the time.
    Always,
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It reached its goal.
    Goal,
    /// More steps brought no more.
    Plateau,
    /// It took as long as a training may.
    TimeLimit,
    /// The picture changed; another training took over.
    Overtaken,
    /// The stream ended, or another network is wanted.
    Stopped,
}

/// One training.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Seconds of video when it was asked for.
    pub from_s: f64,
    /// The same when it ended; none while it goes on.
    pub to_s: Option<f64>,
    pub reason: Reason,
    pub pairs: u64,
    /// Steps of the optimiser.
    pub steps: u64,
    pub seconds: f64,
    /// PSNR in dB that it began from, on held-out pairs; 0 until the first judgement.
    pub before_db: f64,
    /// What it has gained over that, in dB.
    pub gain_db: f64,
    /// The gain in dB at which it ends; none if it goes on to its plateau.
    pub goal_db: Option<f64>,
    /// The largest gain in dB that was predicted; none while too few trainings are known.
    pub predicted_db: Option<f64>,
    /// Whether it began from the network of a scene that was seen before.
    pub remembered: bool,
    /// Why it ended; none while it goes on.
    pub end: Option<End>,
}

impl Record {
    /// A training that is asked for now, and has not begun.
    pub(crate) fn new(reason: Reason, from_s: f64) -> Self {
        Self {
            from_s,
            to_s: None,
            reason,
            pairs: 0,
            steps: 0,
            seconds: 0.0,
            before_db: 0.0,
            gain_db: 0.0,
            goal_db: None,
            predicted_db: None,
            remembered: false,
            end: None,
        }
    }
}

#[derive(Debug, Clone)]
pub enum Event {
    Began(Record),
    Ended(Record),
    /// Training was worse than what was there; it goes on from that, more slowly.
    Astray,
    /// The network in training was judged: PSNR of luma on what is held out, in dB, by Lanczos upsampling, by the network that
    /// the server has, and by the one in training.
    Judged {
        lanczos_db: f64,
        server_db: f64,
        trained_db: f64,
    },
    /// This network is better than what the server has, by enough to send it.
    Upload(Package),
}
