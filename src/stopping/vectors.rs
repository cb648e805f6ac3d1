//! W&B's hyperband against their engine: the public vectors, and further ones of the same shape.

use serde_json::Value as Json;

use super::{Hyperband, MetricReport, OtherTrial, ReportedCurve, Rule, for_config};
use crate::config::vectors::cases;
use crate::config::{Config, EarlyTerminate, Goal, check};

/// The config of a case, read as a sweep file.
fn config(case: &Json) -> Result<Config, String> {
    let metric = case.get("metric").cloned().unwrap_or_else(|| serde_json::json!({"name": "m"}));
    let file = serde_json::json!({
        "program": "p", "method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}},
        "metric": metric, "early_terminate": case["early_terminate"],
    });
    let checked = check(file.to_string().as_bytes());
    checked.config.ok_or_else(|| format!("{:?}", checked.errors))
}

fn hyperband(config: &Config) -> Hyperband {
    match config.early_terminate {
        Some(EarlyTerminate::Hyperband { min_iter, max_iter, s, eta, strict }) => {
            Hyperband::new(min_iter, max_iter.zip(s), eta, strict, config.metric.as_ref().unwrap().goal)
        }
        ref other => panic!("{other:?}"),
    }
}

/// The rows of a history under the metric's name, as a store would have kept them: what is no number is not logged.
fn curve(run: &Json, metric: &str) -> ReportedCurve {
    let value = |row: &Json| match &row[metric] {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    let rows = run["history"].as_array().unwrap();
    ReportedCurve::new(rows.iter().filter_map(value).map(|value| MetricReport { step: 0, value }).collect())
}

#[test]
fn bands_are_the_reference_engines() {
    for case in cases("hyperband", "bands") {
        let rule = hyperband(&config(&case).unwrap());
        let expected: Vec<u64> =
            case["first"].as_array().unwrap().iter().map(|band| band.as_u64().unwrap()).collect();
        assert_eq!(rule.bands()[..expected.len()], expected, "{case}");
        assert_eq!(rule.bands().len() as u64, case["count"].as_u64().unwrap(), "{case}");
    }
}

#[test]
fn a_schedule_without_a_band_is_refused() {
    for case in cases("hyperband", "band_errors") {
        assert!(config(&case).is_err(), "{case}");
    }
}

#[test]
fn the_same_runs_are_stopped_as_by_the_reference_engine() {
    for case in cases("hyperband", "stops") {
        let config = config(&case).unwrap();
        let metric = config.metric.as_ref().unwrap();
        let judge = for_config(config.early_terminate.as_ref().unwrap(), metric);
        let runs = case["runs"].as_array().unwrap();
        let curves: Vec<ReportedCurve> = runs.iter().map(|run| curve(run, &metric.name)).collect();
        let stops = runs.iter().zip(&curves).enumerate().filter_map(|(place, (run, curve))| {
            let others: Vec<OtherTrial> = curves
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, curve)| OtherTrial { finished: true, marks: judge.marks(curve) })
                .collect();
            let decided = judge.decide(curve, 0, &others).filter(|_| run["state"] == "running");
            decided.map(|_| run["name"].as_str().unwrap())
        });
        let expected: Vec<&str> =
            case["stop"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(stops.collect::<Vec<_>>(), expected, "{}", case["id"]);
        thresholds(&case, &hyperband(&config), &curves, metric.goal);
    }
}

fn thresholds(case: &Json, rule: &Hyperband, curves: &[ReportedCurve], goal: Goal) {
    let expected = case["thresholds_first6"].as_array().unwrap();
    for (band, expected) in rule.bands().iter().zip(expected) {
        let place = i64::try_from(*band).unwrap();
        let there = curves.iter().filter_map(|curve| rule.marks(curve).at(place));
        let threshold = rule.threshold(there.map(|value| goal.loss(value)).collect());
        let expected = expected.as_f64().unwrap_or(f64::INFINITY);
        assert_eq!(threshold, expected, "{} band {band}", case["id"]);
    }
}
