//! Any bytes as a patch of the smallest stock package: refused, or a whole package of the announced name. The seeds'
//! preamble is put before what does not begin with one, so that the stream behind it is reached.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use models::package::Patch;
use models::{Package, Preset, stock};

static BASE: LazyLock<Package> = LazyLock::new(|| stock::package(Preset::Nano).expect("part of the program"));
/// Magic, version, fingerprint of the base, fingerprint of the result.
static PREAMBLE: LazyLock<Bytes> = LazyLock::new(|| {
    let patch = Patch::between(&BASE, &BASE).expect("stock packages are in half precision");
    patch.bytes().slice(..4 + 1 + 32 + 32)
});

fuzz_target!(|input: &[u8]| {
    for bytes in [Bytes::copy_from_slice(input), [&PREAMBLE[..], input].concat().into()] {
        let Ok(patch) = Patch::parse(bytes) else { continue };
        if let Ok(package) = patch.apply(&BASE) {
            assert_eq!(package.fingerprint(), patch.result());
            assert_eq!(package.config(), BASE.config());
        }
    }
});
