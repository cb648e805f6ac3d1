//! What README.md and the pages in docs/ show is true: their sweep files pass the check, their verbs and links exist.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
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
    assert!(!files.is_empty());
    for file in files {
        let checked = sweep::config::check(file.as_bytes());
        assert!(checked.errors.is_empty() && checked.config.is_some(), "{:?} in\n{file}", checked.errors);
        assert!(checked.warnings.is_empty(), "{:?} in\n{file}", checked.warnings);
    }
}

/// The pages for users, by path.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let pages = pages.chain([root.join("README.md"), root.join("python/README.md")]);
    pages.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_whole_sweep_file_of_the_pages_passes_the_check() {
    let mut files = 0;
    for (path, page) in pages() {
        let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        for file in blocks.filter(|block| block.contains("command:") || block.contains("program:")) {
            let checked = sweep::config::check(file.as_bytes());
            assert!(checked.errors.is_empty(), "{}: {:?} in\n{file}", path.display(), checked.errors);
            assert!(checked.warnings.is_empty(), "{}: {:?} in\n{file}", path.display(), checked.warnings);
            files += 1;
        }
    }
    assert!(files >= 8, "{files}");
}

/// The address that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_of_the_pages_leads_to_a_file_and_a_heading() {
    let mut links = 0;
    for (path, page) in pages() {
        for link in page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to {link}", path.display());
            if !heading.is_empty() {
                let text = std::fs::read_to_string(target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
                assert!(found, "{} links to {link}", path.display());
            }
            links += 1;
        }
    }
    assert!(links >= 30, "{links}");
}

#[test]
fn every_verb_of_the_pages_is_a_verb_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_sweep")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known: BTreeSet<&str> = help
        .lines()
        .take_while(|line| !line.starts_with("Options:"))
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty())
        .collect();
    assert!(known.contains("init") && known.contains("finalize"), "{help}");
    for (path, page) in pages() {
        let commands = page.split("```console\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        let commands = commands.flat_map(str::lines).map(str::to_owned);
        // In text, what stands in one line between backquotes.
        let in_text = page.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned);
        for text in commands.chain(in_text) {
            let words = text.trim_start_matches("$ ").to_owned();
            if let Some(rest) = words.strip_prefix("sweep ") {
                let verb = rest.split(' ').next().unwrap();
                let fine =
                    known.contains(verb) || verb.starts_with('-') || matches!(verb, "agent" | "…" | "ARGS");
                assert!(fine, "`{words}` in {}", path.display());
            }
        }
    }
}

/// The program of Python 3 under the name that the README uses, in a folder of its own.
fn python(folder: &Path) {
    let path = folder.join("python");
    std::fs::write(&path, "#!/bin/sh\nexec python3 \"$@\"\n").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn the_first_sweep_of_the_readme_runs_as_it_is_typed_and_ends_with_a_report() {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path());
    std::fs::write(folder.path().join("train.py"), &blocks("python")[0]).unwrap();
    std::fs::write(folder.path().join("sweep.yaml"), &blocks("yaml")[0]).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_sweep")).parent().unwrap();
    let path = format!("{}:{}:{}", folder.path().display(), bin.display(), std::env::var("PATH").unwrap());
    let commands =
        blocks("console").into_iter().find(|block| block.contains("$ sweep start sweep.yaml")).unwrap();
    for line in commands.lines().map(|line| line.trim_start_matches("$ ")) {
        // A test opens no browser.
        let line = line.replace("--open", "--output report.html");
        let ran = Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("HOME", folder.path())
            .env_remove("MLFLOW_TRACKING_URI")
            .output()
            .unwrap();
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        let printed = String::from_utf8(ran.stdout).unwrap();
        assert!(printed.contains("Best loss: 0.01"), "{line}: {printed}");
    }
    let report = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("Parallel coordinates: loss"));
}

#[test]
fn the_readme_is_short_enough_to_be_read() {
    assert!(README.lines().count() <= 150);
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
