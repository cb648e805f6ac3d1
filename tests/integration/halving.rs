//! `method: successive_halving` with the real program: budgets, checkpoints, promotions.

use std::collections::{BTreeMap, BTreeSet};

use sweep::testing::Run;

use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::{Sandbox, finish};

/// Trains from where the checkpoint is to its budget, and is the better the smaller x is. A trial with x above 0.9
/// fails.
const TRAIN: &str = "from=$(cat \"$SWEEP_CHECKPOINT_DIR/epoch\" 2>/dev/null || echo 0)\n\
                     echo \"$SWEEP_TRIAL $1 $from $2\" >> trained\n\
                     echo \"$SWEEP_PARAMS\" | grep -q \"\\\"epochs\\\":$2\" || exit 7\n\
                     case $1 in 0.9*) exit 3;; esac\n\
                     echo loss=$1\necho $2 > \"$SWEEP_CHECKPOINT_DIR/epoch\"\n";

const CONFIG: &str = "command: [sh, train.sh, '${x}', '${epochs}']\nmethod: successive_halving\n\
                      budget: {parameter: epochs, min: 1, max: 9, eta: 3}\n\
                      metric: {name: loss, goal: minimize, from_output: 'loss=([0-9.e-]+)'}\n\
                      parameters:\n  x: {min: 0.0, max: 1.0}\npoints: [{x: 0.001}]\nrun_cap: 30\nseed: 5\n";

/// A trial as its run reports it.
#[derive(Debug)]
struct Trial {
    k: u64,
    x: f64,
    epochs: u64,
    continues: Option<u64>,
    loss: Option<f64>,
}

fn number<T: std::str::FromStr>(run: &Run, tag: &str) -> Option<T> {
    run.tag(tag)?.parse().ok()
}

fn trials(outcome: &Outcome) -> Vec<Trial> {
    let trial = |run: &Run| Trial {
        k: number(run, "sweep.trial").unwrap(),
        x: number(run, "sweep.param.x").unwrap(),
        epochs: number(run, "sweep.param.epochs").unwrap(),
        continues: number(run, "sweep.continues"),
        loss: run.metric("loss").map(|metric| metric.value),
    };
    outcome.runs.iter().map(trial).collect()
}

/// Holds what is true of any such sweep; returns its trials.
#[track_caller]
fn each_goes_on_once_from_where_it_was(sandbox: &Sandbox, outcome: &Outcome) -> Vec<Trial> {
    outcome.each_trial_counts_once(30);
    let all = trials(outcome);
    let by_index: BTreeMap<u64, &Trial> = all.iter().map(|trial| (trial.k, trial)).collect();
    let mut gone_on = BTreeSet::new();
    for trial in &all {
        assert_eq!(trial.continues.is_some(), trial.epochs > 1, "{trial:?}");
        if let Some(former) = trial.continues {
            assert!(gone_on.insert(former), "trial {former} went on twice");
            assert_eq!((by_index[&former].epochs * 3, by_index[&former].x), (trial.epochs, trial.x));
        }
    }
    let trained = std::fs::read_to_string(sandbox.path().join("trained")).unwrap();
    assert_eq!(trained.lines().count(), 30);
    for line in trained.lines() {
        let [_, _, from, epochs] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (from, epochs): (u64, u64) = (from.parse().unwrap(), epochs.parse().unwrap());
        // The checkpoint of the former rung was there, and no other.
        assert_eq!(from, if epochs == 1 { 0 } else { epochs / 3 }, "{line}");
    }
    all
}

#[test]
fn one_agent_lets_the_best_third_of_each_rung_go_on_with_its_checkpoint() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", TRAIN);
    let id = sandbox.init(CONFIG);
    sandbox.run(&["run", "--max-failures", "100"]);
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    let all = each_goes_on_once_from_where_it_was(&sandbox, &outcome);
    assert_eq!((all[0].x, all[0].epochs), (0.001, 1));
    for trial in all.iter().filter(|trial| trial.continues.is_some()) {
        // One trial at a time: all with a smaller index were over.
        let rung: Vec<&Trial> =
            all.iter().filter(|other| other.k < trial.k && other.epochs * 3 == trial.epochs).collect();
        let better = rung.iter().filter(|other| other.loss.is_some_and(|loss| loss < trial.x)).count();
        assert!(better < rung.len() / 3, "{trial:?} went on behind {better} of {}", rung.len());
    }
    let at = |epochs: u64| all.iter().filter(|trial| trial.epochs == epochs).count();
    assert!(at(1) >= 18 && at(3) >= 5 && at(9) >= 1, "{} {} {}", at(1), at(3), at(9));
    // The best of all is where the largest budget went.
    assert!(all.iter().any(|trial| trial.epochs == 9 && trial.x == 0.001));
    let answer = sandbox.run(&["finalize", "--format", "json"]).expect(0).json();
    let names: Vec<&str> = answer["analysis"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"x") && names.contains(&"epochs"), "{names:?}");
}

#[test]
fn with_several_agents_none_waits_for_a_rung_and_none_lets_a_trial_go_on_twice() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", TRAIN);
    let id = sandbox.init(CONFIG);
    let agent = || sandbox.spawn(&["run", "--jobs", "2", "--max-failures", "100"]);
    let agents: Vec<_> = (0..3).map(|_| agent()).collect();
    for agent in agents {
        let ran = finish(agent);
        assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.stderr);
    }
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    outcome.every_run_is_over();
    let all = each_goes_on_once_from_where_it_was(&sandbox, &outcome);
    assert!(all.iter().any(|trial| trial.epochs == 9), "nobody got to the largest budget");
}

#[test]
fn a_finite_space_is_over_when_its_best_has_had_the_largest_budget() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", TRAIN);
    let config = CONFIG.replace("x: {min: 0.0, max: 1.0}", "x: {values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}");
    let id = sandbox.init(&config.replace("points: [{x: 0.001}]\nrun_cap: 30\n", ""));
    let ran = sandbox.run(&["run"]).expect(0);
    assert!(ran.stderr.contains("no point is left to try"), "{}", ran.stderr);
    let all = trials(&Outcome::read(&embedded(sandbox.path()), &id));
    let at = |epochs: u64| all.iter().filter(|trial| trial.epochs == epochs).count();
    assert_eq!(at(1), 6);
    assert!((2..=3).contains(&at(3)) && (1..=2).contains(&at(9)), "{} {}", at(3), at(9));
    assert!(all.iter().any(|trial| trial.epochs == 9 && trial.x == 0.1));
}
