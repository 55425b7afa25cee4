//! What patches save: `cargo run --release -p sharpcast-models --example patch-sizes -- [BASE NEW]...`
//!
//! Without arguments, the stock packages against themselves with every weight changed by a random share; with pairs of
//! files, those against each other.

use std::path::Path;

use anyhow::{Context as _, Result};
use models::package::{Metadata, Patch};
use models::{Package, Preset, stock};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Largest relative change of a weight.
const SHARES: [f32; 3] = [1e-3, 1e-2, 1e-1];

fn main() -> Result<()> {
    println!("{:40} {:>8} {:>8} {:>6}", "new package", "whole", "patch", "share");
    let files: Vec<String> = std::env::args().skip(1).collect();
    for pair in files.chunks(2) {
        let [base, new] = pair else { anyhow::bail!("name files in pairs: BASE NEW") };
        show(new, &read(base)?, &read(new)?)?;
    }
    if files.is_empty() {
        for preset in [Preset::Nano, Preset::Mini, Preset::Small] {
            let base = stock::package(preset).context("part of the program")?;
            for share in SHARES {
                show(&format!("{preset}, weights changed by {share:e}"), &base, &perturbed(&base, share)?)?;
            }
        }
    }
    Ok(())
}

fn show(name: &str, base: &Package, new: &Package) -> Result<()> {
    let (whole, patch) = (new.bytes().len(), Patch::between(base, new)?.bytes().len());
    let name = Path::new(name).file_name().map_or(name.into(), |name| name.to_string_lossy());
    println!("{name:40} {whole:>8} {patch:>8} {:>5.0}%", 100.0 * patch as f64 / whole as f64);
    Ok(())
}

fn read(path: &str) -> Result<Package> {
    let bytes = std::fs::read(path).with_context(|| path.to_owned())?;
    Package::parse(bytes.into()).with_context(|| path.to_owned())
}

/// Every weight multiplied by something between `1 - share` and `1 + share`.
fn perturbed(base: &Package, share: f32) -> Result<Package> {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut change = |weight: &f32| weight * (1.0 + random.random_range(-share..=share));
    let weights: Vec<Vec<f32>> =
        base.weights().iter().map(|tensor| tensor.iter().map(&mut change).collect()).collect();
    let metadata = Metadata { parent: Some(base.fingerprint()), ..base.metadata().clone() };
    Ok(Package::write(&metadata, &weights)?)
}
