//! Sweeps that are edited while the real program runs them.

use std::collections::BTreeSet;

use crate::support::agent::{AgentProcess, file_in};
use crate::support::outcome::{Outcome, embedded, server};
use crate::support::sandbox::{Sandbox, finish};
use crate::support::sweep_server::SweepServer;

/// Says that it runs, and waits for leave to end.
const WAITS: &str = "echo $* > started-$SWEEP_TRIAL-$SWEEP_ATTEMPT\nuntil [ -e go ]; do sleep 0.02; done\n";

fn points(outcome: &Outcome) -> BTreeSet<String> {
    outcome.runs.iter().map(|run| run.tag("sweep.point").unwrap().to_owned()).collect()
}

fn a_grid_grows_while_its_agent_runs(sandbox: &Sandbox, read: impl Fn(&str) -> Outcome) {
    sandbox.file("train.sh", WAITS);
    let id = sandbox.init(
        "command: [sh, train.sh, '${args}']\nmethod: grid\nrun_cap: 50\nparameters: {x: {values: [1, 2, 3]}}\n",
    );
    let agent = AgentProcess::start(sandbox, &["run"], &[]);
    file_in(sandbox.path(), "started-0-1");
    let edited = sandbox.run(&["edit", "--set", "parameters.x.values=[0, 2, 3, 4]"]).expect(0);
    for text in ["version 2", "x [1, 2, 3] → [0, 2, 3, 4]"] {
        assert!(edited.stderr.contains(text), "{text}: {}", edited.stderr);
    }
    agent.says("The sweep was edited (version 2): x [1, 2, 3] → [0, 2, 3, 4]");
    sandbox.file("go", "now");
    agent.finish().expect(0);
    let outcome = read(&id);
    outcome.each_trial_counts_once(5);
    let all = [0, 1, 2, 3, 4].map(|x| format!("{{\"x\":{x}}}"));
    assert_eq!(points(&outcome), BTreeSet::from(all));
    // Each by the version that it was proposed under.
    for (trial, version) in [("0", "version 1 of 2"), ("4", "version 2 of 2")] {
        sandbox.run(&["sample", "--replay", &id, "--trial", trial]).expect(0);
        let shown = sandbox.run(&["show", trial]).expect(0).stdout;
        assert!(shown.contains(version), "{shown}");
    }
}

#[test]
fn a_grid_grows_while_its_agent_runs_on_a_file() {
    let sandbox = Sandbox::new();
    a_grid_grows_while_its_agent_runs(&sandbox, |id| Outcome::read(&embedded(sandbox.path()), id));
}

#[test]
fn a_grid_grows_while_its_agent_runs_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let running = SweepServer::start_in(folder.path());
    let sandbox = Sandbox::tracking(running.url());
    a_grid_grows_while_its_agent_runs(&sandbox, |id| Outcome::read(&server(running.url()), id));
}

#[test]
fn a_complete_sweep_goes_on_when_its_cap_is_raised() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: [echo, '${args}']\nmethod: random\nrun_cap: 2\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    );
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["finalize"]);
    let edited = sandbox.run(&["edit", "--set", "run_cap=5", "--point", "{x: 0.125}"]).expect(0);
    assert!(edited.stderr.contains("sweep run"), "{}", edited.stderr);
    sandbox.run(&["run"]).expect(0);
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    outcome.each_trial_counts_once(5);
    let asked: Vec<_> =
        outcome.runs.iter().filter(|run| run.tag("sweep.point") == Some("{\"x\":0.125}")).collect();
    assert_eq!(asked.len(), 1);
    for trial in 0..5 {
        sandbox.run(&["sample", "--replay", &id, "--trial", &trial.to_string()]).expect(0);
        sandbox.run(&["verify", &trial.to_string()]);
    }
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains("5 of 5") && status.contains("version 2"), "{status}");
}

#[test]
fn edits_at_once_give_each_winner_a_version_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.init(
        "command: [echo, '${args}']\nmethod: random\nrun_cap: 2\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    );
    let editors: Vec<_> =
        (10..16).map(|cap| sandbox.spawn(&["edit", "--set", &format!("run_cap={cap}")])).collect();
    let ended: Vec<_> = editors.into_iter().map(finish).collect();
    let won = ended.iter().filter(|ran| ran.code == Some(0)).count();
    assert!(won >= 1 && ended.iter().all(|ran| matches!(ran.code, Some(0 | 75))), "{ended:?}");
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains(&format!("version {}", won + 1)), "{won}: {status}");
}

#[test]
fn what_cannot_be_edited_is_refused_with_the_reason_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.init(
        "command: [echo, '${args}']\nmethod: random\nrun_cap: 2\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    );
    for (args, why) in [
        (["--set", "command=[rm]"], "agents were started for the command"),
        (["--set", "parameters.x={values: [a]}"], "another meaning of the same name"),
        (["--set", "parameters.wd={min: 0.0, max: 1.0}"], "--before wd=VALUE"),
        (["--set", "run_cap=[1"], "is no YAML value"),
        (["--set", "run_cap=-1"], "nothing was changed"),
        (["--point", "0.5"], "is no point"),
    ] {
        let refused = sandbox.run(&["edit", args[0], args[1]]).expect(2);
        assert!(refused.stderr.contains(why), "{args:?}: {}", refused.stderr);
    }
    sandbox.run(&["edit", "--set", "parameters.wd={min: 0.0, max: 1.0}", "--before", "wd=0.5"]).expect(0);
    let mut typed = sandbox.command(&["edit"]);
    typed.env("EDITOR", "sed -i s/run_cap:.2/run_cap:\\ 3/");
    let typed = crate::support::sandbox::Ran::from(typed.output().unwrap()).expect(0);
    assert!(typed.stderr.contains("version 3") && typed.stderr.contains("run_cap 2 → 3"), "{}", typed.stderr);
    let nothing = sandbox.run(&["edit", "--set", "run_cap=3"]).expect(0);
    assert!(nothing.stderr.contains("nothing has changed"), "{}", nothing.stderr);
}
