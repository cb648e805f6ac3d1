//! The vectors of `method: bayes`: coordinates, targets, and the acquisition on given candidates.

use serde_json::{Value as Json, json};

use super::improvement::{cumulated, expected};
use super::targets::{SearchTarget, targets};
use crate::config::vectors::cases;
use crate::config::{Config, check};
use crate::gaussian::axis::{AxisKind, SearchAxis};
use crate::gaussian::gp::{GaussianProcess, Hyperparameters, Scratch, covariance};
use crate::gaussian::kernel::{KernelForm, PointColumns};
use crate::space::{Distribution, Number, Point, Shape, Value};
use crate::strategy::{LoggedValues, Observation};
use crate::trial::{RunStatus, TrialIndex};

fn config(file: &Json) -> Config {
    let checked = check(file.to_string().as_bytes());
    checked.config.unwrap_or_else(|| panic!("{file}: {:#?}", checked.errors))
}

fn number(x: &Json) -> f64 {
    x.as_f64().unwrap()
}

#[test]
fn every_value_has_its_coordinate() {
    for case in cases("bayes", "encode") {
        let config =
            config(&json!({ "program": "t.py", "method": "random", "parameters": { "x": case["spec"] } }));
        let leaves = config.space.leaves();
        let values = case["values"].as_array().unwrap();
        for (value, unit) in values.iter().zip(case["unit"].as_array().unwrap()) {
            let u = leaves[0].parameter.distribution.coordinate(&Value::from_json(value)).unwrap();
            assert!((u - number(unit)).abs() < 1e-9, "{case}: {value} is at {u}");
        }
    }
}

/// A run of the vectors as the store would describe it.
fn observed(run: &Json) -> Observation {
    let status = match run["state"].as_str().unwrap() {
        "finished" => RunStatus::Finished,
        "failed" | "crashed" => RunStatus::Failed,
        "killed" => RunStatus::Killed,
        "running" => RunStatus::Running,
        _ => RunStatus::Scheduled,
    };
    Observation {
        trial: Some(TrialIndex(0)),
        point: Point::default(),
        status,
        metric: run["summary"]["m"].as_f64(),
        logged: LoggedValues::of(run["history"].as_array().unwrap().iter().filter_map(Json::as_f64)),
        beside: Vec::new(),
        stopped_early: false,
    }
}

#[test]
fn every_run_counts_as_the_table_of_targets_says() {
    for case in cases("bayes", "targets") {
        let parameters = json!({ "x": { "min": 0.0, "max": 1.0 } });
        let file = json!({ "program": "t.py", "method": "bayes", "metric": case["metric"], "parameters": parameters });
        let runs = case["runs"].as_array().unwrap();
        let history: Vec<Observation> = runs.iter().map(observed).collect();
        let found = targets(&config(&file).metric.unwrap(), &history);
        let (mut values, mut pending) = (Vec::new(), Vec::new());
        for (run, target) in runs.iter().zip(found) {
            match target {
                SearchTarget::Value(y) => values.push((run["name"].clone(), y)),
                SearchTarget::Pending => pending.push(run["name"].clone()),
            }
        }
        let expected: Vec<(Json, f64)> = case["observed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].clone(), number(&pair[1])))
            .collect();
        assert_eq!(values, expected, "{}", case["id"]);
        assert_eq!(Json::Array(pending), case["pending"], "{}", case["id"]);
    }
}

#[test]
fn a_trial_that_a_rule_stopped_counts_with_what_it_had() {
    let file = json!({
        "program": "t.py", "method": "bayes", "metric": { "name": "m", "goal": "minimize" },
        "parameters": { "x": { "min": 0.0, "max": 1.0 } },
    });
    let metric = config(&file).metric.unwrap();
    let run = |values: &[f64], status, stopped_early| Observation {
        trial: Some(TrialIndex(0)),
        point: Point::default(),
        status,
        metric: values.last().copied(),
        logged: LoggedValues::of(values.iter().copied()),
        beside: Vec::new(),
        stopped_early,
    };
    let history =
        [run(&[9.0, 1.0], RunStatus::Finished, false), run(&[5.0, 3.0, 4.0], RunStatus::Killed, true)];
    assert_eq!(targets(&metric, &history), [SearchTarget::Value(1.0), SearchTarget::Value(3.0)]);
    let history = [history[0].clone(), run(&[5.0, 3.0, 4.0], RunStatus::Killed, false)];
    assert_eq!(targets(&metric, &history), [SearchTarget::Value(1.0), SearchTarget::Value(9.0)]);
}

fn points(list: &Json) -> Vec<Vec<f64>> {
    list.as_array().unwrap().iter().map(|row| row.as_array().unwrap().iter().map(number).collect()).collect()
}

/// Values as the reference standardises them, and what turns them back.
fn standardised(y: &[f64]) -> (Vec<f64>, f64, f64) {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let std = (y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n).sqrt() + 1e-6;
    (y.iter().map(|y| (y - mean) / std).collect(), mean, std)
}

/// The reference's model: one length, unit variance, no mean, nothing but a trace of noise.
fn reference_hyper(axes: usize, length: f64) -> Hyperparameters {
    let lengths = vec![length.ln(); axes];
    Hyperparameters { lengths, amplitude: 0.0, noise: 1e-7_f64.ln(), lambda: 1.0, form: KernelForm::Rough }
}

fn reference<'a>(axes: &'a [SearchAxis], length: f64, x: &[Vec<f64>], z: &[f64]) -> GaussianProcess<'a> {
    let hyper = reference_hyper(axes.len(), length);
    GaussianProcess::around(axes, hyper, PointColumns::of(axes.len(), x), z, Some(0.0)).unwrap()
}

/// The length with the greatest likelihood: a scan of its logarithm, then golden section.
fn best_length(axes: &[SearchAxis], x: &[Vec<f64>], z: &[f64]) -> f64 {
    let data = PointColumns::of(axes.len(), x);
    let likelihood = |log_length: f64| {
        let hyper = reference_hyper(axes.len(), log_length.exp());
        let factor = covariance(axes, &hyper, &data).cholesky().unwrap();
        let mut half = Vec::new();
        factor.inverse_lower().times_lower(z, &mut half);
        let logs: f64 = (0..data.n).map(|i| factor.row(i)[i].ln()).sum();
        -0.5 * half.iter().map(|h| h * h).sum::<f64>() - logs
    };
    let steps: Vec<f64> = (0..400).map(|i| -4.6 + 9.2 * f64::from(i) / 399.0).collect();
    let top = *steps.iter().max_by(|a, b| likelihood(**a).total_cmp(&likelihood(**b))).unwrap();
    let (mut low, mut high) = (top - 0.05, top + 0.05);
    for _ in 0..60 {
        let (a, b) = (low + 0.382 * (high - low), low + 0.618 * (high - low));
        if likelihood(a) > likelihood(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}

#[test]
fn the_model_of_the_reference_chooses_the_same_candidate_and_expects_the_same() {
    let shape = Shape::Uniform { min: Number::Int(0), max: Number::Int(1) };
    let (kind, _) = AxisKind::of(&Distribution::Continuous { shape, q: None });
    for case in cases("bayes", "acquisition") {
        let mut x = points(&case["X"]);
        let mut y: Vec<f64> = case["y"].as_array().unwrap().iter().map(number).collect();
        let axes = vec![SearchAxis { kind: kind.clone(), conditional: false }; x[0].len()];
        let best = y.iter().copied().fold(f64::INFINITY, f64::min);
        let (mut scratch, mut means) = (Scratch::default(), Vec::new());
        let pending = points(&case["pending"]);
        if !pending.is_empty() {
            let (z, mean, std) = standardised(&y);
            let first = reference(&axes, best_length(&axes, &x, &z), &x, &z);
            for point in &pending {
                first.predict(point, &mut scratch, &mut means);
                y.push(means[0] * std + mean);
            }
            x.extend(pending);
        }
        let (z, mean, std) = standardised(&y);
        let length = best_length(&axes, &x, &z);
        assert!((length / number(&case["length_scale"]) - 1.0).abs() < 2e-3, "{}: {length}", case["id"]);
        let process = reference(&axes, number(&case["length_scale"]), &x, &z);
        let top = (best - mean) / std;
        let mut predictions = Vec::new();
        for candidate in points(&case["candidates"]) {
            let s = process.predict(&candidate, &mut scratch, &mut means).sqrt();
            predictions.push((expected(top, means[0], s), means[0], s));
        }
        let chosen =
            (0..predictions.len()).max_by(|a, b| predictions[*a].0.total_cmp(&predictions[*b].0)).unwrap();
        assert_eq!(chosen as u64, case["best"].as_u64().unwrap(), "{}", case["id"]);
        let (improvement, m, s) = predictions[chosen];
        let close = |found: f64, key: &str| {
            let expected = number(&case[key]);
            let (rel, abs) = (number(&case["tolerance"]["rel"]), number(&case["tolerance"]["abs"]));
            assert!(
                (found - expected).abs() <= abs + rel * expected.abs(),
                "{}: {key} {found} {expected}",
                case["id"]
            );
        };
        close(m * std + mean, "mean");
        close(s * std, "std");
        close(improvement, "expected_improvement");
        close(cumulated((top - m) / s), "probability_of_improvement");
    }
}
