//! Any bytes as a model package: refused, or whole, without torch.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use models::Package;

fuzz_target!(|input: &[u8]| {
    if let Ok(package) = Package::parse(Bytes::copy_from_slice(input)) {
        assert_eq!(package.bytes()[..], *input);
    }
});
