//! What documents promise: links that lead somewhere, decisions that are short, invariants that a test holds.

use std::path::Path;

use crate::{files, read, root};

/// Targets of `[text](target)` that are files of ours, without their `#section`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next())
}

#[test]
fn links_lead_somewhere() {
    let mut checked = 0;
    for file in files(".md") {
        let text = read(&file);
        let folder = root().join(&file).parent().unwrap().to_owned();
        for target in links(&text).filter(|target| !target.is_empty()) {
            assert!(folder.join(target).exists(), "{file} links to {target}, which is not there");
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} links were found");
}

#[test]
fn decision_records_are_short_and_say_whether_they_hold() {
    for file in files(".md").iter().filter(|file| file.starts_with("docs/adr/")) {
        let text = read(file);
        let status = text.lines().find_map(|line| line.strip_prefix("Status: "));
        let status = status.unwrap_or_else(|| panic!("{file} states no status"));
        let (accepted, replaced) = (status.starts_with("accepted"), status.starts_with("replaced by"));
        assert!(accepted || replaced, "{file}: {status:?} is neither accepted nor replaced");
        for heading in ["## Context", "## Decision", "## Alternatives"] {
            assert!(replaced || text.contains(heading), "{file} lacks {heading:?}");
        }
        assert!(
            text.lines().count() <= 30,
            "{file} is longer than 30 lines: how it works belongs into docs/design"
        );
        let wide = text.lines().find(|line| line.chars().count() > 120);
        assert!(wide.is_none(), "{file} has a line of more than 120 columns: {wide:?}");
    }
}

#[test]
fn every_page_of_the_design_is_on_the_map() {
    let architecture = read("ARCHITECTURE.md");
    let pages: Vec<_> = files(".md").into_iter().filter(|file| file.starts_with("docs/design/")).collect();
    assert!(!pages.is_empty());
    for page in pages {
        assert!(links(&architecture).any(|target| target == page), "ARCHITECTURE.md does not link {page}");
    }
}

/// The invariants of `ARCHITECTURE.md`, each a numbered item with the lines that go on from it.
fn invariants(architecture: &str) -> Vec<String> {
    let section = architecture.split("## Invariants").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut invariants: Vec<String> = Vec::new();
    for line in section.lines() {
        if line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok()) {
            invariants.push(line.to_owned());
        } else if let Some(invariant) = invariants.last_mut() {
            invariant.push(' ');
            invariant.push_str(line.trim());
        }
    }
    invariants
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let sources: String = files(".rs").iter().map(|file| read(file)).collect();
    let architecture = read("ARCHITECTURE.md");
    let invariants = invariants(&architecture);
    assert!(invariants.len() > 5, "only {} invariants were found", invariants.len());
    for invariant in invariants {
        // `Tests: a, b.` at the end, each name in backticks.
        let named =
            invariant.split("*Tests:").nth(1).unwrap_or_else(|| panic!("no test holds this: {invariant}"));
        let names: Vec<_> = named.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test holds this: {invariant}");
        for name in names {
            let exists = sources.contains(&format!("fn {name}("));
            assert!(exists, "{name}, which should hold this, does not exist: {invariant}");
        }
    }
}

#[test]
fn every_folder_of_code_is_on_the_map() {
    let architecture = read("ARCHITECTURE.md");
    for manifest in files("Cargo.toml") {
        let folder = Path::new(&manifest).parent().unwrap().to_str().unwrap();
        let folder = if folder.is_empty() { "src" } else { folder };
        assert!(
            architecture.contains(&format!("| `{folder}/` |")),
            "ARCHITECTURE.md has no line for {folder}/"
        );
    }
}
