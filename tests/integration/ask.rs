//! `sweep ask` and `sweep tell`: trials that other programs run.

use std::process::Command;

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::outcome::{self, Outcome};
use crate::support::sandbox::{Ran, Sandbox};

const GRID: &str = "command: 'echo lr=${lr} seed=${trial_seed}'\nmethod: grid\nmetric: {name: loss, goal: minimize}\n\
                    parameters: {lr: {values: [0.1, 0.2, 0.3]}}\n";

fn ask(sandbox: &Sandbox) -> Json {
    let json = sandbox.run(&["ask"]).expect(0).json();
    assert_shape("ask", &json);
    json
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_else(|| panic!("no {key} in {json:#}"))
}

#[test]
fn a_sweep_is_run_by_asking_and_telling_alone() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(GRID);
    for _ in 0..3 {
        let trial = ask(&sandbox);
        let loss = trial["params"]["lr"].as_f64().unwrap() * 2.0;
        let told =
            sandbox.run(&["tell", text(&trial, "run_id"), "--metric", &format!("loss={loss}")]).expect(0);
        assert!(told.stderr.contains("has its result: `loss` = "), "{}", told.stderr);
    }
    let none = sandbox.run(&["ask"]).expect(4);
    assert!(none.stdout.is_empty() && none.stderr.contains("Next: sweep finalize"), "{none:?}");
    let store = outcome::embedded(sandbox.path());
    let outcome = Outcome::read(&store, &sweep);
    outcome.each_trial_counts_once(3);
    outcome.every_run_is_over();
    let best = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_eq!(best["trials"][0]["value"], 0.2);
    let listed = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!(listed[0]["best"]["value"], 0.2, "{listed:#}");
    sandbox.run(&["finalize"]).expect(0);
}

#[test]
fn agents_and_askers_share_a_sweep_and_no_trial() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(GRID);
    let trial = ask(&sandbox);
    let ran = sandbox.run(&["run", "--no-wait"]).expect(1);
    assert!(ran.stderr.contains("2 without the metric"), "{}", ran.stderr);
    let busy = sandbox.run(&["ask"]).expect(75);
    assert!(busy.stdout.is_empty() && busy.stderr.contains("1 trial without a result"), "{busy:?}");
    // The number of the trial will do where there is one attempt.
    sandbox.run(&["tell", &trial["trial"].to_string(), "-m", "loss=1"]).expect(0);
    Outcome::read(&outcome::embedded(sandbox.path()), &sweep).each_trial_counts_once(3);
}

#[test]
fn a_trial_that_an_agent_runs_takes_no_report() {
    let sandbox = Sandbox::new();
    sandbox.init(GRID);
    sandbox.run(&["run", "--count", "1"]).expect(1);
    let trials = sandbox.run(&["trials", "--format", "json"]).expect(0).json();
    let id = trials["trials"][0]["run_id"].as_str().unwrap().to_owned();
    let refused = sandbox.run(&["tell", &id, "--metric", "loss=0"]).expect(2);
    assert!(refused.stderr.contains("was not given out by `sweep ask`"), "{}", refused.stderr);
}

#[test]
fn the_line_of_a_trial_runs_it_and_its_environment_names_it() {
    let sandbox = Sandbox::new();
    sandbox.init(
        "command: 'echo \"$SWEEP_TRIAL $MLFLOW_RUN_ID ${name}\"'\nmethod: grid\n\
         parameters: {name: {values: [\"a'b $(touch hacked)\", c]}}\n",
    );
    let line = sandbox.run(&["ask", "--format", "command"]).expect(0).stdout;
    assert_eq!(line.lines().count(), 1);
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_sweep")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let ran = command.arg("-c").arg(script).current_dir(sandbox.path()).env("PATH", path).output();
        Ran::from(ran.unwrap()).expect(0).stdout
    };
    let printed = shell(&line);
    let words: Vec<&str> = printed.trim_end().splitn(3, ' ').collect();
    let id = words[1].to_owned();
    assert!(id.len() == 32, "{printed}");
    sandbox.run(&["tell", &id]).expect(0);
    let script =
        "eval \"$(sweep ask --format env)\" && sh -c \"$SWEEP_COMMAND\" && sweep -q tell && sweep -q tell";
    let second = shell(script);
    let both = [words[2], second.trim_end().splitn(3, ' ').nth(2).unwrap()];
    assert!(both.contains(&"a'b $(touch hacked)") && both.contains(&"c"), "{both:?}");
    assert!(!sandbox.path().join("hacked").exists());
    sandbox.run(&["ask"]).expect(4);
}

#[test]
fn a_trial_that_nobody_reports_on_is_run_by_an_agent() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init("command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n");
    let trial = sandbox.run(&["ask", "--lease", "500ms"]).expect(0).json();
    sandbox.run(&["run"]).expect(0);
    let late = sandbox.run(&["tell", text(&trial, "run_id")]).expect(1);
    assert!(late.stderr.contains("was taken over"), "{}", late.stderr);
    let ambiguous = sandbox.run(&["tell", "0"]).expect(2);
    assert!(ambiguous.stderr.contains("was taken over"), "{}", ambiguous.stderr);
    sandbox.run(&["tell", text(&trial, "run_id"), "--alive"]).expect(1);
    let outcome = Outcome::read(&outcome::embedded(sandbox.path()), &sweep);
    assert_eq!(outcome.states(0), ["KILLED", "FINISHED*"]);
}

#[test]
fn a_paused_sweep_gives_out_nothing_and_a_cancelled_one_wants_nothing() {
    let sandbox = Sandbox::new();
    sandbox.init(GRID);
    let trial = ask(&sandbox);
    sandbox.run(&["tell", text(&trial, "run_id"), "--alive"]).expect(0);
    sandbox.run(&["pause"]).expect(0);
    sandbox.run(&["ask"]).expect(75);
    sandbox.run(&["cancel"]).expect(0);
    sandbox.run(&["ask"]).expect(4);
    let told = sandbox.run(&["tell", text(&trial, "run_id"), "--alive"]).expect(1);
    assert!(told.stderr.contains("the sweep was cancelled"), "{}", told.stderr);
}

#[test]
fn launchers_in_python_drain_a_sweep_by_two_calls_of_the_program() {
    for launcher in ["pool.py", "tasks.py"] {
        let sandbox = Sandbox::new();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/own-launcher");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, sandbox.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let init = sandbox.run(&["init", "sweep.yaml"]).expect(0).stdout;
        let sweep = init.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
        let mut python = Command::new("python3");
        python.arg(launcher).current_dir(sandbox.path()).env("SWEEP_BIN", env!("CARGO_BIN_EXE_sweep"));
        let ran = Ran::from(python.output().unwrap()).expect(0);
        assert_eq!(ran.stdout, "6 trials\n", "{launcher}");
        Outcome::read(&outcome::embedded(sandbox.path()), &sweep).each_trial_counts_once(6);
    }
}
