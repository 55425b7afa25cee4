//! Which packages a stream's streamer may send, and which were accepted. What the lane runs is [`super::live`]'s business.

use std::collections::VecDeque;
use std::sync::Arc;

use api::control::ModelOrigin;
use models::package::Shelf;
use models::{FEdsrConfig, Fingerprint, Package, Preset};
use parking_lot::Mutex;

/// Trained nets of other sizes that are remembered, so that a stream may go back to one: one for every preset.
const SIZES: usize = Preset::ALL.len();

/// Which net it is; the same for every copy of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// 0 for stock weights, then counts up.
    pub version: u64,
    /// SHA-256 of the package, hex.
    pub fingerprint: String,
    pub config: FEdsrConfig,
    pub origin: ModelOrigin,
    /// PSNR that the trainer measured, less that of Lanczos upsampling.
    pub gain_db: Option<f64>,
}

/// The accepted packages of one stream.
#[derive(Debug, Default)]
pub struct Accepted(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    versions: u64,
    newest: Option<(Arc<Identity>, Package)>,
    /// What patches may start from.
    shelf: Shelf,
    /// The newest trained net of every size, the newest last.
    trained: VecDeque<(Arc<Identity>, Package)>,
    preset: Option<Preset>,
}

impl Accepted {
    /// What [`super::machine`] chose for the stream: the largest net that its streamer may send. Outlives the session.
    pub fn preset(&self) -> Option<Preset> {
        self.0.lock().preset
    }

    /// Notes the choice; returns the one before.
    pub fn set_preset(&self, preset: Preset) -> Option<Preset> {
        self.0.lock().preset.replace(preset)
    }

    /// The package that was accepted last.
    pub fn newest(&self) -> Option<(Arc<Identity>, Package)> {
        self.0.lock().newest.clone()
    }

    /// The size of the net that was accepted last, if it was trained for the stream.
    pub fn newest_trained(&self) -> Option<FEdsrConfig> {
        let ledger = self.0.lock();
        let newest = ledger.newest.as_ref().map(|(identity, _)| identity);
        newest.filter(|identity| identity.origin == ModelOrigin::Trained).map(|identity| identity.config)
    }

    /// A package of this session or of the program, by its name.
    pub fn held(&self, fingerprint: Fingerprint) -> Option<Package> {
        self.0.lock().shelf.get(fingerprint)
    }

    /// Notes a proven package and gives it its identity: stock weights are version 0, others count up.
    pub fn add(&self, package: &Package, origin: ModelOrigin) -> Arc<Identity> {
        let mut ledger = self.0.lock();
        if origin == ModelOrigin::Trained {
            ledger.versions += 1;
        }
        let identity = Arc::new(Identity {
            version: if origin == ModelOrigin::Trained { ledger.versions } else { 0 },
            fingerprint: package.fingerprint().to_hex(),
            config: package.config(),
            origin,
            // What stock weights gained on other footage says nothing about this stream.
            gain_db: gain(package).filter(|_| origin == ModelOrigin::Trained),
        });
        let entry = (Arc::clone(&identity), package.clone());
        if origin == ModelOrigin::Trained {
            ledger.trained.retain(|(other, _)| other.config != identity.config);
            ledger.trained.push_back(entry.clone());
            if ledger.trained.len() > SIZES {
                ledger.trained.pop_front();
            }
        }
        // Stock weights too: a patch may start from whatever was live.
        ledger.newest = Some(entry);
        ledger.shelf.put(package.clone());
        identity
    }

    /// Goes back to the newest trained net that is no larger than this one; `None` if there was none.
    pub fn return_to(&self, largest: FEdsrConfig) -> Option<(Arc<Identity>, Package)> {
        let mut ledger = self.0.lock();
        let fits = |(identity, _): &&(Arc<Identity>, Package)| !identity.config.is_larger_than(largest);
        let found = ledger.trained.iter().rev().find(fits).cloned()?;
        ledger.newest = Some(found.clone());
        Some(found)
    }

    /// This net failed. One that was accepted since stays.
    pub(super) fn revoke(&self, identity: &Identity) {
        let mut ledger = self.0.lock();
        let failed = |accepted: &Arc<Identity>| std::ptr::eq(&raw const **accepted, identity);
        ledger.trained.retain(|(accepted, _)| !failed(accepted));
        if ledger.newest.as_ref().is_some_and(|(accepted, _)| failed(accepted)) {
            ledger.newest = None;
        }
    }

    /// The session has ended.
    pub(super) fn clear(&self) {
        let mut ledger = self.0.lock();
        ledger.newest = None;
        ledger.shelf.clear();
        ledger.trained.clear();
    }
}

/// Gain over Lanczos upsampling that the trainer measured.
pub fn gain(package: &Package) -> Option<f64> {
    package.metadata().training.map(|training| training.psnr_after - training.psnr_before)
}

#[cfg(test)]
mod tests {
    use models::Architecture as _;
    use models::package::Metadata;

    use super::*;

    fn package(preset: Preset, value: f32) -> Package {
        let config = preset.config(2).unwrap();
        let weights: Vec<Vec<f32>> =
            config.tensors().iter().map(|spec| vec![value; spec.elements()]).collect();
        Package::write(&Metadata::new(config), &weights).unwrap()
    }

    #[test]
    fn versions_count_up_across_sessions_and_stock_is_zero() {
        let accepted = Accepted::default();
        assert_eq!(accepted.add(&package(Preset::Nano, 0.0), ModelOrigin::Stock).version, 0);
        assert_eq!(accepted.newest_trained(), None);
        assert_eq!(accepted.add(&package(Preset::Nano, 0.1), ModelOrigin::Trained).version, 1);
        accepted.clear();
        assert!(accepted.newest().is_none());
        assert_eq!(accepted.add(&package(Preset::Nano, 0.2), ModelOrigin::Trained).version, 2);
    }

    #[test]
    fn a_stream_returns_to_the_newest_trained_net_that_fits() {
        let accepted = Accepted::default();
        let nano = Preset::Nano.config(2).unwrap();
        accepted.add(&package(Preset::Nano, 0.0), ModelOrigin::Stock);
        assert!(accepted.return_to(nano).is_none(), "stock weights were not trained");
        accepted.add(&package(Preset::Nano, 0.1), ModelOrigin::Trained);
        let second = accepted.add(&package(Preset::Nano, 0.2), ModelOrigin::Trained);
        let small = accepted.add(&package(Preset::Small, 0.1), ModelOrigin::Trained);
        assert_eq!(accepted.newest_trained(), Some(small.config));
        assert_eq!(accepted.return_to(nano).unwrap().0, second);
        assert_eq!(accepted.newest().unwrap().0, second);
        assert_eq!(accepted.return_to(small.config).unwrap().0, small);
        accepted.revoke(&small);
        assert!(accepted.newest().is_none());
        assert_eq!(accepted.return_to(small.config).unwrap().0, second, "one that failed does not come back");
    }
}
