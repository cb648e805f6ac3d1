//! What is secret stays out of the store, and what the store says is not run.

use std::path::Path;
use std::process::Command;

use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::{Ran, Sandbox};

const SECRET: &str = "hunter2-hunter2";

/// Everything that was written below a folder, as one text.
fn all_that_is_kept(folder: &Path) -> String {
    let mut kept = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => kept.push_str(&all_that_is_kept(&path)),
            false => kept.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap())),
        }
    }
    kept
}

#[test]
fn values_of_the_environment_reach_the_command_and_nothing_that_is_kept() {
    let sandbox = Sandbox::new();
    let config = "\
command: [sh, -c, 'test \"$1\" = \"--token=$(cat secret)\" || exit 9; echo loss=$3', sh, '--token=${envvar:TOKEN}', '${args_json_file}', '${x}']
method: grid
metric: {name: loss, goal: minimize, from_output: 'loss=(.+)'}
parameters: {x: {values: [1, 2]}}
";
    sandbox.file("sweep.yaml", config);
    sandbox.file("secret", SECRET);
    let run = |args: &[&str]| Ran::from(sandbox.command(args).env("TOKEN", SECRET).output().unwrap());
    let started = run(&["start", "sweep.yaml"]).expect(0);
    let told: Vec<Ran> = [
        &["show", "0"][..],
        &["show", "0", "--format", "json"],
        &["best"],
        &["best", "--format", "json"],
        &["diff", "0", "1"],
        &["verify", "0", "--format", "json"],
        &["best", "--as", "command"],
        &["check", "sweep.yaml"],
        &["analyze"],
    ]
    .map(run)
    .into();
    let said: String =
        told.iter().chain([&started]).map(|ran| format!("{}{}", ran.stdout, ran.stderr)).collect();
    assert!(!said.contains(SECRET), "{said}");
    assert!(said.contains("'--token=${envvar:TOKEN}'"), "{said}");
    std::fs::remove_file(sandbox.path().join("secret")).unwrap();
    assert!(!all_that_is_kept(sandbox.path()).contains(SECRET));

    let line = run(&["best", "--as", "command"]).expect(0).stdout;
    assert!(line.contains("--token=\"${TOKEN}\""), "{line}");
    sandbox.file("secret", SECRET);
    let again =
        Command::new("sh").args(["-c", &line]).current_dir(sandbox.path()).env("TOKEN", SECRET).output();
    assert_eq!(String::from_utf8(again.unwrap().stdout).unwrap(), "loss=1\n");
}

const PLAIN: &str = "command: echo ${x}\nmethod: grid\nmetric: {name: loss, goal: minimize, from_output: '(.+)'}\nparameters: {x: {values: [1, 2]}}\n";

/// Writes a tag of every trial, as anyone who may write to the store can.
fn overwrite(sandbox: &Sandbox, key: &str, value: &str) {
    let database = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let changed = database.execute("UPDATE tags SET value = ?1 WHERE key = ?2", [value, key]).unwrap();
    assert!(changed > 0);
}

#[test]
fn the_command_of_a_trial_is_that_of_the_config_whatever_a_tag_says() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    let before = sandbox.run(&["best", "--as", "command"]).expect(0);
    assert!(!before.stderr.contains("sweep.command"), "{}", before.stderr);
    overwrite(&sandbox, "sweep.command", "touch pwned");
    let after = sandbox.run(&["best", "--as", "command"]).expect(0);
    assert_eq!(after.stdout, before.stdout);
    assert!(after.stderr.contains("tag sweep.command says something else"), "{}", after.stderr);
    for args in [
        &["show", "0"][..],
        &["show", "0", "--format", "csv"],
        &["show", "0", "--format", "json"],
        &["best"],
        &["best", "--format", "csv"],
        &["diff", "0", "1"],
        &["verify", "0"],
    ] {
        let ran = sandbox.run(args);
        assert!(!ran.stdout.contains("pwned"), "{args:?}: {}", ran.stdout);
    }
    sandbox.run(&["finalize"]).expect(0);
    let report = sandbox.path().join(format!("mlruns/0/{sweep}/artifacts"));
    assert!(!all_that_is_kept(&report).contains("pwned"));
}

#[test]
fn a_point_that_a_tag_was_given_is_no_shell_text() {
    let sandbox = Sandbox::new();
    sandbox.init(&PLAIN.replace("${x}", "${raw:x}"));
    sandbox.run(&["run"]).expect(0);
    overwrite(&sandbox, "sweep.point", "{\"x\": \"1; touch pwned\"}");
    for args in [&["best", "--as", "command"][..], &["rerun", "0"]] {
        let ran = sandbox.run(args);
        assert!(ran.code != Some(0) && !ran.stdout.contains("pwned"), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("does not belong to its sweep"), "{}", ran.stderr);
    }
    assert!(!sandbox.path().join("pwned").exists());
}

#[test]
fn a_config_that_was_exchanged_gives_no_command_where_the_sweep_was_made() {
    use sha2::{Digest as _, Sha256};
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(PLAIN);
    sandbox.run(&["run"]).expect(0);
    let other = PLAIN.replace("echo", "touch");
    std::fs::write(sandbox.path().join(format!("mlruns/0/{sweep}/artifacts/sweep_config.yaml")), &other)
        .unwrap();
    let hash: String = Sha256::digest(&other).iter().map(|byte| format!("{byte:02x}")).collect();
    overwrite(&sandbox, "sweep.config_sha256", &hash);
    let ran = sandbox.run(&["best", "--as", "command"]).expect(2);
    assert_eq!(ran.stdout, "");
}

#[test]
fn changes_of_files_that_hold_secrets_are_not_kept_and_none_are_where_the_config_says_so() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").args(identity).args(arguments).current_dir(sandbox.path()).status();
        assert!(status.unwrap().success(), "{arguments:?}");
    };
    for name in ["train.py", ".env", "api_key"] {
        sandbox.file(name, "old\n");
    }
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    sandbox.file("train.py", "new\n");
    for name in [".env", "api_key"] {
        sandbox.file(name, SECRET);
    }
    let patch = |config: &str| {
        let sweep = sandbox.init(config);
        sandbox.run(&["run"]).expect(0);
        let run = Outcome::read(&embedded(sandbox.path()), &sweep).runs.remove(0);
        assert_eq!(run.tag("sweep.git.dirty"), Some("true"));
        assert_eq!(run.tag("sweep.git.left_out"), Some(".env, api_key"));
        std::fs::read_to_string(Path::new(&run.info.artifact_uri).join("git.diff")).ok()
    };
    let kept = patch(PLAIN).unwrap();
    assert!(kept.contains("-old\n+new\n") && !kept.contains(SECRET), "{kept}");
    let shown = sandbox.run(&["show", "0"]).expect(0).stdout;
    assert!(shown.contains(".env, api_key"), "{shown}");
    assert_eq!(patch(&format!("{PLAIN}git_diff: false\n")), None);
    let verified = sandbox.run(&["verify", "0", "--format", "json"]).json();
    assert_eq!(verified["checks"][1]["state"], "same", "{verified}");
}
