//! Packages that sender and receiver both hold, so that a [`Patch`] may start from any of them: a stream that returns to a
//! network that it had before sends its name and nothing else.

use std::collections::VecDeque;

use super::{Fingerprint, Package, Patch};
use crate::stock;

/// The last packages that a receiver took, and the stock packages. Both ends keep as many, in the same order, so that they
/// hold the same ones without telling each other.
#[derive(Debug, Default)]
pub struct Shelf(VecDeque<Package>);

impl Shelf {
    /// Packages that are kept at most; the one that was taken the longest ago leaves first.
    pub const CAPACITY: usize = 16;
    /// Bytes of package files that are kept at most, but for the last package. In memory they take three times as much.
    pub const MOST_BYTES: usize = 4 << 20;

    pub fn put(&mut self, package: Package) {
        // Both ends have those always; here they would only push others out.
        if stock::find(package.fingerprint()).is_some() {
            return;
        }
        // Taken again, it is the newest again.
        self.0.retain(|held| held.fingerprint() != package.fingerprint());
        self.0.push_back(package);
        while self.0.len() > Self::CAPACITY || (self.0.len() > 1 && self.bytes() > Self::MOST_BYTES) {
            self.0.pop_front();
        }
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|held| held.bytes().len()).sum()
    }

    /// The package of this name, if it is held.
    pub fn get(&self, fingerprint: Fingerprint) -> Option<Package> {
        let held = self.0.iter().find(|held| held.fingerprint() == fingerprint);
        held.cloned().or_else(|| stock::find(fingerprint))
    }

    /// Forgets everything but the stock packages.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The shortest way to `package` from what is held: from itself, from what its training began with, or from what was taken
    /// last. None if nothing is held that helps.
    pub fn patch(&self, package: &Package, last: Option<Fingerprint>) -> Option<Patch> {
        if let Some(held) = self.get(package.fingerprint()) {
            return Patch::between(&held, package).ok();
        }
        let bases = [last, package.metadata().parent].into_iter().flatten();
        let patches = bases.filter_map(|base| Patch::between(&self.get(base)?, package).ok());
        patches
            .min_by_key(|patch| patch.bytes().len())
            .filter(|patch| patch.bytes().len() < package.bytes().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Architecture as _;
    use crate::arch::f_edsr::Preset;
    use crate::package::Metadata;

    /// The stock net, every weight `percent` larger.
    fn variant(percent: u8, parent: Option<Fingerprint>) -> Package {
        let stock = stock::package(Preset::Nano).unwrap();
        let factor = 1.0 + f32::from(percent) / 100.0;
        let weights: Vec<Vec<f32>> = stock
            .weights()
            .iter()
            .map(|tensor| tensor.iter().map(|weight| weight * factor).collect())
            .collect();
        Package::write(&Metadata { parent, ..Metadata::new(stock.config()) }, &weights).unwrap()
    }

    #[test]
    fn what_is_held_is_named_and_not_sent() {
        for preset in [Preset::Nano, Preset::Mini, Preset::Small] {
            let stock = stock::package(preset).unwrap();
            let patch = Shelf::default().patch(&stock, None).unwrap();
            assert_eq!((patch.base(), patch.result()), (stock.fingerprint(), stock.fingerprint()));
            assert!(patch.bytes().len() < 200, "{preset}: {}", patch.bytes().len());
            assert_eq!(patch.apply(&stock).unwrap(), stock);
        }
    }

    #[test]
    fn the_shortest_way_is_taken() {
        let stock = stock::package(Preset::Nano).unwrap();
        let (far, near) = (variant(40, None), variant(10, None));
        let new = variant(11, Some(stock.fingerprint()));
        let mut shelf = Shelf::default();
        assert_eq!(shelf.patch(&new, None).unwrap().base(), stock.fingerprint(), "its parent");
        shelf.put(near.clone());
        assert_eq!(shelf.patch(&new, Some(near.fingerprint())).unwrap().base(), near.fingerprint());
        shelf.put(far.clone());
        let patch = shelf.patch(&new, Some(far.fingerprint())).unwrap();
        assert_eq!(patch.base(), stock.fingerprint(), "nearer than the last one");
        assert_eq!(patch.apply(&shelf.get(patch.base()).unwrap()).unwrap(), new);
        assert!(shelf.patch(&variant(11, None), Some(Fingerprint::of(b"unknown"))).is_none());
    }

    #[test]
    fn large_packages_are_fewer() {
        let large = Preset::Large.config(2).unwrap();
        let mut shelf = Shelf::default();
        for step in 0..8_u8 {
            let value = f32::from(step) / 64.0;
            let weights: Vec<Vec<f32>> =
                large.tensors().iter().map(|spec| vec![value; spec.elements()]).collect();
            shelf.put(Package::write(&Metadata::new(large), &weights).unwrap());
            assert!(shelf.0.len() == 1 || shelf.bytes() <= Shelf::MOST_BYTES);
        }
        assert!((1..4).contains(&shelf.0.len()), "{}", shelf.0.len());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_was_taken_last() {
        let (mut shelf, first) = (Shelf::default(), variant(1, None));
        shelf.put(first.clone());
        for percent in 2..=Shelf::CAPACITY as u8 {
            shelf.put(variant(percent, None));
        }
        shelf.put(first.clone());
        shelf.put(variant(99, None));
        assert_eq!(shelf.get(first.fingerprint()), Some(first), "it was taken again");
        assert_eq!(shelf.get(variant(2, None).fingerprint()), None);
        assert_eq!(shelf.0.len(), Shelf::CAPACITY);
        shelf.clear();
        assert_eq!(shelf.get(variant(99, None).fingerprint()), None);
        assert!(shelf.get(stock::package(Preset::Small).unwrap().fingerprint()).is_some());
    }
}
