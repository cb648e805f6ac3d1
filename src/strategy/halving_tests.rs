//! Successive halving, played through without a store: proposals, results, and agents that come in between.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Observation, Proposal, Strategy, for_config};
use crate::config::{Config, check};
use crate::space::{Point, Value};
use crate::trial::{RunStatus, TrialIndex};

fn config(budget: &str, rest: &Json) -> Config {
    let mut file = json!({
        "program": "t.py", "method": "successive_halving", "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
    });
    for (key, value) in rest.as_object().unwrap() {
        file[key] = value.clone();
    }
    let budget: Vec<u64> = budget.split(' ').map(|number| number.parse().unwrap()).collect();
    file["budget"] = json!({"parameter": "epochs", "min": budget[0], "max": budget[1], "eta": budget[2]});
    let checked = check(file.to_string().as_bytes());
    checked.config.unwrap_or_else(|| panic!("{file}: {:#?}", checked.errors))
}

fn epochs(point: &Point) -> u64 {
    match point.get("epochs") {
        Some(Value::Int(epochs)) => u64::try_from(*epochs).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn without_epochs(point: &Point) -> String {
    Point(point.0.iter().filter(|(name, _)| name != "epochs").cloned().collect()).to_json().to_string()
}

fn trial(k: u64, point: &Point, status: RunStatus, metric: Option<f64>) -> Observation {
    Observation {
        trial: Some(TrialIndex(k)),
        point: point.clone(),
        status,
        metric,
        logged: None,
        beside: Vec::new(),
        stopped_early: false,
    }
}

/// A sweep that is played through.
struct Play {
    strategy: Box<dyn Strategy>,
    history: Vec<Observation>,
    proposals: Vec<Proposal>,
}

impl Play {
    fn new(config: &Config) -> Self {
        Self { strategy: for_config(config, 7).unwrap(), history: Vec::new(), proposals: Vec::new() }
    }

    fn start(&mut self) -> Option<Proposal> {
        let k = self.proposals.len() as u64;
        let proposal = self.strategy.suggest(TrialIndex(k), &self.history).unwrap()?;
        self.history.push(trial(k, &proposal.point, RunStatus::Running, None));
        self.proposals.push(proposal.clone());
        Some(proposal)
    }

    fn end(&mut self, k: usize, metric: f64) {
        self.history[k].status = RunStatus::Finished;
        self.history[k].metric = Some(metric);
    }

    /// One trial after the other, each worse than the one before.
    fn play_downhill(&mut self, trials: usize) {
        for k in 0..trials {
            self.start().unwrap();
            self.end(k, k as f64);
        }
    }

    /// One trial after the other; `loss` gives the value of a point.
    fn play(&mut self, trials: usize, loss: impl Fn(&Point) -> f64) {
        for _ in 0..trials {
            let Some(proposal) = self.start() else { return };
            self.end(self.proposals.len() - 1, loss(&proposal.point));
        }
    }
}

fn x(point: &Point) -> f64 {
    point.get("x").and_then(Value::as_f64).unwrap()
}

#[test]
fn the_budgets_grow_by_eta_from_the_smallest_to_the_largest() {
    for (budget, expected) in [
        ("1 81 3", vec![1, 3, 9, 27, 81]),
        ("1 100 3", vec![1, 3, 9, 27, 100]),
        ("2 5 3", vec![2, 5]),
        ("3 24 2", vec![3, 6, 12, 24]),
        ("1 2 9", vec![1, 2]),
        ("1000 1000000 10", vec![1000, 10_000, 100_000, 1_000_000]),
    ] {
        let strategy = config(budget, &json!({}));
        assert_eq!(super::halving::budgets(strategy.budget.as_ref().unwrap()), expected, "{budget}");
    }
}

#[test]
fn the_best_third_goes_on_and_with_it_the_work_done() {
    let mut play = Play::new(&config("1 9 3", &json!({})));
    play.play_downhill(13);
    let budgets: Vec<u64> = play.proposals.iter().map(|proposal| epochs(&proposal.point)).collect();
    // A trial continues as soon as three have come to its rung, then six, then nine.
    assert_eq!(budgets, [1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 3, 9]);
    for proposal in &play.proposals {
        let former = proposal.continues.map(|former| &play.proposals[former.0 as usize].point);
        assert_eq!(former.map(without_epochs), former.map(|_| without_epochs(&proposal.point)));
        assert_eq!(former.map(|former| epochs(former) * 3), former.map(|_| epochs(&proposal.point)));
        assert_eq!(former.is_some(), epochs(&proposal.point) > 1);
    }
    let former: Vec<u64> = play.proposals.iter().filter_map(|proposal| Some(proposal.continues?.0)).collect();
    assert_eq!(former, [0, 1, 2, 3]);
}

#[test]
fn a_rival_that_got_the_same_proposal_gets_another_answer() {
    let mut play = Play::new(&config("1 9 3", &json!({})));
    play.play_downhill(7);
    let here = play.strategy.suggest(TrialIndex(7), &play.history).unwrap().unwrap();
    assert_eq!(epochs(&here.point), 3);
    let mut seen = play.history.clone();
    seen.push(trial(8, &here.point, RunStatus::Running, None));
    let there = play.strategy.suggest(TrialIndex(7), &seen).unwrap().unwrap();
    assert_ne!(there.point, here.point);
    assert_eq!(epochs(&there.point), 1);
}

#[test]
fn failed_trials_and_nan_are_the_worst_and_never_go_on() {
    let mut play = Play::new(&config("1 9 3", &json!({})));
    for (k, metric) in [f64::NAN, f64::NEG_INFINITY, 0.9].into_iter().enumerate() {
        play.start().unwrap();
        play.end(k, metric);
    }
    // The only sound one of three continues.
    assert_eq!(play.start().unwrap().continues, Some(TrialIndex(2)));
    let mut failed = Play::new(&config("1 9 3", &json!({})));
    for k in 0..9 {
        assert_eq!(failed.start().unwrap().continues, None);
        failed.history[k].status = if k % 2 == 0 { RunStatus::Failed } else { RunStatus::Killed };
        failed.history[k].metric = Some(0.1);
    }
}

#[test]
fn what_was_stopped_early_counts_and_does_not_go_on() {
    let mut play = Play::new(&config("1 9 3", &json!({})));
    for (k, metric) in [0.1, 0.2, 0.3].into_iter().enumerate() {
        play.start().unwrap();
        play.end(k, metric);
    }
    play.history[0].status = RunStatus::Killed;
    play.history[0].stopped_early = true;
    // The best third is the one that was stopped: nobody continues.
    assert_eq!(play.start().unwrap().continues, None);
}

#[test]
fn a_large_metric_goes_on_where_it_is_to_be_large() {
    let mut play = Play::new(&config("1 9 3", &json!({"metric": {"name": "m", "goal": "maximize"}})));
    for (k, metric) in [0.1, 0.3, 0.2].into_iter().enumerate() {
        play.start().unwrap();
        play.end(k, metric);
    }
    assert_eq!(play.start().unwrap().continues, Some(TrialIndex(1)));
}

#[test]
fn a_finite_space_is_tried_once_and_ends_with_the_best_at_the_largest_budget() {
    let parameters = json!({"parameters": {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y", "z"]}}});
    let mut play = Play::new(&config("1 9 3", &parameters));
    let loss = |point: &Point| {
        point.get("a").and_then(Value::as_f64).unwrap()
            + f64::from(point.get("b") == Some(&Value::Text("x".into())))
    };
    play.play(1000, loss);
    let mut at: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for proposal in &play.proposals {
        assert!(at.entry(epochs(&proposal.point)).or_default().insert(without_epochs(&proposal.point)));
    }
    assert_eq!(at[&1].len(), 9);
    assert!((3..=4).contains(&at[&3].len()), "{at:?}");
    assert!((1..=2).contains(&at[&9].len()), "{at:?}");
    let last = play.proposals.iter().filter(|proposal| epochs(&proposal.point) == 9);
    assert!(last.into_iter().any(|proposal| loss(&proposal.point) == 1.0), "{at:?}");
}

#[test]
fn the_configs_own_points_come_first_at_the_smallest_budget() {
    let rest = json!({"points": [{"x": 0.25}, {"x": 0.5}, {"x": 0.25}]});
    let mut play = Play::new(&config("2 8 2", &rest));
    assert_eq!(play.start().unwrap().point.to_json(), json!({"epochs": 2, "x": 0.25}));
    assert_eq!(play.start().unwrap().point.to_json(), json!({"epochs": 2, "x": 0.5}));
    assert_ne!(x(&play.start().unwrap().point), 0.25);
}

#[test]
fn conditions_and_constraints_hold_at_every_budget() {
    let rest = json!({
        "parameters": {
            "kind": {"values": ["a", "b"]}, "x": {"min": 0.0, "max": 1.0},
            "y": {"min": 0.0, "max": 1.0, "when": {"kind": "a"}},
            "group": {"parameters": {"z": {"values": [1, 2]}}},
        },
        "constraints": ["x < 0.5"],
    });
    let mut play = Play::new(&config("1 27 3", &rest));
    play.play(60, x);
    assert_eq!(play.proposals.len(), 60);
    for proposal in &play.proposals {
        let point = &proposal.point;
        assert!(x(point) < 0.5);
        assert_eq!(point.get("y").is_some(), point.get("kind") == Some(&Value::Text("a".into())));
        assert!(point.get("group.z").is_some());
        assert!(point.0.windows(2).all(|pair| pair[0].0 < pair[1].0), "{point:?}");
    }
    assert!(play.proposals.iter().any(|proposal| epochs(&proposal.point) == 27));
}

#[test]
fn a_space_that_can_only_repeat_itself_ends() {
    let parameters = json!({"parameters": {"a": {"values": [1, 2], "probabilities": [0.5, 0.5]}}});
    let mut play = Play::new(&config("1 2 2", &parameters));
    play.play(1000, |_| 1.0);
    let budgets: Vec<u64> = play.proposals.iter().map(|proposal| epochs(&proposal.point)).collect();
    assert_eq!(budgets, [1, 1, 2]);
}

#[test]
fn a_budget_that_bears_a_parameters_name_is_refused() {
    for (parameters, name) in [
        ("x: {min: 0.0, max: 1.0}", "x"),
        ("g: {parameters: {x: {min: 0.0, max: 1.0}}}", "g"),
        ("g: {parameters: {x: {min: 0.0, max: 1.0}}}", "g.x"),
        ("x: {min: 0.0, max: 1.0}", "args"),
    ] {
        let file = format!(
            "program: t.py\nmethod: successive_halving\nmetric: {{name: m}}\nparameters:\n  {parameters}\nbudget: {{parameter: {name}, max: 9}}\n"
        );
        let checked = check(file.as_bytes());
        let [error] = checked.errors.as_slice() else { panic!("{name}: {:?}", checked.errors) };
        assert_eq!(error.key, "budget.parameter", "{error:?}");
        assert!(error.hint.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn with_any_order_of_ends_nobody_goes_on_twice_and_only_the_best_of_a_rung_do(
        ends in prop::collection::vec((any::<prop::sample::Index>(), 0..20u32), 80),
        side_by_side in 1..6usize,
        eta in 2..5u64,
    ) {
        let mut play = Play::new(&config(&format!("1 {} {eta}", eta.pow(3)), &json!({})));
        let mut running: Vec<usize> = Vec::new();
        let mut gone_on = BTreeSet::new();
        for (which, value) in ends {
            while running.len() < side_by_side {
                let known = play.history.clone();
                let proposal = play.start().unwrap();
                running.push(play.proposals.len() - 1);
                let Some(former) = proposal.continues else { continue };
                prop_assert!(gone_on.insert(former));
                let rung: Vec<&Observation> = known
                    .iter()
                    .filter(|other| epochs(&other.point) == epochs(&known[former.0 as usize].point))
                    .filter(|other| other.status.is_final())
                    .collect();
                let better = rung.iter().filter(|other| other.metric < known[former.0 as usize].metric).count();
                prop_assert!(better < rung.len() / eta as usize);
            }
            let done = running.swap_remove(which.index(running.len()));
            // One in twenty fails.
            play.end(done, if value == 0 { f64::NAN } else { f64::from(value) });
        }
        let points: BTreeSet<String> =
            play.proposals.iter().map(|proposal| proposal.point.to_json().to_string()).collect();
        prop_assert_eq!(points.len(), play.proposals.len());
    }
}
