//! `sweep server` as the store of many agents: restarted and copied while they work.

use std::path::Path;

use nix::sys::signal::Signal;

use crate::support::agent::{AgentProcess, PATIENCE, until};
use crate::support::outcome::{Outcome, embedded, server};
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const TRIALS: u64 = 60;

/// A sweep whose trials log a value each, by the program itself.
fn config() -> String {
    let values: Vec<String> = (0..TRIALS).map(|value| value.to_string()).collect();
    format!(
        "command: '\"$SWEEP_BIN\" log metric loss=${{x}}; sleep 0.1'\nmethod: grid\nrun_cap: {TRIALS}\n\
         metric: {{name: loss, goal: minimize}}\nparameters: {{x: {{values: [{}]}}}}\n",
        values.join(", ")
    )
}

/// Waits until so many trials have their result.
fn results(url: &str, sweep: &str, number: usize) {
    until("results", || (Outcome::read(&server(url), sweep).results.len() >= number).then_some(()));
}

fn port(server: &SweepServer) -> String {
    server.url().rsplit(':').next().unwrap().to_owned()
}

fn agents(sandbox: &Sandbox, number: usize) -> Vec<AgentProcess> {
    (0..number).map(|_| AgentProcess::start(sandbox, &["run", "--lease", "5s"], &[])).collect()
}

#[test]
fn agents_work_on_while_the_server_is_restarted_and_no_write_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let (url, port) = (server.url().to_owned(), port(&server));
    let sandbox = Sandbox::tracking(&url);
    let sweep = sandbox.init(&config());
    let agents = agents(&sandbox, 4);
    results(&url, &sweep, 5);
    assert_eq!(server.end(Signal::SIGTERM), Some(0));
    let before = Outcome::read(&embedded(folder.path()), &sweep).results;
    let server = SweepServer::start_on(folder.path(), &port);
    results(&url, &sweep, before.len() + 5);
    // And once more, without an orderly end.
    drop(server);
    let server = SweepServer::start_on(folder.path(), &port);
    for agent in agents {
        agent.finish().expect(0);
    }
    assert_eq!(server.end(Signal::SIGTERM), Some(0));
    let outcome = Outcome::read(&embedded(folder.path()), &sweep);
    outcome.each_trial_counts_once(TRIALS);
    outcome.every_run_is_over();
    assert_eq!(outcome.runs.len() as u64, TRIALS, "a trial was run twice");
    for (trial, result) in &before {
        assert_eq!(outcome.results.get(trial), Some(result));
    }
    for run in &outcome.runs {
        assert!(run.metric("loss").is_some(), "{} has lost its value", run.info.name);
    }
}

/// By a tool for folders.
fn copy_artifacts(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-r").arg(from.join("mlartifacts")).arg(to).status();
    assert!(copied.unwrap().success());
}

#[test]
fn a_backup_is_made_while_agents_work_and_can_be_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let sandbox = Sandbox::tracking(server.url());
    let sweep = sandbox.init(&config());
    let agents = agents(&sandbox, 2);
    results(server.url(), &sweep, 5);
    let uri = format!("sqlite:///{}", folder.path().join("mlflow.db").display());
    let backup = ["server", "backup", "copy/mlflow.db", "--backend-store-uri", &uri];
    std::fs::create_dir(sandbox.path().join("copy")).unwrap();
    let made = sandbox.run(&backup).expect(0);
    assert!(made.stdout.ends_with("copy/mlflow.db\n"), "{}", made.stdout);
    assert!(made.stderr.contains("mlartifacts"), "{}", made.stderr);
    copy_artifacts(folder.path(), &sandbox.path().join("copy"));
    let copied = Outcome::read(&embedded(&sandbox.path().join("copy")), &sweep);
    assert!(copied.results.len() >= 5, "{}", copied.results.len());
    let again = sandbox.run(&backup).expect(2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    for agent in agents {
        agent.finish_within(2 * PATIENCE).expect(0);
    }
    // Work continues on the copy where the original is lost: what was done before it counts.
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(sandbox.path().join("copy/mlflow.db"), restored.path().join("mlflow.db")).unwrap();
    copy_artifacts(&sandbox.path().join("copy"), restored.path());
    let server = SweepServer::start_in(restored.path());
    let rest = Sandbox::tracking(server.url());
    let args = ["run", "--sweep-id", &sweep];
    // The agents of the original are lost to the copy: their trials are taken over after the lease.
    rest.run(&args).expect(0);
    let outcome = Outcome::read(&embedded(restored.path()), &sweep);
    outcome.each_trial_counts_once(TRIALS);
    for (trial, result) in &copied.results {
        assert_eq!(outcome.results.get(trial), Some(result));
    }
}

#[test]
fn a_backup_is_of_a_file_that_is_there() {
    let sandbox = Sandbox::new();
    let none = sandbox.run(&["server", "backup", "copy.db"]).expect(2);
    assert!(none.stderr.contains("there is no database sqlite:///mlflow.db"), "{}", none.stderr);
    let of_server = Sandbox::tracking("http://127.0.0.1:9").run(&["server", "backup", "copy.db"]).expect(2);
    assert!(of_server.stderr.contains("a backup is made of its file"), "{}", of_server.stderr);
}
