//! Holds the storeys of the house: a module names only modules on a storey below its own.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// The storey of each module, as `src/lib.rs` and ARCHITECTURE.md tell it.
const STOREYS: [(&str, u8); 17] = [
    ("cli", 7),
    ("commands", 6),
    ("ui", 5),
    ("report", 5),
    ("agent", 4),
    ("gateway", 4),
    ("plain", 4),
    ("record", 3),
    ("strategy", 2),
    ("stopping", 2),
    ("analysis", 2),
    ("tracking", 2),
    ("process", 2),
    ("config", 1),
    ("trial", 1),
    ("space", 0),
    ("metric", 0),
];

fn storey(module: &str) -> Option<u8> {
    STOREYS.iter().find(|(name, _)| *name == module).map(|(_, storey)| *storey)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top-level modules that a source text names by `crate::…`, comments left out.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>())
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .filter(|name| !name.is_empty())
        .collect()
}

fn faults(module: &str, text: &str) -> Vec<String> {
    let own = storey(module)
        .unwrap_or_else(|| panic!("`{module}` has no storey: give it one here and in ARCHITECTURE.md"));
    named(text)
        .into_iter()
        .filter(|name| name != module)
        .filter(|name| storey(name).is_none_or(|other| other >= own))
        .collect()
}

#[test]
fn no_module_names_one_on_its_own_storey_or_above() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    assert!(files.len() > 20, "the source is not where it was looked for");
    let mut arrows = Vec::new();
    for file in files {
        let inner = file.strip_prefix(&source).unwrap();
        let module = inner.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" || module == "main" {
            continue;
        }
        for name in faults(&module, &fs::read_to_string(&file).unwrap()) {
            arrows.push(format!("{} names {name}", inner.display()));
        }
    }
    assert!(arrows.is_empty(), "arrows that lead up or sideways:\n{}", arrows.join("\n"));
}

#[test]
fn an_upward_or_sideways_arrow_would_be_found() {
    assert_eq!(faults("analysis", "use crate::tracking::Run;\nuse crate::trial::Trial;"), ["tracking"]);
    assert_eq!(faults("space", "fn f(x: crate::ui::Ui) {}"), ["ui"]);
    assert!(faults("cli", "// crate::nothing\nuse crate::commands::run;").is_empty());
}

#[test]
fn clap_is_named_on_the_top_storey_alone_and_only_main_exits() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let inside_cli = file.starts_with(source.join("cli"));
        assert!(inside_cli || !text.contains("clap::"), "{} names clap", file.display());
        assert!(!text.contains("process::exit"), "{} ends the process", file.display());
    }
}
