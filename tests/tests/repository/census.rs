//! What the code is made of, as `scripts/census` counts it.

use std::process::Command;

use serde_json::Value;

use crate::output;

/// Types in 1000 lines of code: more of them hide the flow behind its wrappers.
const TYPES_PER_KLOC: f64 = 18.0;

/// `let (a, b) = (x, y)`: compressed, not simple.
const PAIRS: u64 = 8;

#[test]
fn types_are_few_and_lets_are_single() {
    let census: Value = serde_json::from_str(&output(Command::new("scripts/census").arg("--json"))).unwrap();
    let count = |what: &str| census["total"][what].as_u64().unwrap();
    let types = 1000.0 * (count("types") + count("aliases")) as f64 / count("code") as f64;
    assert!(count("files") > 100, "nothing was counted");
    assert!(
        types <= TYPES_PER_KLOC,
        "{types:.1} types in 1000 lines: merge those that always travel together"
    );
    assert!(count("pairs") <= PAIRS, "{} lets of pairs: one `let` for one thing", count("pairs"));
}
