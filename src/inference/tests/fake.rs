//! A backend without an engine, for tests: its nets add a constant, fail or panic as they are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use media::picture::{Picture, Size};
use models::package::{Metadata, TrainingSummary};
use models::{Architecture as _, FEdsrConfig, Fingerprint, Package, Preset, TcsrConfig, TcsrPackage};
use nets::{Backend, Device, NetError, NetErrorKind, Precision, Refiner, Upscaler};

use crate::inference::Engine;

/// A package of constant weights that says of its training what it gained.
pub fn package(preset: Preset, scale: u8, gain: Option<f64>) -> Package {
    let config = preset.config(scale).expect("presets are within the limits");
    let training = gain.map(|gain| TrainingSummary {
        pairs: 1,
        steps: 1,
        seconds: 1.0,
        psnr_before: 30.0,
        psnr_after: 30.0 + gain,
    });
    // Gains tell packages apart.
    let value = gain.unwrap_or_default() as f32;
    let weights: Vec<Vec<f32>> = config.tensors().iter().map(|spec| vec![value; spec.elements()]).collect();
    Package::write(&Metadata { training, ..Metadata::new(config) }, &weights)
        .expect("these are the net's shapes")
}

/// What the fake's nets do with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    #[default]
    Nothing,
    /// Every sample of the luma gets this much brighter.
    Brighten(u8),
    /// Warming up works, pictures fail.
    Fail,
    /// Nothing can be built.
    CannotBuild,
    /// A bug of the engine.
    Panic,
}

/// The fake backend; clones count together.
#[derive(Debug, Clone, Default)]
pub struct FakeBackend {
    pub behaviour: Behaviour,
    /// Nets that were built.
    pub built: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct FakeUpscaler {
    behaviour: Behaviour,
    config: FEdsrConfig,
    fingerprint: Fingerprint,
}

#[derive(Debug)]
struct FakeRefiner {
    behaviour: Behaviour,
    config: TcsrConfig,
    fingerprint: Fingerprint,
}

impl FakeBackend {
    pub fn new(behaviour: Behaviour) -> Self {
        Self { behaviour, built: Arc::default() }
    }

    /// An accelerator thread that runs it.
    pub fn engine(self) -> Engine {
        Engine::start(move || Ok(Box::new(self))).expect("the system has a thread")
    }

    fn build(&self) -> Result<(), NetError> {
        self.built.fetch_add(1, Ordering::Relaxed);
        if self.behaviour == Behaviour::CannotBuild { Err(failure()) } else { Ok(()) }
    }
}

impl Behaviour {
    fn apply(self, mut picture: Picture) -> Result<Picture, NetError> {
        match self {
            Self::Nothing | Self::CannotBuild => Ok(picture),
            Self::Brighten(by) => {
                let brighten = |row: &mut [u8]| row.iter_mut().for_each(|y| *y = y.saturating_add(by));
                picture.luma_mut().rows_mut().for_each(brighten);
                Ok(picture)
            }
            Self::Fail => Err(failure()),
            Self::Panic => panic!("a broken engine"),
        }
    }
}

fn failure() -> NetError {
    NetError::new(NetErrorKind::Engine, "the fake was told to fail")
}

impl Backend for FakeBackend {
    fn device(&self) -> Device {
        Device::Cpu
    }

    fn upscaler(&self, package: &Package, _: Precision) -> Result<Box<dyn Upscaler>, NetError> {
        self.build()?;
        let (config, fingerprint) = (package.config(), package.fingerprint());
        Ok(Box::new(FakeUpscaler { behaviour: self.behaviour, config, fingerprint }))
    }

    fn refiner(&self, package: &TcsrPackage, _: Precision) -> Result<Box<dyn Refiner>, NetError> {
        self.build()?;
        let (config, fingerprint) = (package.config(), package.fingerprint());
        Ok(Box::new(FakeRefiner { behaviour: self.behaviour, config, fingerprint }))
    }

    fn time_to_upscale(&self, config: FEdsrConfig, _: Size) -> Result<Duration, NetError> {
        Ok(Duration::from_micros(u64::from(config.channels) * u64::from(config.blocks) * 100))
    }

    fn time_to_refine(&self, _: &TcsrPackage, _: Size) -> Result<Duration, NetError> {
        Ok(Duration::from_millis(20))
    }
}

impl Upscaler for FakeUpscaler {
    fn config(&self) -> FEdsrConfig {
        self.config
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn precision(&self) -> Precision {
        Precision::F32
    }

    fn warm_up(&mut self, _: Size) -> Result<(), NetError> {
        Ok(())
    }

    fn upscale(&mut self, _: &Picture, lanczos: Picture) -> Result<Picture, NetError> {
        self.behaviour.apply(lanczos)
    }
}

impl Refiner for FakeRefiner {
    fn config(&self) -> TcsrConfig {
        self.config
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn refine(&mut self, pictures: &[Picture]) -> Result<Picture, NetError> {
        self.behaviour.apply(pictures[pictures.len() / 2].clone())
    }
}
