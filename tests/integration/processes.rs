//! What trials start and leave behind, and commands that can't be started.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;
use sweep::testing::{Metric, Store as _};

use crate::support::agent::{
    AgentProcess, file_in, no_process_is_left, processes_of, processes_with, send, until,
};
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

/// Leaves the group with a session of its own, twice forked, and continues only once that has happened.
const STRAY: &str = "(setsid sh -c 'echo $$ > stray-'$SWEEP_TRIAL-$SWEEP_ATTEMPT'; exec sleep 1000' > /dev/null 2>&1 &)\n\
                     until [ -s stray-$SWEEP_TRIAL-$SWEEP_ATTEMPT ]; do sleep 0.01; done\n";

/// A sweep whose trials run `train.sh`.
struct Story {
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn new(trials: u64, script: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.file("train.sh", script);
        let x: Vec<u64> = (0..trials).collect();
        let id = sandbox.init(&format!(
            "command: [sh, train.sh, '${{x}}']\nmethod: grid\nparameters:\n  x: {{values: {x:?}}}\n"
        ));
        Self { sandbox, id }
    }

    fn agent(&self, args: &[&str]) -> AgentProcess {
        AgentProcess::start(&self.sandbox, &[&["run"], args].concat(), &[])
    }

    fn outcome(&self) -> Outcome {
        outcome_of(&self.sandbox, &self.id)
    }
}

fn outcome_of(sandbox: &Sandbox, id: &str) -> Outcome {
    Outcome::read(&embedded(sandbox.path()), id)
}

#[test]
fn what_left_its_group_ends_with_its_trial_and_that_is_reported_once() {
    let story = Story::new(3, STRAY);
    let ran = story.agent(&[]).finish().expect(0);
    no_process_is_left(&story.id);
    assert_eq!(ran.stderr.matches("env -u SWEEP_OWNER").count(), 1, "{}", ran.stderr);
    story.outcome().each_trial_counts_once(3);
}

#[test]
fn what_left_its_group_ends_when_the_agent_is_killed() {
    let story = Story::new(1, &format!("{STRAY}echo $$ > started\nsleep 1000\n"));
    let agent = story.agent(&[]);
    file_in(story.sandbox.path(), "started");
    agent.kill();
    no_process_is_left(&story.id);
}

#[test]
fn a_guard_that_was_killed_is_replaced() {
    let story = Story::new(1, &format!("{STRAY}echo $$ > started\nsleep 1000\n"));
    let agent = story.agent(&[]);
    file_in(story.sandbox.path(), "started");
    let first = agent.guard();
    send(first, Signal::SIGKILL);
    until("another guard", || (agent.guard() != first).then_some(()));
    agent.kill();
    no_process_is_left(&story.id);
}

#[test]
fn what_an_agent_and_its_guard_left_when_both_were_killed_is_ended_by_who_takes_the_trial_over() {
    let script = format!("[ $SWEEP_ATTEMPT = 2 ] && exit 0\n{STRAY}echo $$ > started\nsleep 1000\n");
    let story = Story::new(1, &script);
    let agent = story.agent(&["--lease", "1s"]);
    file_in(story.sandbox.path(), "started");
    // Asleep, it starts no other guard in between.
    agent.signal(Signal::SIGSTOP);
    send(agent.guard(), Signal::SIGKILL);
    agent.kill();
    // A trial of another sweep of the same user is nobody's leftover.
    let other = Story::new(1, "echo $$ > started\nuntil [ -e go ]; do sleep 0.02; done\n");
    let healthy = other.agent(&[]);
    file_in(other.sandbox.path(), "started");
    assert!(!processes_of(&story.id).is_empty(), "nothing was left, so that nothing is tested");

    let ran = story.agent(&["--lease", "1s"]).finish().expect(0);
    assert!(ran.stderr.contains("that its lost agent had left running here"), "{}", ran.stderr);
    no_process_is_left(&story.id);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    other.sandbox.file("go", "now");
    healthy.finish().expect(0);
    assert_eq!(other.outcome().states(0), ["FINISHED*"]);
}

#[test]
fn a_sweep_within_a_trial_ends_with_it_whole() {
    let story = Story::new(1, "\"$SWEEP_BINARY\" start inner.yaml\n");
    story.sandbox.file("inner.sh", &format!("{STRAY}echo $$ > started\nsleep 1000\n"));
    story.sandbox.file(
        "inner.yaml",
        "command: [sh, inner.sh, '${y}']\nmethod: grid\nparameters:\n  y: {values: [1]}\n",
    );
    let here = format!("TEST_OF={}", story.id);
    let environment = [("TEST_OF", story.id.as_str()), ("SWEEP_BINARY", env!("CARGO_BIN_EXE_sweep"))];
    let agent = AgentProcess::start(&story.sandbox, &["run"], &environment);
    file_in(story.sandbox.path(), "started");
    // Agent, guard, inner agent, inner guard, the shells and their sleeps.
    assert!(processes_with(&here).len() >= 6);
    agent.kill();
    until("the end of everything", || processes_with(&here).is_empty().then_some(()));
}

#[test]
fn a_value_that_is_too_long_fails_its_trial_alone_and_the_run_has_the_reason() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(200_000);
    let id = sandbox.init(&format!(
        "command: ['true', '${{x}}']\nmethod: grid\nparameters:\n  x: {{values: [a, {long}, b]}}\n"
    ));
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("128 KiB") && ran.stderr.contains("2 finished"), "{}", ran.stderr);
    let outcome = outcome_of(&sandbox, &id);
    outcome.each_trial_counts_once(3);
    let failed = outcome.runs.iter().find(|run| run.info.status.as_str() == "FAILED").unwrap();
    assert!(failed.tag("sweep.reason").unwrap().contains("Argument list too long"), "{failed:?}");
}

#[test]
fn a_program_that_is_missing_ends_the_agent_and_its_trial_is_free_at_once() {
    let sandbox = Sandbox::new();
    let id = sandbox.init("command: [./train, '${x}']\nmethod: grid\nparameters:\n  x: {values: [1, 2]}\n");
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("There is no file `./train`"), "{}", ran.stderr);
    let script = sandbox.file("train", "#!/bin/sh\r\nexit 0\r\n");
    let executable = |mode| std::fs::set_permissions(&script, std::fs::Permissions::from_mode(mode)).unwrap();
    executable(0o644);
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("chmod +x"), "{}", ran.stderr);
    executable(0o755);
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("ends with CR"), "{}", ran.stderr);
    sandbox.file("train", "#!/bin/sh\nexit 0\n");
    AgentProcess::start(&sandbox, &["run", "--lease", "1h"], &[]).finish().expect(0);
    outcome_of(&sandbox, &id).each_trial_counts_once(2);
}

#[test]
fn the_first_trial_that_finds_no_program_ends_the_agent_and_a_later_one_does_not() {
    let sandbox = Sandbox::new();
    let config = |command: &str| {
        format!("command: {command}\nmethod: grid\nparameters:\n  x: {{values: [0, 1, 2, 3, 4, 5]}}\n")
    };
    let id = sandbox.init(&config("no-such-program --x ${x}"));
    let ran = sandbox.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("Is `no-such-program` installed"), "{}", ran.stderr);
    assert_eq!(outcome_of(&sandbox, &id).runs.len(), 1);

    let id = sandbox.init(&config("test ${x} != 3 || exit 127"));
    sandbox.run(&["run"]).expect(1);
    outcome_of(&sandbox, &id).each_trial_counts_once(6);
}

#[test]
fn a_sweep_that_is_run_in_another_directory_says_so_before_its_first_trial_and_runs_no_second() {
    let made = Story::new(4, "exit 0\n");
    let other = Sandbox::tracking(&format!("sqlite:///{}/mlflow.db", made.sandbox.path().display()));
    let ran = other.run(&["run", &made.id]).expect(1);
    let said = ran.stderr.find("this sweep was made in").unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(said < ran.stderr.find("trial ").unwrap(), "{}", ran.stderr);
    assert!(ran.stderr.contains("`train.sh` is missing"), "{}", ran.stderr);
    assert_eq!(made.outcome().runs.len(), 1);
    let ran = made.sandbox.run(&["run"]).expect(0);
    assert!(!ran.stderr.contains("made in"), "{}", ran.stderr);
}

#[test]
fn workdir_is_where_the_command_runs_wherever_the_agent_is_started() {
    let made = Sandbox::new();
    made.file("training/train.sh", "pwd -P > \"$1\"\n");
    let out = made.path().join("where").display().to_string();
    let id = made.init(&format!(
        "command: [sh, train.sh, '{out}']\nworkdir: training\nmethod: grid\nparameters:\n  x: {{values: [1]}}\n"
    ));
    let other = Sandbox::tracking(&format!("sqlite:///{}/mlflow.db", made.path().display()));
    other.run(&["run", &id]).expect(0);
    let training = made.path().join("training").canonicalize().unwrap();
    assert_eq!(file_in(made.path(), "where").trim(), training.display().to_string());

    // The winner's command finds its files, too.
    std::fs::remove_file(made.path().join("where")).unwrap();
    let value = Metric { key: "loss".into(), value: 1.0, timestamp: 1, step: 0 };
    let run = &outcome_of(&made, &id).runs[0].info.id;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(embedded(made.path()).log_batch(run, &[value], &[], &[])).unwrap();
    let best = ["best", "--as", "command", "--metric", "loss", "--goal", "minimize"];
    let line = made.run(&best).expect(0).stdout;
    let status = std::process::Command::new("sh").args(["-c", &line]).current_dir("/").status().unwrap();
    assert!(status.success(), "{line}");
    assert_eq!(file_in(made.path(), "where").trim(), training.display().to_string());

    std::fs::remove_dir_all(&training).unwrap();
    let ran = made.run(&["run"]).expect(2);
    assert!(ran.stderr.contains("does not exist on this machine"), "{}", ran.stderr);
}

#[test]
fn an_agent_that_runs_out_of_files_gives_its_trials_back_at_once() {
    let story = Story::new(6, "exit 0\n");
    let mut told = 0;
    // How many it needs depends on the system; with some of these it gets as far as its trials.
    for files in [16, 20, 24, 28] {
        let limited = format!("ulimit -n {files}; exec \"$@\"");
        let run = ["run", "--jobs", "4", "--lease", "1h"];
        let command = story.sandbox.wrapped(&["sh", "-c", &limited, "sh"], &run);
        let ran = AgentProcess::of(&story.sandbox, command).finish();
        told += usize::from(ran.code == Some(1) && ran.stderr.contains("ulimit -n"));
    }
    assert!(told > 0);
    // No lease has to run out.
    story.agent(&["--lease", "1h"]).finish().expect(0);
    story.outcome().each_trial_counts_once(6);
}

#[test]
fn a_git_that_does_not_answer_is_waited_for_once_and_for_a_short_time() {
    let story = Story::new(3, "exit 0\n");
    let git = story.sandbox.file("bin/git", "#!/bin/sh\nsleep 1000 &\nwait\n");
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    let bin = story.sandbox.path().join("bin").display().to_string();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let ran = AgentProcess::start(&story.sandbox, &["run"], &[("PATH", &path)]).finish().expect(0);
    assert_eq!(ran.stderr.matches("git: it does not answer within 3 s").count(), 1, "{}", ran.stderr);
    assert!(story.outcome().runs.iter().all(|run| run.tag("mlflow.source.git.commit").is_none()));
    until("the end of git", || processes_with(&format!("PATH={path}")).is_empty().then_some(()));
}
