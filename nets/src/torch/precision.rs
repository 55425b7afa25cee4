//! Which numbers libtorch computes in, on which hardware.

use std::time::{Duration, Instant};

use media::picture::Size;
use models::{FEdsrConfig, Package};
use tch::{Device, Kind, TchError};

use super::frozen::Frozen;
use crate::precision::Precision;

/// Size of the picture that decides: large enough that its time is that of the convolutions, small enough to be quick.
const TRIAL: Size = Size { width: 320, height: 180 };
/// Pictures that decide; the fastest counts, so that a busy moment does not.
const TRIALS: usize = 3;

/// The precision that this package runs faster in. `known` is what earlier trials on this device came to.
pub(super) fn faster(
    package: &Package,
    device: Device,
    known: &mut Vec<(FEdsrConfig, Precision)>,
) -> Result<Precision, TchError> {
    if !has_bf16(device) {
        return Ok(Precision::F32);
    }
    if let Some((_, precision)) = known.iter().find(|(config, _)| *config == package.config()) {
        return Ok(*precision);
    }
    let single = fastest(&Frozen::new(package, device, Precision::F32)?)?;
    let half = fastest(&Frozen::new(package, device, Precision::Bf16)?)?;
    let faster = if half < single { Precision::Bf16 } else { Precision::F32 };
    tracing::debug!(config = %package.config(), ?device, ?single, ?half, "measured which precision is faster");
    known.push((package.config(), faster));
    Ok(faster)
}

fn fastest(net: &Frozen) -> Result<Duration, TchError> {
    let luma = vec![128; TRIAL.width as usize * TRIAL.height as usize];
    let mut residual = Vec::new();
    // The first picture pays for libtorch's choice of kernels.
    net.run(&luma, TRIAL, &mut residual)?;
    let mut best = Duration::MAX;
    for _ in 0..TRIALS {
        let start = Instant::now();
        net.run(&luma, TRIAL, &mut residual)?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// The kind of numbers for nets that are not timed (which none here has in 8 bits): [`Precision::Auto`] takes bfloat16 where the hardware computes in it.
pub fn kind(precision: Precision, device: impl Into<Device>) -> Kind {
    let device = device.into();
    match precision {
        Precision::Bf16 => Kind::BFloat16,
        Precision::Auto if has_bf16(device) => Kind::BFloat16,
        Precision::Auto | Precision::F32 | Precision::Int8 => Kind::Float,
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
