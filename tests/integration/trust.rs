//! An agent runs a command that it read from a store: only the one that its person meant.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::support::page_server::PageServer;
use crate::support::sandbox::Sandbox;

const CONFIG: &str =
    "command: echo mine ${x}\nmethod: grid\nexperiment_name: trust\nparameters:\n  x: {values: [1, 2]}\n";

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts another command into a sweep, as somebody could who may write to the store: config and checksum alike.
fn tamper(sandbox: &Sandbox, sweep: &str) -> String {
    let other = CONFIG.replace("mine", "theirs");
    let artifact = sandbox.path().join(format!("mlruns/1/{sweep}/artifacts/sweep_config.yaml"));
    assert_eq!(std::fs::read_to_string(&artifact).unwrap(), CONFIG);
    std::fs::write(artifact, &other).unwrap();
    let database = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let changed = database
        .execute(
            "UPDATE tags SET value = ?1 WHERE key = 'sweep.config_sha256' AND run_uuid = ?2",
            [&sha256(&other), sweep],
        )
        .unwrap();
    assert_eq!(changed, 1);
    other
}

#[test]
fn a_sweep_whose_command_was_changed_behind_our_back_is_refused_where_it_was_made() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(CONFIG);
    tamper(&sandbox, &id);
    let ran = sandbox.run(&["run", &id]).expect(2);
    assert!(ran.stderr.contains("is not the one that it was made with in this directory"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("theirs"), "{}", ran.stdout);
}

#[test]
fn a_pinned_config_must_be_that_of_the_sweep() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(CONFIG);
    let other = sandbox.file("other.yaml", &CONFIG.replace("mine", "ours"));
    let ran = sandbox.run(&["run", &id, "--config", &other.display().to_string()]).expect(2);
    assert!(ran.stderr.contains("other.yaml") && ran.stderr.contains(&sha256(CONFIG)), "{}", ran.stderr);
    sandbox.run(&["run", &id, "--expect-sha256", &sha256("else")]).expect(2);
    sandbox.run(&["run", &id, "--count", "1", "--expect-sha256", &sha256(CONFIG)]).expect(0);
    sandbox.run(&["run", &id, "--config", "sweep.yaml"]).expect(0);
}

#[test]
fn a_config_that_does_not_match_its_own_checksum_is_refused_everywhere() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(CONFIG);
    let artifact = sandbox.path().join(format!("mlruns/1/{id}/artifacts/sweep_config.yaml"));
    std::fs::write(artifact, CONFIG.replace("mine", "theirs")).unwrap();
    let ran = sandbox.run(&["run", &id, "--expect-sha256", &sha256(CONFIG)]).expect(2);
    assert!(ran.stderr.contains("is not the one it was made with"), "{}", ran.stderr);
}

#[test]
fn each_trial_has_a_gpu_of_its_own() {
    let sandbox = Sandbox::new();
    // Each trial holds its GPU by making a folder of its name: a second one there at the same time would fail.
    let id = sandbox.init(
        "command: 'mkdir gpu-$CUDA_VISIBLE_DEVICES && echo on $CUDA_VISIBLE_DEVICES && sleep 0.05 && rmdir gpu-$CUDA_VISIBLE_DEVICES && : ${x}'\n\
         method: grid\nrun_cap: 12\nparameters:\n  x: {min: 1, max: 12}\n",
    );
    let ran = sandbox.run(&["run", "--gpus", "3,5", "--output", "all"]).expect(0);
    assert!(ran.stderr.contains("12 trials, 2 in parallel"), "{}", ran.stderr);
    assert!(ran.stdout.contains("on 3\n") && ran.stdout.contains("on 5\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("File exists"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("] on ").count(), 12, "{}", ran.stdout);
    // The run says which one it was, and the page shows it.
    let shown = PageServer::start(&sandbox).json(&format!("/api/sweeps/{id}"));
    let gpus =
        shown["trials"]["agents"].as_array().unwrap().iter().map(|agent| agent["gpu"].as_str().unwrap());
    assert_eq!(gpus.collect::<BTreeSet<_>>(), BTreeSet::from(["3", "5"]));
    let ran = sandbox.run(&["run", "--gpus", "0", "--jobs", "2"]).expect(2);
    assert!(ran.stderr.contains("--jobs 2 needs as many GPUs"), "{}", ran.stderr);
}
