//! What training while streaming earns, and what it costs: one-time, continuous and adaptive training live through the same
//! programme, side by side.
//!
//! Everything is the streamer's own: its encoder, its pairs, its trainer, its differences for the uplink; only time is made:
//! a step, a judgement and a look take as long as was measured before, an upload as long as its bits take at the rate. So equal
//! seeds give nearly equal figures: only looks and judgements are timed. Judged causally: a picture is made by the network
//! that the server had by then. Measured pictures are never among the pairs.
//!
//! | module | job |
//! |---|---|
//! | [`programme`] | which clips are shown when, and their pictures |
//! | [`life`] | one policy through all of it |
//! | [`pace`] | how long things take on this machine |
//! | [`report`], [`plot`] | for reading and looking |

pub mod life;
pub mod pace;
pub mod plot;
pub mod programme;
pub mod report;

use anyhow::{Context as _, Result};
use learn::{Settings, stock_package};
use media::Picture;
use media::ffmpeg::{Coder, Decoder, Filter, Preset, Scaler};
use media::quality::{Mean, psnr_luma};
use models::FEdsrConfig;
use nets::torch::Torch;
use nets::{Backend as _, Device, Precision, Upscaler};
use streamer::coder::{Chosen, Key, Latency, Transcoder, TranscoderSettings};
use streamer::config::PolicyChoice;
use streamer::pairs::Coded;

use life::Life;
use pace::Pace;
use programme::Programme;

/// One picture in this many is measured.
const MEASURE_EVERY: u64 = 15;
/// The first of them: between two pairs, which come at multiples of half a second.
const FIRST_MEASURED: u64 = 7;

/// What to live through.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The network.
    pub config: FEdsrConfig,
    /// Bits a second of the low-resolution stream.
    pub bitrate: u32,
    /// Policies to compare.
    pub policies: Vec<PolicyChoice>,
    /// How long things take.
    pub pace: Pace,
    /// Whether trainings end at goals, or only when they bring no more.
    pub goals: bool,
    /// Seed of all trainings.
    pub seed: u64,
    /// Device to train on.
    pub device: Device,
}

/// PSNR of luma of one picture, in dB, by each method.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Seconds of the programme.
    pub at_s: f64,
    /// Index of the scene.
    pub scene: usize,
    /// Lanczos upsampling.
    pub lanczos: f64,
    /// The stock network.
    pub stock: f64,
    /// What the server had, for every policy.
    pub nets: Vec<f64>,
}

/// What came of it.
pub struct Outcome {
    /// Every measured picture.
    pub measured: Vec<Measured>,
    /// Every policy's life.
    pub lives: Vec<Life>,
    /// Bits a second of the low-resolution stream, as they were.
    pub bitrate: f64,
    /// Mean PSNR of the large pictures coded directly at the bits that the adaptive policy took, uploads included.
    pub direct: Option<f64>,
}

/// Lives through the programme.
pub fn evaluate(programme: &Programme, plan: &Plan) -> Result<Outcome> {
    let mut lives =
        plan.policies.iter().map(|&policy| Life::new(policy, plan)).collect::<Result<Vec<_>>>()?;
    let torch = Torch::new(Device::Cpu);
    let mut stock =
        stock_package(plan.config).map(|package| torch.upscaler(&package, Precision::Auto)).transpose()?;
    let mut camera = Camera::new(programme, programme.half(), plan.bitrate)?;
    let mut scaler = Scaler::new(Filter::Lanczos);
    let mut measured = Vec::new();
    for life in &mut lives {
        life.see(Coded::Config(camera.transcoder.config()))?;
    }
    while let Some(shot) = camera.shoot()? {
        for life in &mut lives {
            life.see(Coded::Original(shot.hr.clone()))?;
            life.see(Coded::Packet(shot.packet.clone()))?;
            life.live(programme.picture_s())?;
        }
        if shot.number % MEASURE_EVERY != FIRST_MEASURED {
            continue;
        }
        let upsampled = scaler.scale(&shot.lr, shot.hr.size())?;
        let lanczos = psnr_luma(&upsampled, &shot.hr);
        if lanczos > Settings::default().nothing_to_gain_db {
            continue;
        }
        let with = |net: Option<&mut Box<dyn Upscaler>>| -> Result<f64> {
            let Some(net) = net else { return Ok(lanczos) };
            Ok(psnr_luma(&net.upscale(&shot.lr, upsampled.clone())?, &shot.hr))
        };
        let stock = with(stock.as_mut())?;
        let nets = lives.iter_mut().map(|life| with(life.in_use())).collect::<Result<_>>()?;
        measured.push(Measured {
            at_s: shot.hr.pts().as_secs_f64(),
            scene: shot.scene,
            lanczos,
            stock,
            nets,
        });
    }
    lives.iter_mut().for_each(Life::finish);
    let seconds = programme.seconds();
    let bitrate = camera.bytes as f64 * 8.0 / seconds;
    let adaptive = lives.iter().find(|life| life.policy == PolicyChoice::Adaptive);
    let direct =
        adaptive.map(|life| direct(programme, bitrate + life.uploaded as f64 * 8.0 / seconds)).transpose()?;
    Ok(Outcome { measured, lives, bitrate, direct })
}

/// Mean PSNR of the measured pictures when the large ones are coded at this bitrate.
fn direct(programme: &Programme, bitrate: f64) -> Result<f64> {
    let mut camera = Camera::new(programme, programme.whole(), bitrate.round() as u32)?;
    let mut psnr = Mean::default();
    let mut scaler = Scaler::new(Filter::Lanczos);
    while let Some(shot) = camera.shoot()? {
        if shot.number % MEASURE_EVERY == FIRST_MEASURED {
            // The same pictures as above, about: those that Lanczos upsampling of a clean picture makes perfect are left out.
            let small = scaler.scale(&shot.hr, programme.half())?;
            if psnr_luma(&scaler.scale(&small, shot.hr.size())?, &shot.hr)
                <= Settings::default().nothing_to_gain_db
            {
                psnr.add(psnr_luma(&shot.lr, &shot.hr));
            }
        }
    }
    Ok(psnr.mean())
}

/// The streamer's video path over a programme, and the server's decoder.
struct Camera<'a> {
    reel: programme::Reel<'a>,
    transcoder: Transcoder,
    decoder: Decoder,
    bytes: usize,
}

struct Shot {
    number: u64,
    scene: usize,
    hr: Picture,
    packet: media::Packet,
    lr: Picture,
}

impl<'a> Camera<'a> {
    fn new(programme: &'a Programme, size: media::Size, bitrate: u32) -> Result<Self> {
        // Each picture at once: what was learnt from it is compared with what comes next.
        let transcoder = Transcoder::new(TranscoderSettings {
            size,
            bitrate: bitrate.to_string().parse()?,
            frame_rate: programme::RATE,
            colour: media::picture::Colour::default(),
            latency: Latency::Low,
            chosen: Chosen { coder: Coder::X264(Preset::Veryfast), threads: 1 },
        })?;
        let decoder = Decoder::new(&transcoder.config())?;
        Ok(Self { reel: programme.reel(), transcoder, decoder, bytes: 0 })
    }

    fn shoot(&mut self) -> Result<Option<Shot>> {
        let Some((number, scene, hr)) = self.reel.shoot()? else { return Ok(None) };
        self.transcoder.push(&hr, Key::Interval)?;
        let packet = self.transcoder.pull()?;
        let packet = packet.context("the encoder held a picture back; it is set up for zero latency")?;
        self.bytes += packet.data.len();
        self.decoder.push(&packet)?;
        let lr = self.decoder.pull()?.context("the decoder held a picture back")?;
        Ok(Some(Shot { number, scene, hr, packet, lr }))
    }
}
