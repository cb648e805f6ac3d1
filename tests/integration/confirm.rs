//! `sweep confirm`: the best points again with new seeds, by one agent or many, and what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::agent::{AgentProcess, file_in};
use crate::support::sandbox::Sandbox;

/// `loss = step · x + scale · noise`, where the noise is uniform in [0, 1) and a function of the seed alone. With HOLD in its
/// environment it says so and waits until it is killed.
const TRAIN: &str = "#!/bin/sh\n\
    echo \"$1 $SWEEP_TRIAL_SEED\" >> ran.txt\n\
    if [ -n \"$HOLD\" ]; then echo held > held; sleep 1000; fi\n\
    awk -v x=\"$1\" -v s=\"$SWEEP_TRIAL_SEED\" -v step=\"$2\" -v scale=\"$3\" \
    'BEGIN { printf \"loss=%.12f\\n\", step * x + scale * (s % 1000) / 1000 }'\n";

/// A finished search over x from 1 to 8.
fn searched(sandbox: &Sandbox, goal: &str, step: f64, scale: f64) -> String {
    sandbox.file("train.sh", TRAIN);
    let id = sandbox.init(&format!(
        "command: [sh, train.sh, '${{x}}', '{step}', '{scale}']\nmethod: grid\nsweep_name: search\nseed: 3\n\
         metric: {{name: loss, goal: {goal}, from_output: 'loss=([-0-9.e]+)'}}\n\
         parameters:\n  x: {{values: [1, 2, 3, 4, 5, 6, 7, 8]}}\n"
    ));
    sandbox.run(&["run", "--quiet"]).expect(0);
    id
}

/// The runs of the command: x and seed of each.
fn ran(sandbox: &Sandbox) -> Vec<(u64, u64)> {
    let text = std::fs::read_to_string(sandbox.path().join("ran.txt")).unwrap();
    let pair = |line: &str| line.split_once(' ').map(|(x, seed)| (x.parse().unwrap(), seed.parse().unwrap()));
    text.lines().filter_map(pair).collect()
}

fn confirm(sandbox: &Sandbox, args: &[&str]) -> Json {
    let all = [&["confirm", "--format", "json"], args].concat();
    let json = sandbox.run(&all).expect(0).json();
    assert_shape("confirm", &json);
    json
}

fn runs_of(confirmed: &Json) -> u64 {
    confirmed["points"].as_array().unwrap().iter().map(|point| point["runs"].as_u64().unwrap()).sum()
}

#[test]
fn the_best_points_are_run_again_with_seeds_that_the_search_did_not_use() {
    let sandbox = Sandbox::new();
    searched(&sandbox, "minimize", 0.02, 1.0);
    let before = ran(&sandbox);
    let confirmed = confirm(&sandbox, &["--top", "3", "--budget", "12"]);
    let all = ran(&sandbox);
    let new = &all[before.len()..];
    assert_eq!((new.len(), runs_of(&confirmed), &confirmed["stopped"]), (12, 12, &"budget".into()));
    let seeds: BTreeSet<u64> = all.iter().map(|(_, seed)| *seed).collect();
    assert_eq!(seeds.len(), 20, "each run has a seed of its own");
    // Those of the search that looked best.
    let mut by_value: Vec<(u64, u64)> = before.iter().map(|(x, seed)| (20 * x + seed % 1000, *x)).collect();
    by_value.sort_unstable();
    let best: BTreeSet<u64> = by_value[..3].iter().map(|(_, x)| *x).collect();
    assert_eq!(new.iter().map(|(x, _)| *x).collect::<BTreeSet<_>>(), best);
    // The estimate is the mean of the new values alone.
    let mut values: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (x, seed) in new {
        values.entry(*x).or_default().push(0.02 * *x as f64 + (seed % 1000) as f64 / 1000.0);
    }
    for point in confirmed["points"].as_array().unwrap() {
        let own = &values[&point["params"]["x"].as_u64().unwrap()];
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        assert!((point["mean"].as_f64().unwrap() - mean).abs() < 1e-9, "{point:#}");
        assert!(point["low"].as_f64().unwrap() < mean && mean < point["high"].as_f64().unwrap());
    }
    assert_eq!(confirmed["points"][0]["trial"], confirmed["best"]);
}

#[test]
fn what_was_confirmed_is_named_first_and_the_search_stays_as_it_was() {
    let sandbox = Sandbox::new();
    searched(&sandbox, "minimize", 0.02, 1.0);
    let status =
        |sandbox: &Sandbox| sandbox.run(&["status", "--format", "json"]).expect(0).json()["trials"].clone();
    let before = (status(&sandbox), sandbox.run(&["trials", "--format", "csv"]).expect(0).stdout);
    let unconfirmed = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_eq!(unconfirmed["trials"][0]["confirmed"], Json::Null);
    let confirmed = confirm(&sandbox, &["--budget", "15"]);
    let best = sandbox.run(&["best", "-n", "7", "--format", "json"]).expect(0).json();
    assert_shape("best", &best);
    let trials = best["trials"].as_array().unwrap();
    assert_eq!((&trials[0]["trial"], trials.len()), (&confirmed["best"], 7));
    assert_eq!(trials[0]["confirmed"]["mean"], confirmed["points"][0]["mean"]);
    assert_eq!(trials.iter().filter(|trial| !trial["confirmed"].is_null()).count(), 5);
    assert_eq!(trials.iter().map(|trial| trial["trial"].as_u64()).collect::<BTreeSet<_>>().len(), 7);
    let words = sandbox.run(&["best"]).expect(0).stdout;
    assert!(words.contains("new runs)") && words.contains("with probability"), "{words}");
    let shown = sandbox.run(&["show", "best", "--format", "json"]).expect(0).json();
    assert_eq!(shown["trial"], confirmed["best"]);
    let after = (status(&sandbox), sandbox.run(&["trials", "--format", "csv"]).expect(0).stdout);
    assert_eq!(before, after);
    assert_eq!(sandbox.run(&["list", "--format", "json"]).expect(0).json().as_array().unwrap().len(), 1);
}

#[test]
fn four_agents_of_which_one_is_killed_make_every_run_once() {
    let sandbox = Sandbox::new();
    searched(&sandbox, "minimize", 0.0, 1.0);
    let before = ran(&sandbox).len();
    let args = ["confirm", "--budget", "16", "--lease", "2s"];
    let lost = AgentProcess::start(&sandbox, &args, &[("HOLD", "1")]);
    file_in(sandbox.path(), "held");
    let others: Vec<AgentProcess> = (0..3).map(|_| AgentProcess::start(&sandbox, &args, &[])).collect();
    lost.kill();
    for other in others {
        other.finish().expect(0);
    }
    let confirmed = confirm(&sandbox, &[]);
    assert_eq!((runs_of(&confirmed), &confirmed["spent"]), (16, &16.into()));
    // What the lost agent had begun was begun again, with the same seed.
    let new = ran(&sandbox)[before..].to_vec();
    assert_eq!((new.len(), new.iter().collect::<BTreeSet<_>>().len()), (17, 16));
}

#[test]
fn one_that_was_stopped_continues_and_more_runs_can_be_added() {
    let sandbox = Sandbox::new();
    searched(&sandbox, "minimize", 0.0, 1.0);
    let stopped = AgentProcess::start(&sandbox, &["confirm", "--budget", "8"], &[("HOLD", "1")]);
    file_in(sandbox.path(), "held");
    stopped.signal(nix::sys::signal::Signal::SIGTERM);
    stopped.finish().expect(143);
    let confirmed = confirm(&sandbox, &[]);
    assert_eq!(
        (runs_of(&confirmed), &confirmed["budget"], &confirmed["stopped"]),
        (8, &8.into(), &"budget".into())
    );
    let runs = ran(&sandbox).len();
    let more = confirm(&sandbox, &["--budget", "12"]);
    assert_eq!((&more["spent"], &more["confirmation_id"]), (&12.into(), &confirmed["confirmation_id"]));
    assert_eq!(ran(&sandbox).len(), runs + 4);
    let refused = sandbox.run(&["confirm", "--top", "3"]).expect(2);
    assert!(
        refused.stderr.contains("has 5 points, not 3") && refused.stderr.contains("--again"),
        "{}",
        refused.stderr
    );
    let again = confirm(&sandbox, &["--again", "--top", "3", "--budget", "6"]);
    assert_ne!(again["confirmation_id"], confirmed["confirmation_id"]);
    assert_eq!(again["points"].as_array().unwrap().len(), 3);
    let seeds: BTreeSet<u64> = ran(&sandbox).iter().map(|(_, seed)| *seed).collect();
    // The run that was stopped was begun again with its seed.
    assert_eq!(seeds.len() + 1, ran(&sandbox).len(), "another confirmation has other seeds");
}

#[test]
fn a_command_that_ignores_its_seed_is_found_out_after_five_runs() {
    let sandbox = Sandbox::new();
    searched(&sandbox, "minimize", 1.0, 0.0);
    let runs = ran(&sandbox).len();
    let said = sandbox.run(&["confirm"]).expect(0);
    assert!(said.stdout.contains("ignores SWEEP_TRIAL_SEED"), "{}", said.stdout);
    let confirmed = confirm(&sandbox, &[]);
    assert_eq!((&confirmed["stopped"], &confirmed["spent"]), (&"no_noise".into(), &5.into()));
    assert_eq!(ran(&sandbox).len(), runs + 5);
    assert_eq!(confirmed["best"], 0);
}

#[test]
fn where_the_noise_is_small_nothing_is_left_to_decide_after_five_runs() {
    for goal in ["minimize", "maximize"] {
        let sandbox = Sandbox::new();
        searched(&sandbox, goal, 1.0, 1e-4);
        let confirmed = confirm(&sandbox, &[]);
        assert_eq!((&confirmed["stopped"], &confirmed["spent"]), (&"decided".into(), &5.into()));
        assert_eq!(confirmed["best"], if goal == "minimize" { 0 } else { 7 });
        assert_eq!(confirmed["may_be_best"].as_array().unwrap().len(), 1);
        let point = &confirmed["points"][0];
        assert!(point["low"].as_f64().unwrap() <= point["mean"].as_f64().unwrap(), "{point:#}");
        assert!(point["mean"].as_f64().unwrap() <= point["high"].as_f64().unwrap(), "{point:#}");
    }
}

#[test]
fn a_sweep_that_is_deleted_takes_its_confirmation_along() {
    let sandbox = Sandbox::new();
    let id = searched(&sandbox, "minimize", 0.0, 1.0);
    confirm(&sandbox, &["--budget", "6"]);
    sandbox.run(&["delete", &id, "--yes"]).expect(0);
    let database = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let left: i64 = database
        .query_row("SELECT count(*) FROM runs WHERE lifecycle_stage = 'active'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn there_must_be_something_to_choose_between() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nmethod: grid\nparameters: {x: {values: [1, 2]}}\n");
    let refused = sandbox.run(&["confirm"]).expect(2);
    assert!(refused.stderr.contains("no metric"), "{}", refused.stderr);
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nmethod: grid\nmetric: {name: loss, goal: minimize}\nparameters: {x: {values: [1, 2]}}\n");
    let refused = sandbox.run(&["confirm"]).expect(1);
    assert!(refused.stderr.contains("nothing to choose between"), "{}", refused.stderr);
}
