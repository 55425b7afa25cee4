//! Configuration files that we ship work as they are.

use std::process::Command;

use crate::{files, output};

#[test]
fn every_configuration_file_is_accepted() {
    let shipped: Vec<_> = files(".toml").into_iter().filter(|file| file.starts_with("configs/")).collect();
    assert!(!shipped.is_empty());
    for file in shipped {
        output(Command::new(harness::process::program("sharpcast")).arg("check-config").arg(file));
    }
}
