//! What README.md shows is true: its sweep files pass the check, its verbs exist.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

const README: &str = include_str!("../README.md");

/// The code blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    README.split(&opening).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_sweep_file_of_the_readme_passes_the_check() {
    let files = blocks("yaml");
    assert!(files.len() >= 2);
    for file in files {
        let checked = sweep::config::check(file.as_bytes());
        assert!(checked.errors.is_empty() && checked.config.is_some(), "{:?} in\n{file}", checked.errors);
        assert!(checked.warnings.is_empty(), "{:?} in\n{file}", checked.warnings);
    }
}

#[test]
fn every_whole_sweep_file_of_the_page_on_early_stopping_passes_the_check() {
    let page = include_str!("../docs/early-stopping.md");
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let files: Vec<&str> = blocks.filter(|block| block.contains("command:")).collect();
    assert!(!files.is_empty());
    for file in files {
        let checked = sweep::config::check(file.as_bytes());
        assert!(checked.errors.is_empty() && checked.warnings.is_empty(), "{checked:?} in\n{file}");
    }
}

#[test]
fn every_verb_of_the_readme_is_a_verb_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_sweep")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known: BTreeSet<&str> = help
        .lines()
        .take_while(|line| !line.starts_with("Options:"))
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty())
        .collect();
    assert!(known.contains("init") && known.contains("finalize"), "{help}");
    let commands = blocks("console").join("\n");
    let in_text = README.split('`').skip(1).step_by(2).map(str::to_owned);
    for text in commands.lines().map(str::to_owned).chain(in_text) {
        let words = text.trim_start_matches("$ ").to_owned();
        if let Some(rest) = words.strip_prefix("sweep ") {
            let verb = rest.split(' ').next().unwrap();
            assert!(known.contains(verb) || verb.starts_with('-'), "`{words}`");
        }
    }
}

#[test]
fn the_quick_start_stands_as_it_was_promised() {
    for line in [
        "cargo run --release -- start sweep_config.example.yaml      # init + run + finalize on the embedded store: no server, no Python",
        "cargo test                                                  # every test, with a real MLflow server",
        "sweep init sweep_config.yaml                                # prints the config, then: Sweep initialized with ID: <parent run id>",
        "sweep run --sweep-id=<id>                                   # in two or more terminals at once",
        "sweep finalize --sweep-id=<id>",
    ] {
        assert!(README.contains(line), "{line}");
    }
}

#[test]
fn every_key_of_the_example_file_passes_the_check_when_it_is_uncommented() {
    let example = include_str!("../sweep_config.example.yaml");
    assert!(sweep::config::check(example.as_bytes()).errors.is_empty());
    let uncommented: String = example
        .lines()
        .map(|line| {
            let inner = line.trim_start();
            let indent = &line[..line.len() - inner.len()];
            let key = inner.strip_prefix("# ").filter(|rest| {
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || "_ OMPNUTHREADS".contains(*c))
                    .collect();
                rest[name.len()..].starts_with(':') && !name.trim().contains(' ') && !name.is_empty()
            });
            key.map_or_else(|| line.to_owned(), |key| format!("{indent}{key}")) + "\n"
        })
        .collect();
    let checked = sweep::config::check(uncommented.as_bytes());
    assert!(checked.errors.is_empty(), "{:?} in\n{uncommented}", checked.errors);
    assert!(uncommented.contains("\ntrial_timeout:") && uncommented.contains("\n  depth:"), "{uncommented}");
}
