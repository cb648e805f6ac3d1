//! The files in `examples/configs`: all pass the check, and their first trials stay what they are.

use std::fmt::Write as _;

use super::for_config;
use crate::config::command::{RenderContext, render};
use crate::config::{Config, Method, check, render_findings};
use crate::trial::TrialIndex;

fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/configs");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn config(name: &str, source: &str) -> Config {
    let checked = check(source.as_bytes());
    let screen = render_findings(name, source, &checked, false);
    assert!(checked.warnings.is_empty(), "{screen}");
    checked.config.unwrap_or_else(|| panic!("{screen}"))
}

/// The first trials of a config: points and commands.
fn first_trials(config: &Config, count: u64) -> String {
    let strategy = for_config(config, config.seed.unwrap_or(1)).unwrap();
    let declared = config.parameter_names();
    let environment = |name: &str| (name == "DATA_DIR").then(|| "/data/my sets".to_owned());
    let context = RenderContext {
        program: config.program.as_deref(),
        environment: &environment,
        extra: &[],
        params_file: None,
        declared: &declared,
    };
    let mut out = format!("{:?} points\n", strategy.size());
    for k in 0..count {
        let point = strategy.point(TrialIndex(k)).unwrap().unwrap();
        let rendered = render(&config.command, &point, &context).unwrap();
        let _ = writeln!(out, "{k} {}\n  {}", point.json_text(), rendered.display);
    }
    out
}

#[test]
fn every_example_passes_the_check_without_a_warning() {
    let files = files();
    assert_eq!(files.len(), 8);
    for (name, source) in &files {
        config(name, source);
    }
}

#[test]
fn the_first_trials_of_every_example_stay_what_they_are() {
    for (name, source) in files() {
        let config = config(&name, &source);
        if matches!(config.method, Method::Grid | Method::Random) {
            insta::assert_snapshot!(name, first_trials(&config, 4));
        }
    }
}
