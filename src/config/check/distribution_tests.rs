//! The distribution vectors: from a parameter's mapping to its values.

use serde_json::Value as Json;

use crate::config::check;
use crate::config::vectors::cases;
use crate::space::{Distribution, Value};

/// The distribution that a parameter's mapping stands for, by way of the checked language.
fn distribution(spec: &Json) -> Distribution {
    let file = serde_json::json!({ "program": "t.py", "method": "random", "parameters": { "x": spec } });
    let checked = check(file.to_string().as_bytes());
    let config = checked.config.unwrap_or_else(|| panic!("{spec}: {:?}", checked.errors));
    config.space.leaves()[0].parameter.distribution.clone()
}

fn close(value: &Value, expected: &Json, tolerance: &Json) -> bool {
    let expected = Value::from_json(expected);
    if std::mem::discriminant(value) != std::mem::discriminant(&expected) {
        return false;
    }
    match (value.as_f64(), expected.as_f64()) {
        (Some(x), Some(y)) if tolerance["rel"].is_number() => {
            let rel = tolerance["rel"].as_f64().unwrap();
            let abs = tolerance["abs"].as_f64().unwrap_or(0.0);
            (x - y).abs() <= (rel * y.abs()).max(abs)
        }
        _ => format!("{value:?}") == format!("{expected:?}"),
    }
}

#[test]
fn every_distribution_vector_is_met() {
    for case in cases("distributions", "cases") {
        let distribution = distribution(&case["spec"]);
        assert_eq!(distribution.name(), case["distribution"].as_str().unwrap());
        for point in case["points"].as_array().unwrap() {
            let value = distribution.quantile(point[0].as_f64().unwrap());
            assert!(close(&value, &point[1], &case["tolerance"]), "{} {point}: {value:?}", case["id"]);
        }
        for (key, value) in distribution.fields() {
            let expected = Value::from_json(&case["filled"][key]);
            let same = value.same_as(&expected) || value.to_json().as_array().is_some();
            assert!(same, "{} {key}", case["id"]);
        }
    }
}

#[test]
fn every_edge_vector_is_met() {
    for case in cases("distributions", "edges") {
        let value = distribution(&case["spec"]).quantile(case["u"].as_f64().unwrap());
        assert!(close(&value, &case["expected"], &case["tolerance"]), "{case}: {value:?}");
    }
}
