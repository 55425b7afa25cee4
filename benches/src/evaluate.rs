//! Picture quality: what a viewer gets of a thin stream with each method, against what the same bits give when the
//! large picture is coded directly.
//!
//! Every figure is causal and of the real bitstream: originals are scaled down and coded by the streamer's own encoder
//! path, decoded as the server does, made large by each method, and compared with the originals as rounded code values.
//! Direct coding gets the bits that the low-resolution stream really took.

pub mod bd_rate;
pub mod footage;
pub mod plot;
pub mod report;
pub mod score;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use media::Picture;
use media::ffmpeg::{Filter, Scaler};
use models::device::DeviceChoice;
use models::upscale::Upscale;
use models::{FEdsrUpscaler, Package, Precision, Preset, stock};

use footage::{Clip, Coded};
use score::{Score, Tally};

/// What makes a small picture large.
pub enum Method {
    /// Up-sampling by a filter of FFmpeg's scaler.
    Filter(&'static str, Scaler),
    /// A network on top of Lanczos up-sampling.
    Net(String, Scaler, Box<FEdsrUpscaler>),
}

/// The reference that gains are over, and the one that everybody knows.
pub const PLAIN: &str = "Lanczos";
/// The baseline of the literature.
pub const BICUBIC: &str = "bicubic";
/// The large picture coded at the same bits.
pub const DIRECT: &str = "direct";

/// The quality of one method on one clip at one bitrate.
#[derive(Debug, Clone)]
pub struct Row {
    /// The clip.
    pub clip: String,
    /// What was asked for, in bit/s.
    pub wanted: u32,
    /// What the stream took, in bit/s.
    pub bitrate: f64,
    /// The method.
    pub method: String,
    /// How good it was.
    pub score: Score,
    /// Mean time of a picture, up-sampling included; none where nothing is made large.
    pub time: Option<Duration>,
}

/// What to evaluate on which pictures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Bitrates of the low-resolution stream, in bit/s.
    pub bitrates: Vec<u32>,
    /// Two neighbouring pictures out of so many are measured.
    pub every: usize,
    /// At most so many pictures of a clip.
    pub pictures: usize,
}

/// The filters, the stock networks, and these packages.
pub fn methods(packages: &[impl AsRef<Path>], device: &DeviceChoice) -> Result<Vec<Method>> {
    let device = device.resolve()?;
    let filter = |name, filter| Method::Filter(name, Scaler::new(filter));
    let mut methods = vec![filter(BICUBIC, Filter::Bicubic), filter(PLAIN, Filter::Lanczos)];
    let mut net = |name: String, package: &Package| -> Result<()> {
        let net = FEdsrUpscaler::build(package, device, Precision::Auto)?;
        methods.push(Method::Net(name, Scaler::new(Filter::Lanczos), Box::new(net)));
        Ok(())
    };
    for preset in Preset::ALL {
        if let Some(package) = stock::package(preset) {
            net(preset.to_string(), &package)?;
        }
    }
    for path in packages {
        let path = path.as_ref();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let package = Package::parse(bytes.into()).with_context(|| path.display().to_string())?;
        ensure!(package.config().scale == stock::SCALE, "{} does not scale by two", path.display());
        net(path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), &package)?;
    }
    Ok(methods)
}

/// All rows of one clip.
pub fn evaluate(clip: &Clip, plan: &Plan, methods: &mut [Method]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &wanted in &plan.bitrates {
        let thin = clip.code(clip.half()?, wanted)?;
        let direct = clip.code(clip.size()?, thin.bitrate.round() as u32)?;
        let row = |method: &str, score, bitrate, time| Row {
            clip: clip.name.clone(),
            wanted,
            bitrate,
            method: method.to_owned(),
            score,
            time,
        };
        for method in &mut *methods {
            let (score, time) = measure(clip, &thin, plan.every, |lr| method.enlarge(lr))?;
            rows.push(row(method.name(), score, thin.bitrate, Some(time)));
        }
        let (score, _) = measure(clip, &direct, plan.every, |picture| Ok(picture.clone()))?;
        rows.push(row(DIRECT, score, direct.bitrate, None));
    }
    Ok(rows)
}

/// Compares two neighbouring pictures out of every so many: neighbours tell how it flickers.
fn measure(
    clip: &Clip,
    coded: &Coded,
    every: usize,
    mut enlarge: impl FnMut(&Picture) -> Result<Picture>,
) -> Result<(Score, Duration)> {
    let (mut tally, mut time, mut pictures) = (Tally::default(), Duration::ZERO, 0);
    for first in (0..coded.pictures.len().saturating_sub(1)).step_by(every.max(2)) {
        let mut shown = Vec::with_capacity(2);
        for picture in &coded.pictures[first..first + 2] {
            let began = Instant::now();
            shown.push(enlarge(picture)?);
            time += began.elapsed();
            pictures += 1;
        }
        tally.add([&shown[0], &shown[1]], [&clip.pictures[first], &clip.pictures[first + 1]]);
    }
    ensure!(pictures > 0, "{} is too short: give a clip of two pictures at least", clip.name);
    Ok((tally.score(), time / pictures))
}

impl Method {
    /// Its name in tables.
    pub fn name(&self) -> &str {
        match self {
            Self::Filter(name, _) => name,
            Self::Net(name, ..) => name,
        }
    }

    fn enlarge(&mut self, lr: &Picture) -> Result<Picture> {
        let large = lr.size().scaled(stock::SCALE.into());
        match self {
            Self::Filter(_, scaler) => Ok(scaler.scale(lr, large)?),
            Self::Net(_, scaler, net) => {
                let plain = scaler.scale(lr, large)?;
                Ok(net.upscale(lr, plain)?)
            }
        }
    }
}
