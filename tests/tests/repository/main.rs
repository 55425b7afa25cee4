//! What holds the house together: who may depend on whom, down to modules and files; what the code is made of; what
//! documents promise. A rule that is not here is not a rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::path::{Path, PathBuf};
use std::process::Command;

mod census;
mod configs;
mod crates;
mod docs;
mod modules;
mod source;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files that belong to the repository and end in `suffix`, relative to its root.
fn files(suffix: &str) -> Vec<String> {
    let listed =
        output(Command::new("git").args(["ls-files", "-co", "--exclude-standard", &format!("*{suffix}")]));
    let present = listed.lines().filter(|file| root().join(file).exists());
    present.map(str::to_owned).collect()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What a command that has to succeed prints, run at the root.
fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
