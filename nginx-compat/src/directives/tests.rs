//! The table agrees with itself.

use std::path::Path;

use super::*;
use crate::conf::{Directive, Location};

#[test]
fn names_are_sorted_and_single() {
    assert!(ALL.is_sorted_by(|one, other| one.name < other.name));
    assert_eq!(find("hls_fragment").map(|known| known.default), Some("5s"));
    assert_eq!(find("exec_block"), None, "commented out there as well");
}

#[test]
fn what_holds_without_a_directive_could_be_written() {
    for known in ALL.iter().filter(|known| !known.default.is_empty()) {
        let directive = Directive {
            name: known.name.to_owned(),
            arguments: vec![known.default.to_owned()],
            block: None,
            at: Location::new(Path::new("default"), 1),
        };
        assert_eq!(check(&directive, known.contexts[0]), Ok(()));
    }
}

#[test]
fn flags_have_a_default() {
    for known in ALL.iter().filter(|known| known.takes == Takes::Flag) {
        assert!(!known.default.is_empty(), "{}", known.name);
    }
}
