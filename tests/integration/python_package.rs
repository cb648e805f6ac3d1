//! The Python package in trials, with the system's Python alone: a W&B script and its sweep file, helpers, an outage.

use std::path::Path;

use serde_json::json;
use sweep::testing::{Run, Store};

use crate::embedded_sweep::runs;
use crate::support::outcome;
use crate::support::sandbox::{Ran, Sandbox};

/// A script as W&B's users have it. Only the import is another.
const SCRIPT: &str = r#"
import random

import sweepml.wandb as wandb


def train(config=None):
    with wandb.init(project="demo", config={"epochs": 3, "lr": 123.0, "tags": ["a", "b"]}) as run:
        config = wandb.config
        random.seed(0)
        loss = 1.0
        for epoch in range(config.epochs):
            loss = loss * (1 - config.lr) + config["optimizer"]["momentum"] / 100
            wandb.log({"epoch": epoch, "loss": loss, "val": {"acc": 1 - loss}, "sample": "a text"})
        run.summary["final"] = loss
        wandb.log({"picture": wandb.Image(None)})


train()
"#;

/// The sweep file that goes with it, as W&B reads it.
const SWEEP: &str = "
program: train.py
project: demo
name: from-wandb
method: grid
metric: {name: loss, goal: minimize}
parameters:
  lr: {values: [0.1, 0.5]}
  optimizer:
    parameters:
      momentum: {value: 0.9}
";

/// A sandbox whose commands find the package, as if it were installed.
fn start(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let mut command = sandbox.command(args);
    command.env("PYTHONPATH", package).env("PYTHONDONTWRITEBYTECODE", "1");
    Ran::from(command.output().unwrap())
}

fn trials(store: &dyn Store, experiment: &str) -> Vec<Run> {
    let mut trials: Vec<Run> =
        runs(store, experiment).into_iter().filter(|run| run.tag("sweep.trial").is_some()).collect();
    trials.sort_by_key(|run| run.tag("sweep.trial").map(str::to_owned));
    trials
}

fn history(store: &dyn Store, run: &Run, key: &str) -> Vec<(i64, f64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let history = runtime.block_on(store.metric_history(&run.info.id, key)).unwrap();
    history.into_iter().map(|metric| (metric.step, metric.value)).collect()
}

#[test]
fn a_wandb_script_and_its_sweep_file_run_unchanged_but_for_the_import() {
    let sandbox = Sandbox::new();
    sandbox.file("train.py", SCRIPT);
    sandbox.file("sweep.yaml", SWEEP);
    start(&sandbox, &["start", "sweep.yaml"]).expect(0);

    let store = outcome::embedded(sandbox.path());
    let trials = trials(&store, "demo");
    assert_eq!(trials.len(), 2);
    for (trial, lr) in trials.iter().zip([0.1, 0.5]) {
        assert_eq!(trial.info.status.as_str(), "FINISHED");
        assert_eq!(
            trial.param("lr"),
            Some(lr.to_string().as_str()),
            "the sweep's value, not the script's default"
        );
        assert_eq!(trial.param("optimizer.momentum"), Some("0.9"));
        assert_eq!((trial.param("epochs"), trial.param("tags")), (Some("3"), Some(r#"["a", "b"]"#)));
        let mut loss = 1.0;
        let expected: Vec<(i64, f64)> = (0..3)
            .map(|epoch| {
                loss = loss * (1.0 - lr) + 0.9 / 100.0;
                (epoch, loss)
            })
            .collect();
        assert_eq!(history(&store, trial, "loss"), expected);
        let accuracy: Vec<(i64, f64)> = expected.iter().map(|(epoch, loss)| (*epoch, 1.0 - loss)).collect();
        assert_eq!(history(&store, trial, "val.acc"), accuracy);
        assert_eq!(trial.metric("final").map(|metric| metric.value), Some(loss));
    }
    let best = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_eq!(best["trials"][0]["params"], json!({"lr": 0.5, "optimizer": {"momentum": 0.9}}));
}

#[test]
fn a_thousand_steps_and_what_a_server_that_is_away_does_not_take_are_all_there_at_the_end() {
    let sandbox = Sandbox::new();
    // The second metric is sent to an address where nobody listens: `sweep log` keeps it in the journal.
    let script = r#"
import os, time, sweepml
p = sweepml.params(missing=7)
assert (p.x, p.missing, sweepml.trial_number()) == (1, 7, 0), p
assert sweepml.checkpoint_dir().is_dir() and not sweepml.should_stop()
begun = time.monotonic()
for step in range(1000):
    sweepml.log(loss=1 / (step + 1), step=step)
sweepml.flush()
assert time.monotonic() - begun < 60, "logging takes minutes"
import sweepml._log
sweepml._log._delivery._rest._url = "http://127.0.0.1:9/"
sweepml._log._delivery._uri = os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9/"
sweepml.log({"late/one": float("inf")}, step=3)
sweepml.log({"late/one": 0.25}, step=4)
"#;
    sandbox.file("train.py", script);
    sandbox.file(
        "sweep.yaml",
        "command: python3 train.py\nexperiment_name: helpers\nmethod: grid\nmetric: {name: loss, goal: minimize}\n\
         parameters: {x: {values: [1]}}\n",
    );
    start(&sandbox, &["init", "sweep.yaml"]).expect(0);
    start(&sandbox, &["run"]).expect(0);

    let store = outcome::embedded(sandbox.path());
    let trials = trials(&store, "helpers");
    let losses = history(&store, &trials[0], "loss");
    assert_eq!(losses.len(), 1000);
    assert!((0i64..).zip(&losses).all(|(step, found)| *found == (step, 1.0 / (step + 1) as f64)));
    assert_eq!(history(&store, &trials[0], "late/one"), [(3, f64::INFINITY), (4, 0.25)]);
}
