//! The packages that come with the program, for streams whose streamer trains nothing, and as the start of training.
//! How they were made and what they gain is written in `models/weights/README.md`.

use std::sync::LazyLock;

use bytes::Bytes;

use crate::arch::f_edsr::Preset;
use crate::package::{Fingerprint, Package, TcsrPackage};

pub const SCALE: u8 = 2;

/// The stock package of a preset, where there is one.
pub fn package(preset: Preset) -> Option<Package> {
    let bytes = bytes_of(preset)?;
    Some(Package::parse(Bytes::from_static(bytes)).expect("stock packages are tested to be whole"))
}

/// The stock package of this name, if it is one.
pub fn find(fingerprint: Fingerprint) -> Option<Package> {
    static ALL: LazyLock<Vec<Package>> =
        LazyLock::new(|| Preset::ALL.into_iter().filter_map(package).collect());
    ALL.iter().find(|stock| stock.fingerprint() == fingerprint).cloned()
}

/// The stock package of the second stage.
pub fn tcsr() -> TcsrPackage {
    let bytes = include_bytes!("../weights/tcsr.safetensors");
    TcsrPackage::parse(Bytes::from_static(bytes)).expect("stock packages are tested to be whole")
}

const fn bytes_of(preset: Preset) -> Option<&'static [u8]> {
    match preset {
        Preset::Nano => Some(include_bytes!("../weights/f-edsr-nano-x2.safetensors")),
        Preset::Mini => Some(include_bytes!("../weights/f-edsr-mini-x2.safetensors")),
        Preset::Small => Some(include_bytes!("../weights/f-edsr-small-x2.safetensors")),
        Preset::Base | Preset::Large => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::tcsr::TcsrConfig;

    #[test]
    fn stock_packages_are_whole_and_of_their_preset() {
        for preset in [Preset::Nano, Preset::Mini, Preset::Small] {
            let package = package(preset).unwrap();
            assert_eq!(Ok(package.config()), preset.config(SCALE));
            let training = package.metadata().training.unwrap();
            assert!(training.psnr_after > training.psnr_before, "{preset}: {training:?}");
        }
        let training = tcsr().metadata().training.unwrap();
        assert_eq!(tcsr().config(), TcsrConfig::STOCK);
        assert!(training.psnr_after > training.psnr_before, "{training:?}");
    }
}
