//! The problems of the optimiser's benchmark are the functions that the other optimisers were measured on.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../benches/optimizer/problems.rs"]
mod problems;

use problems::{NAMES, Problem, data};
use sweep::space::Point;

#[test]
fn every_check_has_its_value() {
    let checks = data("checks.json");
    for name in NAMES {
        let problem = Problem::load(name);
        let cases = checks[name].as_array().unwrap();
        assert_eq!(cases.len(), 25);
        for case in cases {
            let (found, expected) =
                (problem.value(&Point::from_json(&case["c"]).unwrap()), case["y"].as_f64().unwrap());
            assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{name}: {found} {expected}");
            assert!(found >= problem.optimum - 1e-9 && problem.random > problem.optimum);
        }
        assert!(problem.config("bayes", "auto").metric.is_some());
    }
}
