//! In which numbers a net computes.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use media::picture::Size;
use models::{FEdsrConfig, Package};
use tch::Kind;
use thiserror::Error;

use super::frozen::Frozen;
use crate::UpscaleError;
use crate::torch::Device;

/// In which numbers a net computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// Whichever is measured faster where the hardware has both.
    #[default]
    Auto,
    /// Single precision.
    F32,
    /// bfloat16: 8 bits of mantissa, inputs exact, sums in single precision. About half the time of [`Precision::F32`] on
    /// processors with AVX-512 BF16.
    Bf16,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        })
    }
}

/// A word that names no precision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no precision; write auto, f32 or bf16")]
pub struct UnknownPrecision(String);

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(text: &str) -> Result<Self, UnknownPrecision> {
        match text {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(UnknownPrecision(text.to_owned())),
        }
    }
}

/// Size of the picture that decides: large enough that its time is that of the convolutions, small enough to be quick.
const TRIAL: Size = Size { width: 320, height: 180 };
/// Pictures that decide; the fastest counts, so that a busy moment does not.
const TRIALS: usize = 3;

/// What was measured in this process.
static MEASURED: Mutex<Vec<(FEdsrConfig, Device, Precision)>> = Mutex::new(Vec::new());

/// The precision to run this package in on this device.
pub(super) fn settle(
    package: &Package,
    device: Device,
    wanted: Precision,
) -> Result<Precision, UpscaleError> {
    if wanted != Precision::Auto {
        return Ok(wanted);
    }
    if !has_bf16(device) {
        return Ok(Precision::F32);
    }
    let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., known)) =
        measured.iter().find(|(config, on, _)| (*config, *on) == (package.config(), device))
    {
        return Ok(*known);
    }
    let single = fastest(&Frozen::new(package, device, Precision::F32)?)?;
    let half = fastest(&Frozen::new(package, device, Precision::Bf16)?)?;
    let faster = if half < single { Precision::Bf16 } else { Precision::F32 };
    tracing::debug!(config = %package.config(), ?device, ?single, ?half, "measured which precision is faster");
    measured.push((package.config(), device, faster));
    Ok(faster)
}

fn fastest(net: &Frozen) -> Result<Duration, UpscaleError> {
    let luma = vec![128; TRIAL.width as usize * TRIAL.height as usize];
    let mut residual = Vec::new();
    net.run(&luma, TRIAL, &mut residual)?;
    let mut best = Duration::MAX;
    for _ in 0..TRIALS {
        let start = Instant::now();
        net.run(&luma, TRIAL, &mut residual)?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// The kind of numbers for nets that are not timed: [`Precision::Auto`] takes bfloat16 where the hardware computes in it.
pub fn kind(precision: Precision, device: Device) -> Kind {
    match precision {
        Precision::Bf16 => Kind::BFloat16,
        Precision::Auto if has_bf16(device) => Kind::BFloat16,
        Precision::Auto | Precision::F32 => Kind::Float,
    }
}

/// Whether the hardware computes in bfloat16; where it does not, libtorch imitates it, slowly.
fn has_bf16(device: Device) -> bool {
    match device {
        Device::Cpu => processor_has_bf16(),
        _ => true,
    }
}

#[cfg(target_arch = "x86_64")]
fn processor_has_bf16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn processor_has_bf16() -> bool {
    false
}
