//! `streamer inspect`: what a model file holds.

use std::fs;
use std::path::Path;

use anyhow::Context;
use models::{Architecture as _, Fingerprint, Package, Preset};

use crate::failure::Failure;

/// Prints what is known of a network.
pub(super) fn run(path: &Path) -> Result<String, Failure> {
    let package = read(path)?;
    println!("{}", describe(&package));
    Ok(format!("whole; upload it with: streamer upload {} --server URL --name NAME", path.display()))
}

/// Reads and checks a model file.
pub(super) fn read(path: &Path) -> Result<Package, Failure> {
    let context = || format!("cannot use {}", path.display());
    let length = fs::metadata(path).with_context(context).map_err(Failure::Failed)?.len();
    Package::check_size(length).with_context(context).map_err(Failure::Failed)?;
    let bytes = fs::read(path).with_context(context).map_err(Failure::Failed)?;
    Package::parse(bytes.into()).with_context(context).map_err(Failure::Failed)
}

fn describe(package: &Package) -> String {
    let config = package.config();
    let metadata = package.metadata();
    let mut lines = vec![
        format!("fingerprint   {}", package.fingerprint().to_hex()),
        format!("architecture  {config}"),
        format!(
            "preset        {}",
            Preset::of(config).map_or_else(|| "none".to_owned(), |preset| preset.to_string())
        ),
        format!("parameters    {}", config.parameters()),
        format!("bytes         {}", package.bytes().len()),
        format!("parent        {}", metadata.parent.map_or_else(|| "none".to_owned(), Fingerprint::to_hex)),
    ];
    match &metadata.training {
        None => lines.push("training      unknown".to_owned()),
        Some(training) => {
            lines.push(format!(
                "training      {} steps on {} pairs in {:.1} s",
                training.steps, training.pairs, training.seconds
            ));
            lines.push(format!(
                "gain          {:+.2} dB ({:.2} to {:.2} dB, luma, on the trainer's held-out pictures)",
                training.psnr_after - training.psnr_before,
                training.psnr_before,
                training.psnr_after
            ));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use models::package::{Metadata, TrainingSummary};

    use super::*;

    #[test]
    fn says_what_a_file_holds() {
        let config = Preset::Nano.config(2).unwrap();
        let mut metadata = Metadata::new(config);
        metadata.training = Some(TrainingSummary {
            pairs: 40,
            steps: 900,
            seconds: 31.25,
            psnr_before: 30.5,
            psnr_after: 31.75,
        });
        let weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.25; spec.elements()]).collect();
        insta::assert_snapshot!(describe(&Package::write(&metadata, &weights).unwrap()));
    }

    #[test]
    fn what_is_no_model_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"not a model").unwrap();
        assert!(read(file.path()).is_err());
        assert!(read(Path::new("/nowhere/model.safetensors")).is_err());
    }
}
