//! What a trial leaves behind, so that it can be had again: commit, changes, command, seed, fingerprint.

use std::process::Command;

use sweep::testing::Run;

use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

const CONFIG: &str = "\
command: 'true ${lr} ${trial_seed}'
method: grid
parameters: {lr: {values: [0.1, 0.2]}}
seed: 1
";

fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let output =
        Command::new("git").args(identity).args(arguments).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The runs of a new sweep, in the order of their trials.
fn runs(sandbox: &Sandbox, config: &str) -> Vec<Run> {
    let sweep = sandbox.init(config);
    sandbox.run(&["run"]).expect(0);
    Outcome::read(&embedded(sandbox.path()), &sweep).runs
}

fn prints(runs: &[Run]) -> Vec<&str> {
    runs.iter().map(|run| run.tag("sweep.fingerprint").unwrap()).collect()
}

#[test]
fn a_trial_keeps_commit_branch_changes_command_and_seed() {
    let sandbox = Sandbox::new();
    sandbox.file("train.py", "rate = 1\n");
    git(&sandbox, &["init", "-q", "-b", "trunk"]);
    git(&sandbox, &["add", "train.py"]);
    git(&sandbox, &["commit", "-q", "-m", "first"]);
    let commit = git(&sandbox, &["rev-parse", "HEAD"]);

    let clean = runs(&sandbox, CONFIG);
    assert_eq!(clean.len(), 2);
    for run in &clean {
        assert_eq!(run.tag("mlflow.source.git.commit"), Some(commit.trim()));
        assert_eq!(run.tag("mlflow.source.git.branch"), Some("trunk"));
        assert_eq!(run.tag("sweep.git.dirty"), Some("false"));
        let seed = run.tag("sweep.trial_seed").unwrap();
        let lr = run.param("lr").unwrap();
        assert_eq!(run.tag("sweep.command"), Some(format!("true {lr} {seed}").as_str()));
        assert!(!std::path::Path::new(&run.info.artifact_uri).join("git.diff").exists());
    }

    sandbox.file("train.py", "rate = 2\n");
    let dirty = runs(&sandbox, CONFIG);
    for run in &dirty {
        assert_eq!(run.tag("sweep.git.dirty"), Some("true"));
        let patch = std::fs::read_to_string(std::path::Path::new(&run.info.artifact_uri).join("git.diff"));
        assert!(patch.unwrap().contains("-rate = 1\n+rate = 2\n"));
    }
    assert_ne!(prints(&clean), prints(&dirty), "other code is another experiment");
}

#[test]
fn equal_fingerprints_are_the_same_config_point_and_code() {
    let sandbox = Sandbox::new();
    let one = runs(&sandbox, CONFIG);
    let again = runs(&sandbox, &format!("# the same in other words\n{}", CONFIG.replace('\'', "\"")));
    assert_eq!(prints(&one), prints(&again));
    assert_ne!(prints(&one)[0], prints(&one)[1], "two points");
    let other = runs(&sandbox, &CONFIG.replace("0.2", "0.3"));
    assert_ne!(prints(&one), prints(&other));
}
