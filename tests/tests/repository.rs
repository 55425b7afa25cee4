//! Rules of the house: who may depend on whom, who owns a heavy dependency, which licences come in.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn metadata() -> Metadata {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        // Of other platforms' packages nothing is here.
        .other_options(["--offline".into(), "--filter-platform".into(), target])
        .exec()
        .unwrap()
}

/// Normal dependencies of one of our crates.
fn dependencies(metadata: &Metadata, crate_name: &str) -> BTreeSet<String> {
    let package = metadata.workspace_packages().into_iter().find(|package| *package.name == crate_name);
    let package = package.unwrap_or_else(|| panic!("no crate {crate_name}"));
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

#[test]
fn crates_depend_downwards_only() {
    let metadata = metadata();
    // From the top down: a crate may depend on those that its line names, and on what they may depend on.
    let allowed = [
        ("sharpcast-media", vec![]),
        ("sharpcast-rtmp", vec!["sharpcast-media"]),
        ("sharpcast-api", vec!["sharpcast-media"]),
        ("sharpcast-models", vec!["sharpcast-media"]),
        ("sharpcast-nets", vec!["sharpcast-media", "sharpcast-models"]),
        ("sharpcast-learn", vec!["sharpcast-media", "sharpcast-models", "sharpcast-nets"]),
        (
            "sharpcast",
            vec!["sharpcast-media", "sharpcast-rtmp", "sharpcast-api", "sharpcast-models", "sharpcast-nets"],
        ),
        (
            "sharpcast-streamer",
            vec![
                "sharpcast-media",
                "sharpcast-rtmp",
                "sharpcast-api",
                "sharpcast-models",
                "sharpcast-nets",
                "sharpcast-learn",
            ],
        ),
    ];
    for (name, allowed) in allowed {
        let ours = dependencies(&metadata, name).into_iter().filter(|other| other.starts_with("sharpcast"));
        for other in ours {
            assert!(allowed.contains(&other.as_str()), "{name} must not depend on {other}");
        }
    }
}

#[test]
fn heavy_dependencies_have_one_owner() {
    let metadata = metadata();
    let owners = [
        ("ffmpeg-next", &["sharpcast-media"][..]),
        ("tch", &["sharpcast-nets", "sharpcast-learn"]),
        // Packages, and checkpoints of training.
        ("safetensors", &["sharpcast-models", "sharpcast-learn"]),
        ("rml_rtmp", &["sharpcast-rtmp"]),
        ("axum", &["sharpcast"]),
        ("mp4-atom", &["sharpcast"]),
        ("m3u8-rs", &["sharpcast"]),
    ];
    for package in metadata.workspace_packages() {
        for dependency in package.dependencies.iter().filter(|found| found.kind == DependencyKind::Normal) {
            for (heavy, owners) in owners {
                assert!(
                    dependency.name != heavy || owners.contains(&package.name.as_str()),
                    "{heavy} belongs to {owners:?}; {} reaches around them",
                    package.name
                );
            }
        }
    }
}

#[test]
fn licences_are_permissive() {
    // WTFPL is ffmpeg-next's own; FFmpeg itself is linked dynamically and stays the user's Debian package.
    let permissive = [
        "MIT",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "WTFPL",
        "Unicode-3.0",
        "CC0-1.0",
        "MIT-0",
        "Unlicense",
        "BSL-1.0",
        "0BSD",
        "CDLA-Permissive-2.0",
        "MPL-2.0",
    ];
    for package in metadata().packages {
        let Some(licence) = &package.license else { panic!("{} states no licence", package.name) };
        let licence = licence.replace(['(', ')'], "").replace('/', " OR ");
        let free = licence
            .split(" OR ")
            .any(|choice| choice.split(" AND ").all(|part| permissive.contains(&part.trim())));
        assert!(free, "{} is licensed under {licence}", package.name);
    }
}

#[test]
fn every_configuration_file_is_accepted() {
    let mut files = 0;
    for entry in std::fs::read_dir(root().join("configs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let program = harness::process::program("sharpcast");
            let output = std::process::Command::new(program).arg("check-config").arg(&path).output().unwrap();
            assert!(
                output.status.success(),
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&output.stderr)
            );
            files += 1;
        }
    }
    assert!(files > 0);
}

#[test]
fn every_decision_record_states_its_status() {
    for entry in std::fs::read_dir(root().join("docs/adr")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for heading in ["Status:", "## Context", "## Decision", "## Alternatives"] {
            assert!(text.contains(heading), "{} lacks {heading:?}", path.display());
        }
    }
}
