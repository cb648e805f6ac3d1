//! The grid vectors, and what every strategy promises.

use serde_json::{Value as Json, json};

use super::*;
use crate::config::check;
use crate::config::vectors::cases;
use crate::space::{Point, Value};
use crate::trial::TrialIndex;

fn config(file: &Json) -> Config {
    let checked = check(file.to_string().as_bytes());
    checked.config.unwrap_or_else(|| panic!("{file}: {:#?}", checked.errors))
}

fn grid(parameters: &Json) -> Config {
    config(&json!({ "program": "t.py", "method": "grid", "parameters": parameters }))
}

fn same(point: &Point, expected: &Json) -> bool {
    // Integral floats and integers are one value in a grid, at every leaf.
    let expected = Point::from_json(expected).unwrap();
    let (a, b) = (point.leaves(), expected.leaves());
    let mut b = b;
    b.sort_by(|x, y| x.0.cmp(&y.0));
    let mut a = a;
    a.sort_by(|x, y| x.0.cmp(&y.0));
    a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x.0 == y.0 && x.1.same_as(y.1))
}

fn all(strategy: &dyn Strategy) -> Vec<Point> {
    (0..).map_while(|k| strategy.point(TrialIndex(k)).unwrap()).collect()
}

#[test]
fn every_grid_vector_gives_its_points_in_order() {
    for case in cases("grid", "cases") {
        let strategy = for_config(&grid(&case["parameters"]), 0).unwrap();
        let points = all(strategy.as_ref());
        let expected = case["points"].as_array().unwrap();
        assert_eq!(strategy.size(), case["size"].as_u64().map(u128::from), "{}", case["id"]);
        assert_eq!(points.len(), expected.len(), "{}", case["id"]);
        for (point, expected) in points.iter().zip(expected) {
            assert!(same(point, expected), "{}: {point:?} {expected}", case["id"]);
        }
    }
}

/// The first `n` points of a grid of which these are tried before.
fn unseen(config: Config, tried: Vec<Point>, n: u64) -> Vec<Point> {
    let grid = Grid::new(&Config { points: tried, ..config }, 0).unwrap();
    (0..n).map_while(|k| grid.point(TrialIndex(k)).unwrap()).collect()
}

#[test]
fn every_dedupe_vector_gives_the_next_free_points() {
    for case in cases("grid", "dedupe") {
        let runs: Vec<Point> = case["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| Point::from_json(&run["config"]).unwrap())
            .collect();
        let n = case["n"].as_u64().unwrap();
        let points = unseen(grid(&case["parameters"]), runs, n);
        let expected: Vec<&Json> =
            case["next"].as_array().unwrap().iter().filter(|next| !next.is_null()).collect();
        assert_eq!(points.len(), expected.len(), "{}: {points:?}", case["id"]);
        assert!(points.iter().zip(expected).all(|(point, expected)| same(point, expected)), "{}", case["id"]);
        let exhausted = case["next"].as_array().unwrap().iter().any(Json::is_null);
        assert_eq!((points.len() as u64) < n, exhausted, "{}", case["id"]);
    }
}

#[test]
fn every_grid_error_vector_is_refused_at_its_parameter() {
    for case in cases("grid", "errors") {
        let file = json!({ "program": "t.py", "method": "grid", "parameters": case["parameters"] });
        let errors = check(file.to_string().as_bytes()).errors;
        let fault = format!("parameters.{}", case["fault"].as_str().unwrap());
        assert!(errors.iter().any(|error| error.key == fault), "{}: {errors:?}", case["id"]);
    }
}

#[test]
fn a_grid_point_is_decoded_from_its_index() {
    let range = json!({ "min": 0, "max": 999_999 });
    let config = grid(&json!({ "a": range, "b": range }));
    let strategy = for_config(&config, 0).unwrap();
    assert_eq!(strategy.size(), Some(1_000_000_000_000));
    let point = strategy.point(TrialIndex(123_456_789_012)).unwrap().unwrap();
    assert_eq!(point.get("a"), Some(&Value::Int(123_456)));
    assert_eq!(point.get("b"), Some(&Value::Int(789_012)));
    assert_eq!(strategy.point(TrialIndex(1_000_000_000_000)), Ok(None));
}

#[test]
fn a_shuffled_grid_is_the_same_grid_in_another_order() {
    let parameters = json!({ "a": { "min": 0, "max": 9 }, "b": { "values": ["x", "y", "z"] } });
    let plain = all(for_config(&grid(&parameters), 0).unwrap().as_ref());
    let file = json!({ "program": "t.py", "method": "grid", "order": "shuffled", "parameters": parameters });
    let shuffled = all(for_config(&config(&file), 3).unwrap().as_ref());
    assert_eq!(shuffled, all(for_config(&config(&file), 3).unwrap().as_ref()));
    assert_ne!(shuffled, all(for_config(&config(&file), 4).unwrap().as_ref()));
    assert_ne!(shuffled, plain);
    assert_eq!(shuffled.len(), plain.len());
    assert!(plain.iter().all(|point| shuffled.contains(point)));
}

const CONDITIONAL: &str = r#"{
    "program": "t.py", "method": "grid",
    "parameters": {
        "momentum": { "values": [0.0, 0.9], "when": { "optimizer": "sgd" } },
        "nesterov": { "values": [true, false], "when": { "momentum": [0.9] } },
        "optimizer": { "values": ["adam", "sgd"] }
    }
}"#;

#[test]
fn a_conditional_parameter_exists_only_where_its_condition_holds() {
    let file: Json = serde_json::from_str(CONDITIONAL).unwrap();
    let strategy = for_config(&config(&file), 0).unwrap();
    let points = all(strategy.as_ref());
    let shown: Vec<String> = points.iter().map(Point::json_text).collect();
    assert_eq!(
        shown,
        [
            r#"{"optimizer": "adam"}"#,
            r#"{"momentum": 0.0, "optimizer": "sgd"}"#,
            r#"{"momentum": 0.9, "nesterov": true, "optimizer": "sgd"}"#,
            r#"{"momentum": 0.9, "nesterov": false, "optimizer": "sgd"}"#,
        ]
    );
    assert_eq!(strategy.size(), Some(4));
}

#[test]
fn conditional_points_are_used_up_by_known_runs_too() {
    let file: Json = serde_json::from_str(CONDITIONAL).unwrap();
    let config = config(&file);
    let every = all(for_config(&config, 0).unwrap().as_ref());
    for known in &every {
        let left = unseen(config.clone(), vec![known.clone()], 10);
        assert_eq!(left.len(), 3);
        assert!(!left.contains(known));
    }
}

#[test]
fn random_draws_honour_conditions_as_well() {
    let mut file: Json = serde_json::from_str(CONDITIONAL).unwrap();
    file["method"] = json!("random");
    let strategy = for_config(&config(&file), 5).unwrap();
    for k in 0..200 {
        let point = strategy.point(TrialIndex(k)).unwrap().unwrap();
        let sgd = point.get("optimizer") == Some(&Value::Text("sgd".into()));
        assert_eq!(point.get("momentum").is_some(), sgd);
        assert_eq!(point.get("nesterov").is_some(), point.get("momentum") == Some(&Value::Float(0.9)));
    }
}

#[test]
fn constraints_hold_in_grid_and_random() {
    for method in ["grid", "random"] {
        let range = json!({ "min": 1, "max": 20 });
        let file = json!({
            "program": "t.py", "method": method, "constraints": ["a < b", "a * b <= 60"],
            "parameters": { "a": range, "b": range },
        });
        let strategy = for_config(&config(&file), 1).unwrap();
        for k in 0..40 {
            let point = strategy.point(TrialIndex(k)).unwrap().unwrap();
            let value = |name| point.get(name).unwrap().as_f64().unwrap();
            assert!(value("a") < value("b") && value("a") * value("b") <= 60.0);
        }
    }
}

#[test]
fn the_kth_constrained_point_does_not_depend_on_what_was_asked_before() {
    let range = json!({ "min": 1, "max": 60 });
    let file = json!({
        "program": "t.py", "method": "grid", "order": "shuffled", "constraints": ["a + b > c"],
        "parameters": { "a": range, "b": range, "c": range },
    });
    let config = config(&file);
    let forward = for_config(&config, 9).unwrap();
    let in_order: Vec<_> = (0..300).map(|k| forward.point(TrialIndex(k)).unwrap()).collect();
    for k in [299u64, 7, 128, 64, 63, 200] {
        let fresh = for_config(&config, 9).unwrap();
        assert_eq!(fresh.point(TrialIndex(k)).unwrap(), in_order[k as usize]);
    }
}

#[test]
fn constraints_that_nothing_satisfies_end_in_an_error() {
    for method in ["grid", "random"] {
        let file = json!({
            "program": "t.py", "method": method, "constraints": ["a + b > 1000000"],
            "parameters": { "a": { "min": 1, "max": 2000 }, "b": { "min": 1, "max": 2000 } },
        });
        let result = for_config(&config(&file), 1).unwrap().point(TrialIndex(0));
        assert!(matches!(result, Err(StrategyError::NothingFits { .. })), "{result:?}");
    }
}

#[test]
fn zipped_parameters_move_together() {
    for method in ["grid", "random"] {
        let file = json!({
            "program": "t.py", "method": method, "zip": [["model", "batch"]],
            "parameters": {
                "batch": { "values": [64, 64, 8] }, "lr": { "values": [0.1, 0.2] },
                "model": { "values": ["s", "m", "l"] },
            },
        });
        let strategy = for_config(&config(&file), 1).unwrap();
        if method == "grid" {
            assert_eq!(strategy.size(), Some(6));
        }
        for k in 0..6 {
            let point = strategy.point(TrialIndex(k)).unwrap().unwrap();
            let large = point.get("model") == Some(&Value::Text("l".into()));
            assert_eq!(point.get("batch") == Some(&Value::Int(8)), large);
        }
    }
}

#[test]
fn explicit_points_come_first_and_only_once() {
    let file = json!({
        "program": "t.py", "method": "grid",
        "points": [{ "a": 3, "o": { "b": "y" } }, { "a": 1, "o.b": "x" }],
        "parameters": { "a": { "values": [1, 2, 3] }, "o": { "parameters": { "b": { "values": ["x", "y"] } } }, "c": { "value": 0 } },
    });
    let strategy = for_config(&config(&file), 0).unwrap();
    let points = all(strategy.as_ref());
    assert_eq!(strategy.size(), Some(6));
    let shown: Vec<String> = points.iter().map(Point::json_text).collect();
    assert_eq!(shown[0], r#"{"a": 3, "c": 0, "o": {"b": "y"}}"#);
    assert_eq!(shown[1], r#"{"a": 1, "c": 0, "o": {"b": "x"}}"#);
    let mut distinct = shown.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 6);
}

#[test]
fn random_points_depend_on_seed_and_index_alone() {
    let file = json!({
        "program": "t.py", "method": "random",
        "parameters": { "x": { "min": 0.0, "max": 1.0 }, "y": { "distribution": "normal" }, "z": { "values": [1, 2, 3] } },
    });
    let config = config(&file);
    let one = for_config(&config, 42).unwrap();
    let two = for_config(&config, 42).unwrap();
    let forwards: Vec<_> = (0..100).map(|k| one.point(TrialIndex(k)).unwrap()).collect();
    let backwards: Vec<_> = (0..100).rev().map(|k| two.point(TrialIndex(k)).unwrap()).collect();
    assert!(forwards.iter().eq(backwards.iter().rev()));
    assert_ne!(forwards[0], for_config(&config, 43).unwrap().point(TrialIndex(0)).unwrap());
    assert_eq!(one.size(), None);
}

#[test]
fn random_draws_follow_the_distribution() {
    let file = json!({
        "program": "t.py", "method": "random",
        "parameters": { "x": { "min": 0.0, "max": 1.0 }, "y": { "values": ["a", "b"], "probabilities": [0.25, 0.75] } },
    });
    let strategy = for_config(&config(&file), 7).unwrap();
    let points: Vec<Point> = (0..4000).map(|k| strategy.point(TrialIndex(k)).unwrap().unwrap()).collect();
    let mean = points.iter().map(|p| p.get("x").unwrap().as_f64().unwrap()).sum::<f64>() / 4000.0;
    assert!((mean - 0.5).abs() < 0.02, "{mean}");
    let a = points.iter().filter(|p| p.get("y") == Some(&Value::Text("a".into()))).count();
    assert!((900..1100).contains(&a), "{a}");
}

#[test]
fn random_without_repeats_gives_every_point_once() {
    let file = json!({
        "program": "t.py", "method": "random", "replace": false,
        "parameters": {
            "a": { "min": 1, "max": 4 }, "b": { "values": ["x", "y", "x"] },
            "c": { "distribution": "q_uniform", "min": 1, "max": 10, "q": 4 },
        },
    });
    let strategy = for_config(&config(&file), 11).unwrap();
    let mut shown: Vec<String> = all(strategy.as_ref()).iter().map(Point::json_text).collect();
    assert_eq!(strategy.size(), Some(4 * 2 * 3));
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 24);
}
