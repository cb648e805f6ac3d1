//! What a Sobol sequence promises.

use serde_json::{Value as Json, json};

use crate::config::{Config, check};
use crate::space::{Point, Value};
use crate::strategy::{Strategy, for_config};
use crate::trial::TrialIndex;

fn config(more: &Json) -> Config {
    let mut file = json!({ "program": "t.py", "method": "sobol" });
    for (key, value) in more.as_object().unwrap() {
        file[key] = value.clone();
    }
    let checked = check(file.to_string().as_bytes());
    checked.config.unwrap_or_else(|| panic!("{file}: {:#?}", checked.errors))
}

fn number(point: &Point, name: &str) -> f64 {
    point.get(name).and_then(Value::as_f64).unwrap()
}

fn first(strategy: &dyn Strategy, n: u64) -> Vec<Point> {
    (0..n).map(|k| strategy.point(TrialIndex(k)).unwrap().unwrap()).collect()
}

#[test]
fn every_part_of_every_axis_and_every_square_gets_its_share() {
    let range = json!({ "min": 0.0, "max": 1.0 });
    let config =
        config(&json!({ "parameters": { "a": range, "b": range, "c": { "value": 1 }, "d": range } }));
    for seed in 0..5 {
        let points = first(for_config(&config, seed).unwrap().as_ref(), 256);
        for name in ["a", "b", "d"] {
            let mut parts: Vec<u64> =
                points.iter().map(|point| (256.0 * number(point, name)) as u64).collect();
            parts.sort_unstable();
            assert!(parts.iter().copied().eq(0..256), "{name} with seed {seed}");
        }
        let mut squares: Vec<(u64, u64)> = points
            .iter()
            .map(|point| ((16.0 * number(point, "a")) as u64, (16.0 * number(point, "b")) as u64))
            .collect();
        squares.sort_unstable();
        squares.dedup();
        assert_eq!(squares.len(), 256, "seed {seed}");
    }
}

#[test]
fn points_depend_on_seed_and_index_alone_also_where_constraints_skip_some() {
    let range = json!({ "min": 0.0, "max": 1.0 });
    let config = config(&json!({ "constraints": ["a < 0.2 * b"], "parameters": { "a": range, "b": range } }));
    let one = for_config(&config, 7).unwrap();
    let late = one.point(TrialIndex(199)).unwrap();
    let points = first(for_config(&config, 7).unwrap().as_ref(), 200);
    assert_eq!(late.as_ref(), points.last());
    assert_eq!(one.point(TrialIndex(63)).unwrap().as_ref(), points.get(63));
    assert!(points.iter().all(|point| number(point, "a") < 0.2 * number(point, "b")));
    assert_ne!(for_config(&config, 8).unwrap().point(TrialIndex(0)).unwrap().as_ref(), points.first());
    assert!(points.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn conditions_and_zips_hold_and_the_sequence_goes_on_past_its_end() {
    let config = config(&json!({
        "zip": [["w", "h"]],
        "parameters": {
            "h": { "values": [2, 4, 8] }, "m": { "distribution": "normal", "when": { "o": "sgd" } },
            "o": { "values": ["adam", "sgd"] }, "w": { "values": [20, 40, 80] },
        },
    }));
    let strategy = for_config(&config, 1).unwrap();
    for k in (0..200).chain(65_530..65_545).chain([u64::MAX]) {
        let point = strategy.point(TrialIndex(k)).unwrap().unwrap();
        assert_eq!(number(&point, "w"), 10.0 * number(&point, "h"));
        assert_eq!(point.get("m").is_some(), point.get("o") == Some(&Value::Text("sgd".to_owned())));
        assert!(point.get("m").is_none_or(|m| m.as_f64().unwrap().is_finite()));
    }
    let many: serde_json::Map<String, Json> =
        (0..300).map(|i| (format!("p{i:03}"), json!({ "min": 0.0, "max": 1.0 }))).collect();
    let strategy = for_config(&self::config(&json!({ "parameters": many })), 1).unwrap();
    let point = strategy.point(TrialIndex(3)).unwrap().unwrap();
    assert_ne!(point.get("p000"), point.get("p256"));
}

#[test]
fn constraints_that_nothing_satisfies_end_in_an_error() {
    let config =
        config(&json!({ "constraints": ["x > 2"], "parameters": { "x": { "min": 0.0, "max": 1.0 } } }));
    assert!(for_config(&config, 0).unwrap().point(TrialIndex(0)).is_err());
}
