//! The config vectors.

use serde_json::{Value as Json, json};

use crate::config::vectors::cases;
use crate::config::{CheckedConfig, Command, Config, EarlyTerminate, Goal, Method, check};
use crate::space::Value;

/// The codes that the language itself defines.
const CODES: [&str; 8] = [
    "duplicate-key",
    "yaml11-bool",
    "yaml11-exponent",
    "yaml11-octal-or-sexagesimal",
    "exponent-bounds",
    "mixed-bounds",
    "min-iter-ignored",
    "max-iter-ignored",
];

#[test]
fn every_invalid_vector_is_refused_at_the_key_at_fault() {
    for case in cases("configs", "invalid") {
        let checked = check(case["yaml"].as_str().unwrap().as_bytes());
        assert!(checked.config.is_none(), "{} was accepted", case["id"]);
        let fault = case["fault"].as_str().unwrap();
        let accept: Vec<&str> =
            case["accept"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let named = checked
            .errors
            .iter()
            .any(|e| accept.contains(&e.key.as_str()) || e.key.starts_with(&format!("{fault}.")));
        assert!(named, "{}: wanted {fault}, got {:#?}", case["id"], checked.errors);
        assert!(checked.errors.iter().all(|e| e.line >= 1 && e.column >= 1 && e.length >= 1));
    }
}

#[test]
fn an_invalid_vector_has_no_second_fault() {
    for case in cases("configs", "invalid") {
        let checked = check(case["yaml"].as_str().unwrap().as_bytes());
        // A misspelt `parameters` is missing as well; two bounds are two keys.
        let most = if case["id"] == "typo-parameter" || case["id"] == "normal-with-bounds" { 2 } else { 1 };
        assert!(checked.errors.len() <= most, "{}: {:#?}", case["id"], checked.errors);
    }
}

#[test]
fn every_valid_vector_gives_the_filled_form() {
    for case in cases("configs", "valid") {
        let CheckedConfig { config, errors, warnings, .. } = check(case["yaml"].as_str().unwrap().as_bytes());
        let config = config.unwrap_or_else(|| panic!("{}: {errors:#?}", case["id"]));
        let expect = &case["expect"];
        let mut codes: Vec<&str> =
            warnings.iter().filter_map(|w| w.code).filter(|c| CODES.contains(c)).collect();
        codes.sort_unstable();
        codes.dedup();
        let mut expected: Vec<&str> =
            case["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{}", case["id"]);
        let same = |a: &Json, b: &Json| Value::from_json(a).same_as(&Value::from_json(b));
        assert!(
            same(&filled(&config), &without_case(expect)),
            "{}\n{}\n{expect}",
            case["id"],
            filled(&config)
        );
        parameters(&config, expect, &case["id"]);
        if let Some(size) = expect["grid_size"].as_u64() {
            let strategy = crate_strategy_size(&config);
            assert_eq!(strategy, u128::from(size), "{}", case["id"]);
        }
    }
}

/// The number of combinations, from the listings alone.
fn crate_strategy_size(config: &Config) -> u128 {
    config.space.leaves().iter().map(|leaf| leaf.parameter.distribution.grid().unwrap().count()).product()
}

fn without_case(expect: &Json) -> Json {
    let mut expect = expect.clone();
    let object = expect.as_object_mut().unwrap();
    object.remove("parameters");
    object.remove("grid_size");
    // Numbers inside mappings keep their spelling: compare them as floats.
    if let Some(target) = object.get_mut("metric").and_then(|m| m.get_mut("target")) {
        *target = json!(target.as_f64());
    }
    if let Some(eta) = object.get_mut("early_terminate").and_then(|m| m.get_mut("eta")) {
        *eta = json!(eta.as_f64());
    }
    expect
}

/// The config in the shape of the vectors.
fn filled(config: &Config) -> Json {
    let method = match config.method {
        Method::Grid => "grid",
        Method::Random => "random",
        Method::Bayes => "bayes",
        Method::Sobol | Method::SuccessiveHalving => "other",
    };
    let default = ["${env}", "${interpreter}", "${program}", "${args}"].map(str::to_owned);
    let command = match &config.command {
        Command::Shell(_) => "template",
        Command::Argv(items) if *items == default => "default",
        Command::Argv(_) => "list",
    };
    let mut out = json!({ "method": method, "run_cap": config.run_cap, "command": command });
    if let Some(metric) = &config.metric {
        let goal = if metric.goal == Goal::Minimize { "minimize" } else { "maximize" };
        out["metric"] =
            json!({ "name": metric.name, "goal": goal, "impute": "worst", "impute_while_running": "false" });
        if let Some(target) = metric.target {
            out["metric"]["target"] = json!(target);
        }
    }
    if let Some(EarlyTerminate::Hyperband { min_iter, max_iter, s, eta, strict }) = &config.early_terminate {
        out["early_terminate"] = json!({ "type": "hyperband", "eta": eta, "strict": strict });
        for (key, value) in [("min_iter", min_iter), ("max_iter", max_iter), ("s", s)] {
            if let Some(value) = value {
                out["early_terminate"][key] = json!(value);
            }
        }
    }
    out
}

fn parameters(config: &Config, expect: &Json, id: &Json) {
    let leaves = config.space.leaves();
    let expected = expect["parameters"].as_array().unwrap();
    assert_eq!(leaves.len(), expected.len(), "{id}");
    for (leaf, expected) in leaves.iter().zip(expected) {
        assert_eq!(json!(leaf.path), expected["path"], "{id}");
        assert_eq!(leaf.parameter.distribution.name(), expected["distribution"].as_str().unwrap(), "{id}");
        let fields = leaf.parameter.distribution.fields();
        assert_eq!(fields.len() + 2, expected.as_object().unwrap().len(), "{id}");
        for (key, value) in fields {
            assert_eq!(value.to_json(), expected[key], "{id} {key}");
        }
    }
}
