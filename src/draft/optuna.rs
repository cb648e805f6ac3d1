//! A draft from a script that calls Optuna: its `suggest_…` calls are found in the text, and nothing of it is run.

use super::call::{CallArguments, literal};
use super::parameter::DraftParameter;
use super::searched::{SearchedRange, listed};
use super::sweep_file::{DraftMetric, SweepDraft};
use crate::config::{Goal, is_parameter_name};
use crate::space::Value;

/// A `suggest_…` call.
struct SuggestCall {
    parameter: DraftParameter,
    /// How far in its line begins.
    indent: usize,
}

/// A sweep file for a script; `None`: it suggests nothing that can be read.
pub(super) fn draft(text: &str, script: &str) -> Option<SweepDraft> {
    let mut notes = Vec::new();
    let mut calls: Vec<SuggestCall> = Vec::new();
    for (at, _) in text.match_indices("suggest_") {
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let beginning = before.rsplit('\n').next().unwrap_or_default();
        if beginning.trim_start().starts_with('#') {
            continue;
        }
        match suggestion(text.get(at + "suggest_".len()..).unwrap_or_default(), line) {
            Some(Ok(parameter)) if calls.iter().any(|call| call.parameter.name == parameter.name) => {
                notes.push(format!(
                    "`{}` is suggested again in line {line}; the first is used.",
                    parameter.name
                ));
            }
            Some(Ok(parameter)) => {
                let indent = beginning.chars().take_while(|c| c.is_whitespace()).count();
                calls.push(SuggestCall { parameter, indent });
            }
            Some(Err(why)) => notes.push(why),
            None => {}
        }
    }
    let least = calls.iter().map(|call| call.indent).min()?;
    for call in calls.iter_mut().filter(|call| call.indent > least) {
        call.parameter.comment = format!("{}, under a condition? when: {{…: …}}", call.parameter.comment);
    }
    notes.extend(pruned(text));
    let run_cap = number_after(text, "n_trials").unwrap_or(20);
    let title = vec![
        format!("Written by `sweep new` from the suggestions in {script}, which was read and not run."),
        "The script is to run one trial: let it read these parameters from its command line (or sweepml.params()) in".into(),
        "place of trial.suggest_…, and log its result in place of returning it.".into(),
    ];
    Some(SweepDraft {
        title,
        command: vec!["python".into(), script.into(), "${args}".into()],
        missing: Vec::new(),
        experiment: None,
        method: "random",
        run_cap,
        metric: DraftMetric { name: None, goal: goal(text) },
        parameters: calls.into_iter().map(|call| call.parameter).collect(),
        each_named: false,
        extra: Vec::new(),
        notes,
    })
}

/// Reads what follows `suggest_`; the error says which one could not be read.
fn suggestion(rest: &str, line: usize) -> Option<Result<DraftParameter, String>> {
    let (kind, rest) = rest.split_once('(')?;
    if !kind.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        return None;
    }
    let (call, _) = CallArguments::read(rest)?;
    let name = match call.get(0, &["name"]).and_then(literal) {
        Some(Value::Text(name)) if is_parameter_name(&name) => name,
        _ => {
            return Some(Err(format!(
                "Line {line}: the name in suggest_{kind}(…) is computed, or is no name here."
            )));
        }
    };
    let value = |place, names: &[&str]| call.get(place, names).and_then(literal);
    let yaml = match kind {
        "categorical" => match value(1, &["choices"]) {
            Some(Value::List(values)) => listed(&values),
            _ => None,
        },
        "float" | "int" | "uniform" | "loguniform" | "discrete_uniform" => {
            let step = match kind {
                "discrete_uniform" => value(3, &["q"]),
                _ => call.get(usize::MAX, &["step"]).and_then(literal),
            };
            let log = kind == "loguniform" || call.named("log").is_some_and(|log| log == "True");
            let (low, high) = (value(1, &["low"]), value(2, &["high"]));
            low.zip(high).and_then(|(low, high)| {
                let step = step.as_ref().and_then(Value::as_f64);
                SearchedRange { low: &low, high: &high, whole: kind == "int", log, step }.yaml()
            })
        }
        _ => return None,
    };
    Some(match yaml {
        Some(yaml) => Ok(DraftParameter {
            flag: format!("--{name}"),
            name,
            yaml,
            comment: format!("{kind}, line {line}"),
            varied: true,
        }),
        None => Err(format!(
            "Line {line}: suggest_{kind}(\"{name}\", …) has values that are computed: add it by hand."
        )),
    })
}

fn goal(text: &str) -> Option<Goal> {
    let after = |word: &str| {
        let (_, rest) = text.split_once("direction")?;
        let rest = rest.trim_start_matches(['s', '=', ' ', '[']);
        rest.trim_start_matches(['"', '\'']).starts_with(word).then_some(())
    };
    match (after("maximize"), text.contains("StudyDirection.MAXIMIZE")) {
        (Some(()), _) | (_, true) => Some(Goal::Maximize),
        _ => Some(Goal::Minimize),
    }
}

/// The whole number behind `word=`.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '_').collect();
    digits.replace('_', "").parse().ok().filter(|number| *number > 0)
}

/// What stands for a pruner.
fn pruned(text: &str) -> Option<String> {
    if !text.contains("should_prune") {
        return None;
    }
    let rule = match text {
        text if text.contains("SuccessiveHalvingPruner") => "{type: asha, min_iter: 1, eta: 4}",
        text if text.contains("HyperbandPruner") => "{type: hyperband, min_iter: 1}",
        text if text.contains("PatientPruner") => "{type: patience, patience: 5}",
        _ => "{type: median}",
    };
    Some(format!(
        "The script prunes. With the metric named above, poor trials are stopped by: early_terminate: {rule}"
    ))
}
