//! `sweep verify` says what has changed since a trial ran, and its commands lead back.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::sandbox::{Ran, Sandbox};

const CONFIG: &str = "\
sweep_name: twice
command: 'sh code/train.sh ${lr}'
method: random
run_cap: 2
seed: 3
parameters: {lr: {min: 0.0, max: 1.0}}
";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap();
    Ran::from(output).expect(0).stdout
}

/// A repository with a sweep whose two trials ran with uncommitted changes.
fn repository(sandbox: &Sandbox) -> String {
    sandbox.file(".gitignore", "*\n!.gitignore\n!code\n!code/*\n!sweep.yaml\n");
    sandbox.file("code/train.sh", "echo first $1\n");
    sandbox.file("sweep.yaml", CONFIG);
    git(sandbox.path(), &["init", "-q", "-b", "trunk"]);
    git(sandbox.path(), &["add", "."]);
    git(sandbox.path(), &["commit", "-q", "-m", "first"]);
    sandbox.file("code/train.sh", "echo changed $1\n");
    let id = sandbox.init(CONFIG);
    sandbox.run(&["run"]).expect(0);
    id
}

fn verify(sandbox: &Sandbox, code: i32) -> Json {
    let answer = sandbox.run(&["verify", "1", "--format", "json"]).expect(code).json();
    assert_shape("verify", &answer);
    answer
}

/// `same`, `changed` or `unknown`, of one thing.
fn state<'a>(answer: &'a Json, check: &str) -> &'a str {
    let all = answer["checks"].as_array().unwrap();
    let found = all.iter().find(|found| found["check"] == check);
    found.unwrap_or_else(|| panic!("nothing of {check} in {answer:#}"))["state"].as_str().unwrap()
}

const COUNTED: [&str; 6] = ["commit", "changes", "config", "fingerprint", "point", "files"];

#[test]
fn nothing_has_changed_right_after_a_trial() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let answer = verify(&sandbox, 0);
    for check in COUNTED.into_iter().chain(["host", "version"]) {
        assert_eq!(state(&answer, check), "same", "{answer:#}");
    }
    assert_eq!((&answer["same"], &answer["back"]), (&Json::from(true), &Json::Array(Vec::new())));
    let text = sandbox.run(&["verify", "trial-0001"]).expect(0).stdout;
    assert!(text.contains("Nothing has changed since trial 1 ran"), "{text}");
}

#[test]
fn what_has_changed_is_told_and_the_commands_lead_back() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    git(sandbox.path(), &["commit", "-q", "-a", "-m", "second"]);
    sandbox.file("code/train.sh", "echo yet another $1\n");
    sandbox.file("sweep.yaml", &CONFIG.replace("max: 1.0", "max: 2.0"));
    let answer = verify(&sandbox, 1);
    for check in COUNTED {
        let expected = if ["point", "files"].contains(&check) { "same" } else { "changed" };
        assert_eq!(state(&answer, check), expected, "{check} in {answer:#}");
    }
    let text = sandbox.run(&["verify", "1"]).expect(1).stdout;
    assert!(text.contains("(1 commit later)") && text.contains("sweep.yaml has changed"), "{text}");

    // The commands as they were printed, in a shell that finds the program.
    let commands = text
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| ["git ", "sweep ", "cd "].iter().any(|first| line.starts_with(first)));
    let mut script = commands.collect::<Vec<_>>().join("\n");
    assert_eq!(script.lines().count(), 3, "{text}");
    script.push_str("\npwd\ncat code/train.sh\nsweep verify \"$RUN\" --format json\n");
    let program = Path::new(env!("CARGO_BIN_EXE_sweep")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    // The work tree is made beside the sandbox's own folder, and is called like it.
    let uri = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    let run = answer["run_id"].as_str().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-ec", &script]).current_dir(sandbox.path()).env("PATH", path).env("RUN", run);
    let ran = Ran::from(shell.env("MLFLOW_TRACKING_URI", uri).output().unwrap()).expect(0);
    // What git itself says comes first.
    let (_, rest) = ran.stdout.split_once("\n/").unwrap();
    let (tree, rest) = rest.split_once('\n').unwrap();
    let tree = format!("/{tree}");
    assert!(rest.starts_with("echo changed $1\n"), "{rest}");
    let there: Json = serde_json::from_str(rest.split_once('\n').unwrap().1).unwrap();
    assert_eq!(there["same"], true, "{there:#}");
    std::fs::remove_dir_all(tree).unwrap();
}

#[test]
fn a_file_that_git_does_not_know_is_said_to_be_unknown() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", "echo $1\n");
    sandbox.init(&CONFIG.replace("code/", ""));
    sandbox.run(&["run"]).expect(0);
    let answer = verify(&sandbox, 0);
    for check in ["commit", "changes", "files"] {
        assert_eq!(state(&answer, check), "unknown", "{answer:#}");
    }
    let text = sandbox.run(&["verify", "1"]).expect(0).stdout;
    assert!(text.contains("not tracked by git, so changes cannot be seen: train.sh"), "{text}");
    assert!(text.contains("Nothing that can be checked has changed"), "{text}");
    let none = sandbox.run(&["verify", "1", "--diff"]).expect(1);
    assert!(none.stdout.is_empty() && none.stderr.contains("kept no changes"), "{}", none.stderr);
}

#[test]
fn what_people_see_fits_their_terminal() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    git(sandbox.path(), &["commit", "-q", "-a", "-m", "second"]);
    let mut narrow = sandbox.command(&["verify", "1"]);
    let text = Ran::from(narrow.env("COLUMNS", "80").output().unwrap()).expect(1).stdout;
    let found = text.split("Something has changed").next().unwrap();
    assert!(found.lines().all(|line| line.chars().count() <= 80), "{found}");
    let filters = [
        ("[0-9a-f]{40}", "<commit>"),
        ("[0-9a-f]{32}", "<id>"),
        (r"\b[0-9a-f]{12}\b", "<hash>"),
        (r"\.\./[^ ]*-trial", "../<folder>-trial"),
        ("host( +)[^\n]*", "host$1<host>"),
    ];
    insta::with_settings!({ filters => filters.to_vec() }, { insta::assert_snapshot!("verified", text) });
}
