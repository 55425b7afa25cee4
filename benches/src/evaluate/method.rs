//! What makes small pictures large: the seam between the measuring and the methods that are measured.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use media::Picture;
use media::ffmpeg::{Filter, Scaler};
use models::{Package, Preset, stock};
use nets::device::DeviceChoice;
use nets::{Backend, Precision, Refiner, Upscaler};

use super::{BICUBIC, PLAIN};

/// A way from decoded pictures to what viewers see.
pub trait Method {
    /// Its name in tables.
    fn name(&self) -> &str;

    /// The pictures `wanted`, made large, in their order. `decoded` is the whole clip, so that a method may look at what
    /// comes shortly before and after; how far ahead it looks is latency that it costs a viewer.
    fn enlarge(&mut self, decoded: &[Picture], wanted: Range<usize>) -> Result<Vec<Picture>>;
}

/// Upsampling by a filter of FFmpeg's scaler.
struct Plain {
    name: &'static str,
    scaler: Scaler,
}

impl Method for Plain {
    fn name(&self) -> &str {
        self.name
    }

    fn enlarge(&mut self, decoded: &[Picture], wanted: Range<usize>) -> Result<Vec<Picture>> {
        let large = |lr: &Picture| Ok(self.scaler.scale(lr, lr.size().scaled(stock::SCALE.into()))?);
        decoded[wanted].iter().map(large).collect()
    }
}

/// F-EDSR on top of Lanczos upsampling, each picture by itself.
struct FEdsr {
    name: String,
    scaler: Scaler,
    net: Box<dyn Upscaler>,
}

impl FEdsr {
    fn new(name: String, package: &Package, precision: Precision, backend: &dyn Backend) -> Result<Self> {
        let net = backend.upscaler(package, precision)?;
        Ok(Self { name, scaler: Scaler::new(Filter::Lanczos), net })
    }
}

impl Method for FEdsr {
    fn name(&self) -> &str {
        &self.name
    }

    fn enlarge(&mut self, decoded: &[Picture], wanted: Range<usize>) -> Result<Vec<Picture>> {
        let mut large = |lr: &Picture| {
            let plain = self.scaler.scale(lr, lr.size().scaled(stock::SCALE.into()))?;
            Ok(self.net.upscale(lr, plain)?)
        };
        decoded[wanted].iter().map(&mut large).collect()
    }
}

/// TCSR on top of F-EDSR, on every so many pictures.
struct Cascade {
    name: String,
    first: FEdsr,
    second: Box<dyn Refiner>,
    /// 1 refines every picture; 12, every twelfth, as a server does that can afford no more.
    every: usize,
}

impl Method for Cascade {
    fn name(&self) -> &str {
        &self.name
    }

    fn enlarge(&mut self, decoded: &[Picture], wanted: Range<usize>) -> Result<Vec<Picture>> {
        let radius = usize::from(self.second.config().radius);
        let wider = wanted.start.saturating_sub(radius)..(wanted.end + radius).min(decoded.len());
        let first = self.first.enlarge(decoded, wider.clone())?;
        let refined = wanted.map(|index| {
            let place = index - wider.start;
            // At the clip's ends there are no neighbours, as at a stream's.
            let complete = place >= radius && place + radius < first.len();
            if !complete || !index.is_multiple_of(self.every) {
                return Ok(first[place].clone());
            }
            Ok(self.second.refine(&first[place - radius..=place + radius])?)
        });
        refined.collect()
    }
}

/// The first stages that the second is measured on, and how often.
const CASCADES: [(Preset, usize); 3] = [(Preset::Nano, 1), (Preset::Nano, 12), (Preset::Small, 1)];

/// The filters, the stock networks, and these packages; of the former those that are named, or all.
pub fn methods(
    names: &[String],
    packages: &[impl AsRef<Path>],
    device: DeviceChoice,
) -> Result<Vec<Box<dyn Method>>> {
    let backend = nets::open(device, 1, Some(0))?;
    let backend = &*backend;
    let filter = |name, filter| Box::new(Plain { name, scaler: Scaler::new(filter) });
    let mut methods: Vec<Box<dyn Method>> =
        vec![filter(BICUBIC, Filter::Bicubic), filter(PLAIN, Filter::Lanczos)];
    for preset in Preset::ALL {
        if let Some(package) = stock::package(preset) {
            methods.push(Box::new(FEdsr::new(preset.to_string(), &package, Precision::Auto, backend)?));
            // What eight bits lose, where nets run in them; on request alone, since it takes long.
            let exact = format!("{preset}/f32");
            if names.contains(&exact) {
                methods.push(Box::new(FEdsr::new(exact, &package, Precision::F32, backend)?));
            }
        }
    }
    for (preset, every) in CASCADES {
        let Some(package) = stock::package(preset) else { continue };
        let second = backend.refiner(&stock::tcsr(), Precision::Auto)?;
        let name = if every == 1 { format!("{preset}+tcsr") } else { format!("{preset}+tcsr/{every}") };
        let first = FEdsr::new(preset.to_string(), &package, Precision::Auto, backend)?;
        methods.push(Box::new(Cascade { name, first, second, every }));
    }
    for name in names {
        let known = methods.iter().any(|method| method.name() == name);
        ensure!(
            known,
            "no method is called {name}: {}",
            methods.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ")
        );
    }
    methods.retain(|method| names.is_empty() || names.iter().any(|name| name == method.name()));
    for path in packages {
        let path = path.as_ref();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let taken = methods.iter().any(|method| method.name() == name);
        ensure!(!taken, "two methods are called {name}; rename {}", path.display());
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let package = Package::parse(bytes.into()).with_context(|| path.display().to_string())?;
        ensure!(package.config().scale == stock::SCALE, "{} does not scale by two", path.display());
        methods.push(Box::new(FEdsr::new(name, &package, Precision::Auto, backend)?));
    }
    Ok(methods)
}
