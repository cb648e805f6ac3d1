//! What every proposal promises, whatever the space and the history are.

use proptest::prelude::{
    ProptestConfig, Strategy as _, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value as Json, json};

use crate::config::{Config, check};
use crate::space::{Point, Value};
use crate::strategy::{LoggedValues, Observation, Proposal, Strategy, for_config};
use crate::trial::{RunStatus, TrialIndex};

fn config(more: &Json) -> Config {
    let mut file =
        json!({ "program": "t.py", "method": "bayes", "metric": { "name": "loss", "goal": "minimize" } });
    for (key, value) in more.as_object().unwrap() {
        file[key] = value.clone();
    }
    let checked = check(file.to_string().as_bytes());
    checked.config.unwrap_or_else(|| panic!("{file}: {:#?}", checked.errors))
}

/// All kinds of parameters at once.
fn everything(optimizer: &str) -> Config {
    config(&json!({
        "optimizer": optimizer,
        "constraints": ["low < high"],
        "zip": [["width", "heads"]],
        "parameters": {
            "arm": { "values": ["a", "b", "c"] },
            "beta": { "distribution": "beta", "a": 2, "b": 5, "when": { "arm": "a" } },
            "depth": { "min": 1, "max": 12, "when": { "arm": ["a", "b"] } },
            "fixed": { "value": 7 },
            "group": { "parameters": { "lr": { "distribution": "log_uniform_values", "min": 1e-5, "max": 1.0 } } },
            "heads": { "values": [2, 4, 8] },
            "high": { "min": 0.0, "max": 1.0 },
            "low": { "min": 0.0, "max": 1.0 },
            "noise": { "distribution": "q_normal", "q": 0.5 },
            "rare": { "values": ["x", "y", "z"], "probabilities": [0.5, 0.5, 0.0] },
            "tail": { "distribution": "log_normal" },
            "units": { "distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8 },
            "width": { "values": [64, 128, 256] },
        },
    }))
}

fn seen(trial: Option<u64>, point: Point, value: f64) -> Observation {
    Observation {
        trial: trial.map(TrialIndex),
        point,
        status: RunStatus::Finished,
        metric: Some(value),
        logged: LoggedValues::of([value]),
        beside: Vec::new(),
        stopped_early: false,
    }
}

fn running(trial: u64, point: Point) -> Observation {
    Observation { status: RunStatus::Running, metric: None, logged: None, ..seen(Some(trial), point, 0.0) }
}

/// Runs trials one after the other; `value` tells the result of each, `None`: it stays open.
fn run(
    strategy: &dyn Strategy,
    trials: u64,
    mut value: impl FnMut(u64, &Point) -> Option<f64>,
) -> (Vec<Observation>, Vec<Proposal>) {
    let (mut history, mut proposals) = (Vec::new(), Vec::new());
    for k in 0..trials {
        let Some(proposal) = strategy.suggest(TrialIndex(k), &history).unwrap() else { break };
        let point = proposal.point.clone();
        history.push(match value(k, &point) {
            Some(y) => seen(Some(k), point, y),
            None => running(k, point),
        });
        proposals.push(proposal);
    }
    (history, proposals)
}

fn number(point: &Point, name: &str) -> f64 {
    point.get(name).and_then(Value::as_f64).unwrap()
}

fn assert_in_the_space(point: &Point) {
    let arm = point.get("arm").unwrap();
    let is = |word: &str| *arm == Value::Text(word.to_owned());
    assert_eq!(point.get("beta").is_some(), is("a"), "{point:?}");
    assert_eq!(point.get("depth").is_some(), is("a") || is("b"), "{point:?}");
    if point.get("depth").is_some() {
        assert!((1.0..=12.0).contains(&number(point, "depth")));
    }
    assert_eq!(point.get("fixed"), Some(&Value::Int(7)));
    assert!((1e-5..=1.0).contains(&number(point, "group.lr")));
    assert!(number(point, "low") < number(point, "high"), "{point:?}");
    assert_eq!(number(point, "width"), 32.0 * number(point, "heads"), "{point:?}");
    assert_ne!(point.get("rare"), Some(&Value::Text("z".to_owned())));
    let units = number(point, "units");
    assert!((8.0..=512.0).contains(&units) && units % 8.0 == 0.0);
    assert!(number(point, "tail").is_finite() && number(point, "noise").is_finite());
    assert_eq!(number(point, "noise").rem_euclid(0.5), 0.0);
}

fn values() -> impl proptest::strategy::Strategy<Value = Option<f64>> {
    prop_oneof![
        4 => (-10.0..10.0_f64).prop_map(Some),
        1 => Just(None),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, f64::MAX, 0.0, 1e-300])
            .prop_map(Some),
    ]
}

use proptest::prelude::Just;

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_point_lies_in_the_space_whatever_the_values_are(
        results in prop::collection::vec(values(), 26),
        seed in any::<u64>(),
        optimizer in prop::sample::select(vec!["auto", "tpe", "gp"]),
    ) {
        let strategy = for_config(&everything(optimizer), seed).unwrap();
        let (_, proposals) = run(strategy.as_ref(), 26, |k, _| results[k as usize]);
        prop_assert_eq!(proposals.len(), 26);
        for proposal in &proposals {
            assert_in_the_space(&proposal.point);
            if let Some(expectation) = proposal.expectation {
                prop_assert!(expectation.mean.is_finite() && expectation.std >= 0.0);
                prop_assert!(expectation.improvement >= 0.0 && (0.0..=1.0).contains(&expectation.probability));
            }
        }
    }

    #[test]
    fn a_finite_space_gives_every_point_once_and_then_ends(
        seed in any::<u64>(),
        open in 1..5_u64,
        optimizer in prop::sample::select(vec!["tpe", "gp"]),
    ) {
        let config = config(&json!({
            "optimizer": optimizer,
            "constraints": ["a != 3 or b == 'x'"],
            "points": [{ "a": 2, "b": "y", "c": 1.0 }],
            "parameters": {
                "a": { "min": 1, "max": 4 }, "b": { "values": ["x", "y"] },
                "c": { "distribution": "q_uniform", "min": 0, "max": 2, "q": 1.0 },
                "d": { "values": ["p", "q"], "when": { "b": "x" } },
            },
        }));
        // With b = x there are 4·3·2 points, with b = y 3·3.
        let strategy = for_config(&config, seed).unwrap();
        prop_assert_eq!(strategy.size(), Some(33));
        let (_, proposals) = run(strategy.as_ref(), 100, |k, point| (k % open == 0).then(|| number(point, "a")));
        let mut shown: Vec<String> = proposals.iter().map(|proposal| proposal.point.json_text()).collect();
        prop_assert_eq!(shown.len(), 33);
        shown.sort();
        shown.dedup();
        prop_assert_eq!(shown.len(), 33);
    }
}

#[test]
fn the_order_of_the_history_does_not_matter_and_equal_calls_give_equal_bits() {
    let config = everything("auto");
    let strategy = for_config(&config, 5).unwrap();
    let (mut history, _) =
        run(strategy.as_ref(), 24, |k, point| (k % 5 != 4).then(|| number(point, "group.lr")));
    history.push(seen(None, history[3].point.clone(), 0.25));
    history.push(seen(None, history[3].point.clone(), -0.25));
    let once = strategy.suggest(TrialIndex(24), &history).unwrap().unwrap();
    assert!(once.expectation.is_some());
    let again = for_config(&config, 5).unwrap();
    assert_eq!(again.suggest(TrialIndex(24), &history).unwrap().unwrap(), once);
    history.reverse();
    assert_eq!(strategy.suggest(TrialIndex(24), &history).unwrap().unwrap(), once);
    history.swap(2, 17);
    let elsewhere = std::thread::scope(|scope| {
        scope.spawn(|| strategy.suggest(TrialIndex(24), &history)).join().unwrap()
    });
    assert_eq!(elsewhere.unwrap().unwrap(), once);
    assert_ne!(
        for_config(&config, 6).unwrap().suggest(TrialIndex(24), &history).unwrap().unwrap().point,
        once.point
    );
}

#[test]
fn what_does_not_fit_the_space_is_left_out() {
    let config =
        config(&json!({ "parameters": { "x": { "min": 0.0, "max": 1.0 }, "c": { "values": ["a", "b"] } } }));
    let strategy = for_config(&config, 1).unwrap();
    let (mut history, _) = run(strategy.as_ref(), 12, |_, point| Some(number(point, "x")));
    let before = strategy.suggest(TrialIndex(12), &history).unwrap();
    for strange in [
        json!({ "x": 0.5, "c": "z" }),
        json!({ "x": 0.5 }),
        json!({ "x": 7.5, "c": "a" }),
        json!({ "x": "0.5", "c": "a" }),
        json!({}),
    ] {
        history.push(seen(None, Point::from_json(&strange).unwrap(), -1e6));
    }
    assert_eq!(strategy.suggest(TrialIndex(12), &history).unwrap(), before);
}

#[test]
fn points_that_are_known_already_take_the_place_of_first_ones() {
    let parameters = json!({ "x": { "min": 0.0, "max": 1.0 }, "y": { "min": 0.0, "max": 1.0 } });
    let plain = for_config(&config(&json!({ "parameters": parameters })), 3).unwrap();
    let points: Vec<Json> = (0..5).map(|i| json!({ "x": 0.2 * f64::from(i), "y": 0.5 })).collect();
    let explicit = for_config(&config(&json!({ "parameters": parameters, "points": points })), 3).unwrap();
    let height = |point: &Point| (number(point, "x") - 0.3).powi(2) + (number(point, "y") - 0.8).powi(2);
    let (history, proposals) = run(explicit.as_ref(), 6, |_, point| Some(height(point)));
    assert!(proposals[..5].iter().all(|proposal| proposal.expectation.is_none()));
    assert!(proposals[5].expectation.is_some(), "five known points are enough for a model of two parameters");
    // The same points from an earlier sweep count as well.
    let earlier: Vec<Observation> =
        history[..5].iter().map(|one| Observation { trial: None, ..one.clone() }).collect();
    assert!(plain.suggest(TrialIndex(0), &earlier).unwrap().unwrap().expectation.is_some());
    assert!(plain.suggest(TrialIndex(0), &[]).unwrap().unwrap().expectation.is_none());
}

#[test]
fn failed_trials_keep_others_away_and_maximising_mirrors_minimising() {
    let parameters = json!({ "x": { "min": 0.0, "max": 1.0 } });
    let down = for_config(&config(&json!({ "parameters": parameters })), 9).unwrap();
    let up = config(&json!({ "parameters": parameters, "metric": { "name": "loss", "goal": "maximize" } }));
    let up = for_config(&up, 9).unwrap();
    let height = |point: &Point| (number(point, "x") - 0.7).powi(2);
    let (history, proposals) = run(down.as_ref(), 20, |_, point| Some(height(point)));
    let (_, mirrored) = run(up.as_ref(), 20, |_, point| Some(-height(point)));
    for (one, other) in proposals.iter().zip(&mirrored) {
        assert_eq!(one.point, other.point);
        if let (Some(one), Some(other)) = (one.expectation, other.expectation) {
            assert_eq!((one.mean, one.std, one.improvement), (-other.mean, other.std, other.improvement));
        }
    }
    assert!(history.iter().map(|one| height(&one.point)).fold(f64::INFINITY, f64::min) < 1e-4);
    // Everything above 0.5 fails: the search stays below.
    let mut history: Vec<Observation> = Vec::new();
    for k in 0..20 {
        let point = down.suggest(TrialIndex(k), &history).unwrap().unwrap().point;
        let mut one = seen(Some(k), point.clone(), height(&point));
        if number(&point, "x") > 0.5 {
            one = Observation { status: RunStatus::Failed, metric: None, logged: None, ..one };
        }
        history.push(one);
    }
    let late = history[12..].iter().filter(|one| one.status == RunStatus::Failed).count();
    assert!(late <= 5, "{late} of the last 8 trials failed");
}

#[test]
fn thousands_of_trials_are_looked_at_in_part() {
    let strategy = for_config(&everything("auto"), 2).unwrap();
    let random = {
        let mut config = everything("auto");
        config.method = crate::config::Method::Random;
        for_config(&config, 8).unwrap()
    };
    let history: Vec<Observation> = (0..3000)
        .map(|k| {
            let point = random.point(TrialIndex(k)).unwrap().unwrap();
            let value = number(&point, "low") + number(&point, "units").ln();
            seen(Some(k), point, value)
        })
        .collect();
    let proposal = strategy.suggest(TrialIndex(3000), &history).unwrap().unwrap();
    assert_in_the_space(&proposal.point);
    assert!(number(&proposal.point, "units") <= 64.0, "{:?}", proposal.point);
}

#[test]
fn constraints_that_nothing_satisfies_end_in_an_error() {
    let config =
        config(&json!({ "constraints": ["x > 2"], "parameters": { "x": { "min": 0.0, "max": 1.0 } } }));
    assert!(for_config(&config, 1).unwrap().suggest(TrialIndex(0), &[]).is_err());
}

#[test]
fn metrics_that_are_all_equal_or_missing_do_no_harm() {
    for value in [Some(1.0), Some(f64::NAN), None] {
        let strategy = for_config(&everything("gp"), 4).unwrap();
        let mut history: Vec<Observation> = Vec::new();
        for k in 0..18 {
            let point = strategy.suggest(TrialIndex(k), &history).unwrap().unwrap().point;
            assert_in_the_space(&point);
            history.push(Observation { metric: value, logged: None, ..seen(Some(k), point, 0.0) });
        }
    }
}

#[test]
fn an_infinity_on_the_good_side_spoils_no_search() {
    let one = config(&json!({"parameters": {"x": {"min": 0.0, "max": 1.0}}}));
    let best = |seed: u64, odd: Option<u64>| {
        let strategy = for_config(&one, seed).unwrap();
        let loss = |x: f64| (x - 0.1).powi(2);
        let value = |k, point: &Point| {
            Some(if odd == Some(k) { f64::NEG_INFINITY } else { loss(number(point, "x")) })
        };
        let (history, _) = run(strategy.as_ref(), 25, value);
        history.iter().filter_map(|seen| seen.metric).filter(|y| y.is_finite()).fold(1.0, f64::min)
    };
    for seed in 1..5 {
        let with = best(seed, Some(3));
        assert!(with < 1e-5, "seed {seed}: {with}, and {} without it", best(seed, None));
    }
}
