//! Holds what `deny.toml` asks of the crates that the binary is made of, where cargo-deny is not installed: each has a
//! licence that it allows, and comes from the registry.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use serde_json::Value as Json;

/// The quoted words of a list in `deny.toml`.
fn allowed(list: &str) -> Vec<String> {
    let text = include_str!("../deny.toml");
    let (_, rest) = text.split_once(&format!("{list} = [")).unwrap();
    let (inside, _) = rest.split_once(']').unwrap();
    inside.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence expression can be met with the allowed ones: all of what `AND` joins, one of what `OR` (or the old
/// `/`) joins.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    // No crate nests an AND within an OR.
    plain
        .split(" AND ")
        .all(|part| part.split(" OR ").any(|one| allowed.iter().any(|name| name == one.trim())))
}

fn packages() -> Vec<Json> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        // Crates for other systems need not be here.
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn every_crate_has_an_allowed_licence_and_comes_from_the_registry() {
    let licences = allowed("allow");
    assert!(licences.contains(&"MIT".to_owned()), "{licences:?}");
    let packages = packages();
    assert!(packages.len() > 100);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(is_met(licence, &licences), "{name} has the licence {licence}");
        let source = package["source"].as_str();
        assert!(
            name == "sweep" || source.is_some_and(|from| from.starts_with("registry+")),
            "{name}: {source:?}"
        );
    }
}

#[test]
fn licences_are_joined_by_and_and_or() {
    let licences = ["MIT".to_owned(), "ISC".to_owned()];
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND ISC", true),
    ] {
        assert_eq!(is_met(expression, &licences), met, "{expression}");
    }
}

#[test]
fn every_direct_dependency_earns_its_place_in_the_architecture() {
    let text = include_str!("../ARCHITECTURE.md");
    let (_, table) = text.split_once("## Dependencies").unwrap();
    let manifest = include_str!("../Cargo.toml");
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if matches!(section, "[dependencies]" | "[dev-dependencies]")
            && let Some((name, _)) = line.split_once(" =")
        {
            let word = |found: &str| {
                found.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|w| w == name)
            };
            assert!(word(table), "{name} has no line in ARCHITECTURE.md");
        }
    }
}
