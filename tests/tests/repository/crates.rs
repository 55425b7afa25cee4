//! Dependencies between crates, against `deny.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, PackageId};
use toml::Value;

use crate::{output, read, root};

/// What nobody but these crates may pull in, not even through others: an engine that takes gigabytes and minutes.
const TORCH: [&str; 2] = ["tch", "torch-sys"];

fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        // Of other platforms' packages nothing is here.
        .other_options(["--offline".into(), "--filter-platform".into(), target()])
        .exec()
        .unwrap()
}

fn rules() -> toml::Table {
    read("deny.toml").parse().unwrap()
}

/// For each crate that not everybody may name, who may.
fn wrappers() -> BTreeMap<String, BTreeSet<String>> {
    let rules = rules();
    let denied = rules["bans"]["deny"].as_array().unwrap();
    let rule = |rule: &Value| {
        let wrappers = rule.get("wrappers").map_or(&[][..], |wrappers| wrappers.as_array().unwrap());
        (text(&rule["crate"]), wrappers.iter().map(text).collect())
    };
    denied.iter().map(rule).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn crates_are_named_by_those_alone_that_may() {
    let metadata = metadata();
    let wrappers = wrappers();
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    for node in &metadata.resolve.as_ref().unwrap().nodes {
        let name = names[&node.id];
        for dependency in &node.dependencies {
            let dependency = names[dependency];
            let allowed = wrappers.get(dependency).is_none_or(|wrappers| wrappers.contains(name));
            assert!(allowed, "{name} must not depend on {dependency}: see deny.toml");
        }
    }
}

#[test]
fn every_crate_of_ours_has_its_place() {
    let wrappers = wrappers();
    let metadata = metadata();
    let ours: BTreeSet<_> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    for name in &ours {
        assert!(wrappers.contains_key(name), "deny.toml does not say who may depend on {name}");
    }
    let listed = wrappers.keys().chain(wrappers.values().flatten());
    for name in listed.filter(|name| name.starts_with("sharpcast")) {
        assert!(ours.contains(name), "deny.toml names {name}, which is gone");
    }
}

/// The names of all packages that a build of one crate takes, tests aside.
fn closure(name: &str, features: &[&str]) -> BTreeSet<String> {
    let tree = output(
        Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none", "--target", &target()])
            .args(["--package", name])
            .args(features),
    );
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn what_needs_no_torch_has_none() {
    for name in ["sharpcast-media", "sharpcast-rtmp", "sharpcast-api", "sharpcast-models"] {
        let closure = closure(name, &[]);
        assert!(closure.contains(name));
        for torch in TORCH {
            assert!(!closure.contains(torch), "{name} takes {torch}");
        }
    }
    // The test above would pass if it read the tree wrongly.
    let learning = closure("sharpcast-learn", &[]);
    for torch in TORCH {
        assert!(learning.contains(torch));
    }
}

#[test]
fn licences_are_permissive() {
    let rules = rules();
    let allowed: BTreeSet<_> = rules["licenses"]["allow"].as_array().unwrap().iter().map(text).collect();
    for package in metadata().packages {
        let Some(licence) = &package.license else { panic!("{} states no licence", package.name) };
        let licence = licence.replace(['(', ')'], "").replace('/', " OR ");
        let mut choices = licence.split(" OR ");
        let free = choices.any(|choice| choice.split(" AND ").all(|part| allowed.contains(part.trim())));
        assert!(free, "{} is licensed under {licence}", package.name);
    }
}
