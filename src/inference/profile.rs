//! Which preset a stream gets: `auto` measures the machine once and then picks, for every stream's size and frame
//! rate, the largest that leaves room for everything else.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::Invalid;
use media::ffmpeg::{Encoder, EncoderSettings, FfmpegError, Filter, Scaler};
use media::picture::{FrameRate, Picture, Size};
use models::Preset;

use super::engine::EngineHandle;
use super::live::Demand;

/// Which net a stream gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The largest that this machine can run on every picture, measured at start.
    Auto,
    /// This one, whatever it costs.
    Fixed(Preset),
    /// None: Lanczos upsampling.
    Plain,
}

impl FromStr for Profile {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "auto" => Ok(Self::Auto),
            "plain" => Ok(Self::Plain),
            other => other.parse().map(Self::Fixed).map_err(|_| {
                Invalid::new(format!(
                    "unknown profile `{other}`, expected auto, plain, nano, mini, small, base or large"
                ))
            }),
        }
    }
}

/// What streams are assumed to be until their first picture is known, and what the machine is measured on.
pub const USUAL: Demand =
    Demand { size: Size { width: 480, height: 270 }, frame_rate: FrameRate { num: 30, den: 1 } };

/// Share of a frame's time that scaling, the net and encoding may need together. The rest is for the decoder, the
/// other streams' base renditions, busy neighbours and pictures that are harder than the measured ones.
pub const SHARE: f64 = 0.65;

/// With more than one core the net works beside decoder, scaler and encoder. Then all of it together may take this much more; the rest
/// of both cores is for who trains on the same machine.
const BESIDE: f64 = 1.25;

/// The preset after one that takes longer than this is not measured: it takes three times as long, which is too much
/// for all but tiny pictures, and measuring it would take seconds.
const PROMISING: Duration = Duration::from_millis(40);

/// How long one preset may take to be measured before the server gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Scaled and encoded pictures that are timed.
const PICTURES: u32 = 8;

/// What a picture of the usual size costs on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// Cores that there are.
    pub cores: usize,
    /// Scaling and encoding.
    pub base: Duration,
    /// The presets that were measured, the cheapest first.
    pub nets: Vec<(Preset, Duration)>,
}

impl Costs {
    /// Measures this machine: a second or two on a processor. `encode` is for upscaled pictures of the [`USUAL`] ones.
    /// `ends` is looked at between presets.
    pub fn measure(
        engine: &EngineHandle,
        encode: &EncoderSettings,
        scale: u8,
        ends: &AtomicBool,
    ) -> anyhow::Result<Self> {
        let base = time_base(encode)?;
        let mut nets = Vec::new();
        for preset in Preset::ALL {
            let config = preset.config(scale)?;
            let timed = engine.run(move |backend| backend.time_to_upscale(config, USUAL.size))?;
            let time = timed.wait(PATIENCE)??;
            tracing::debug!(%preset, ?time, size = %USUAL.size, "measured");
            nets.push((preset, time));
            // The next one takes about three times as long.
            if time > PROMISING || ends.load(Ordering::Relaxed) {
                break;
            }
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { cores, base, nets })
    }

    /// The largest preset that keeps up; the smallest if none does, and then the pace of the lane has to help.
    pub fn choose(&self, demand: Demand) -> Preset {
        let fitting = self.nets.iter().rev().find(|(preset, _)| self.fits(*preset, demand));
        fitting.map_or(Preset::Nano, |(preset, _)| *preset)
    }

    /// Whether any preset keeps up.
    pub fn keep_up(&self, demand: Demand) -> bool {
        self.nets.iter().any(|(preset, _)| self.fits(*preset, demand))
    }

    /// Whether a preset that was measured keeps up with these pictures, alone on the machine.
    pub fn fits(&self, preset: Preset, demand: Demand) -> bool {
        let Some((_, net)) = self.nets.iter().find(|(known, _)| *known == preset) else { return false };
        let allowed = SHARE / demand.frame_rate.as_f64().max(1.0);
        let base = self.base.as_secs_f64() * pixels(demand);
        let net = net.as_secs_f64() * pixels(demand);
        let together = if self.cores > 1 { BESIDE } else { 1.0 };
        base.max(net) <= allowed && base + net <= allowed * together
    }
}

/// Pixels of a picture, as a multiple of the usual one's.
pub fn pixels(demand: Demand) -> f64 {
    demand.size.area() as f64 / USUAL.size.area() as f64
}

fn time_base(encode: &EncoderSettings) -> Result<Duration, FfmpegError> {
    let mut scaler = Scaler::new(Filter::Lanczos);
    let mut encoder = Encoder::new(encode)?;
    let started = Instant::now();
    for index in 0..PICTURES {
        let mut picture = textured(USUAL.size, index);
        picture.set_pts(USUAL.frame_rate.time_of(index.into()));
        let large = scaler.scale(&picture, encode.size)?;
        encoder.push(&large, false)?;
        while encoder.pull()?.is_some() {}
    }
    Ok(started.elapsed() / PICTURES)
}

/// A moving pattern that costs an encoder about what footage does.
fn textured(size: Size, index: u32) -> Picture {
    let mut picture = Picture::new(size);
    for component in media::picture::Component::ALL {
        for (y, row) in picture.plane_mut(component).rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let wave = (x + 3 * index as usize) * (y + 7) / 16;
                *sample = 64 + (wave % 128) as u8;
            }
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn demand(width: u32, height: u32, rate: u32) -> Demand {
        Demand { size: Size { width, height }, frame_rate: FrameRate { num: rate, den: 1 } }
    }

    fn costs() -> Costs {
        let millis = [(Preset::Nano, 5), (Preset::Mini, 9), (Preset::Small, 15), (Preset::Base, 80)];
        Costs {
            cores: 1,
            base: Duration::from_millis(5),
            nets: millis.map(|(preset, millis)| (preset, Duration::from_millis(millis))).to_vec(),
        }
    }

    #[test]
    fn the_largest_that_leaves_room_is_chosen() {
        let table = [
            (demand(480, 270, 30), Preset::Small),
            (demand(480, 270, 60), Preset::Nano),
            (demand(960, 540, 30), Preset::Nano),
            (demand(240, 136, 24), Preset::Base),
            (demand(480, 270, 5), Preset::Base),
        ];
        for (demand, expected) in table {
            assert_eq!(costs().choose(demand), expected, "{demand:?}");
        }
    }

    #[test]
    fn on_two_cores_the_net_works_beside_the_rest() {
        // Of 25 frames a second, 26 ms may be used, and 32.5 by both together.
        let costs = |base, net| Costs {
            cores: 2,
            base: Duration::from_millis(base),
            nets: vec![(Preset::Nano, Duration::from_millis(net))],
        };
        let fits = |base, net| costs(base, net).fits(Preset::Nano, demand(480, 270, 25));
        assert!(fits(8, 24) && fits(24, 8));
        assert!(!fits(9, 24), "together they take too long");
        assert!(!fits(1, 27) && !fits(27, 1), "either alone does");
    }
}
