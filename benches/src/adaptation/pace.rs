//! How long a step, a judgement and a look take.

use std::time::Instant;

use anyhow::{Result, ensure};
use learn::{Pair, PairPool, State, Trainer, TrainerSettings, stock_package};
use models::FEdsrConfig;
use nets::Device;
use streamer::pairs::{Coded, PairMaker, Wanted};

use super::{Camera, Programme};

/// Steps that are timed, after as many that are not.
const STEPS: u32 = 30;
/// Looks that are timed; the median counts.
const LOOKS: usize = 9;
/// A judgement looks at quarters, of which four make a look; this many of the network in training, and the best one on a new one.
const QUARTERS: f64 = 9.0;

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A step of the optimiser.
    pub step_s: f64,
    /// A look at one picture.
    pub look_s: f64,
    /// A judgement.
    pub judge_s: f64,
}

impl Pace {
    /// If steps take this long, and the rest in proportion to what was measured.
    #[must_use]
    pub fn with_step(self, step_s: f64) -> Self {
        let factor = step_s / self.step_s;
        Self { step_s, look_s: self.look_s * factor, judge_s: self.judge_s * factor }
    }

    /// Measures this machine on the first pictures of a programme.
    pub fn measure(programme: &Programme, config: FEdsrConfig, device: Device, bitrate: u32) -> Result<Self> {
        let mut camera = Camera::new(programme, programme.half(), bitrate)?;
        let mut maker = PairMaker::new(Wanted::new(config.scale, State::Waiting));
        let mut pool = PairPool::new(8, config.scale);
        maker.push(Coded::Config(camera.transcoder.config()))?;
        let mut last: Option<Pair> = None;
        while pool.len() < 4
            && let Some(shot) = camera.shoot()?
        {
            maker.push(Coded::Original(shot.hr))?;
            for pair in maker.push(Coded::Packet(shot.packet))? {
                pool.push(&pair)?;
                last = Some(pair);
            }
        }
        ensure!(pool.len() == 4, "the programme is too short");
        let start = stock_package(config);
        let mut trainer = Trainer::new(TrainerSettings::fine_tuning(config, device, 1), start.as_ref())?;
        let mut steps = || -> Result<f64> {
            let began = Instant::now();
            for _ in 0..STEPS {
                trainer.step(&pool)?;
            }
            Ok(began.elapsed().as_secs_f64() / f64::from(STEPS))
        };
        steps()?;
        let step_s = steps()?;
        let pairs: Vec<Pair> = last.into_iter().collect();
        let mut looks = Vec::with_capacity(LOOKS);
        for _ in 0..LOOKS {
            let began = Instant::now();
            trainer.evaluate(&pairs)?;
            looks.push(began.elapsed().as_secs_f64());
        }
        // Other work beside it makes some of them longer.
        looks.sort_by(f64::total_cmp);
        let look_s = looks[LOOKS / 2];
        Ok(Self { step_s, look_s, judge_s: look_s * QUARTERS / 4.0 })
    }
}
