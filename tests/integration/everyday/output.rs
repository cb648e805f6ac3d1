//! `sweep logs` and `sweep status -w`, while a trial runs.

use crate::support::agent::{AgentProcess, until};
use crate::support::sandbox::{Sandbox, finish};

/// Prints, waits for a file, and prints again.
const WAITS: &str = "command: 'echo one; until [ -e go ]; do sleep 0.02; done; echo two; echo three >&2'\n\
                     method: grid\nparameters: {x: {values: [1, 2]}}\n";

#[test]
fn output_can_be_read_and_followed_while_a_trial_runs() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITS);
    let agent = AgentProcess::start(&sandbox, &["run", "--quiet"], &[]);
    until("the first line", || (sandbox.run(&["logs", "0"]).stdout == "one\n").then_some(()));
    let ran = sandbox.run(&["logs", "0"]).expect(0);
    assert!(ran.stderr.contains("trial 0 is still running: `sweep logs -f`"), "{}", ran.stderr);
    let shown = sandbox.run(&["show", "0", "--format", "json"]).expect(0).json();
    let file = shown["log"].as_str().unwrap().to_owned();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n");
    let follower = sandbox.spawn(&["logs", &format!("{id}:0"), "-f"]);
    let watcher = sandbox.spawn(&["status", "-w"]);
    sandbox.file("go", "");
    assert_eq!(finish(follower).expect(0).stdout, "one\ntwo\nthree\n");
    let lines = finish(watcher).expect(0).stdout;
    assert!(lines.lines().last().unwrap().contains("complete · 2 of 2 trials done"), "{lines}");
    agent.finish().expect(0);
    let ran = sandbox.run(&["logs", "0"]).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("one\ntwo\nthree\n", ""));
    assert!(!std::path::Path::new(&file).exists(), "the file stays though the artifact is there");
}

#[test]
fn of_a_trial_on_another_machine_one_is_told_where_it_runs() {
    let sandbox = Sandbox::new();
    crate::support::big_sweep::build(&sandbox, 5);
    let ran = sandbox.run(&["logs", "4"]).expect(1);
    assert!(ran.stderr.contains("trial 4 runs on node00"), "{}", ran.stderr);
    let ran = sandbox.run(&["logs", "0"]).expect(0);
    assert!(ran.stderr.contains("trial 0 printed nothing"), "{}", ran.stderr);
}

#[test]
fn what_an_agent_that_was_killed_left_behind_can_still_be_read() {
    let sandbox = Sandbox::new();
    sandbox.init(WAITS);
    let agent = AgentProcess::start(&sandbox, &["run", "--quiet"], &[]);
    until("the first line", || (sandbox.run(&["logs", "0"]).stdout == "one\n").then_some(()));
    agent.kill();
    assert_eq!(sandbox.run(&["logs", "0"]).expect(0).stdout, "one\n");
}
