//! Drafts from configs of other programs that sweep: Hydra's sweepers, and mlflow-sweeper.

use super::call::{CallArguments, literal};
use super::command_line::command_words;
use super::parameter::DraftParameter;
use super::searched::{SearchedRange, listed};
use super::sweep_file::{DraftMetric, SweepDraft};
use crate::config::{Goal, is_parameter_name, yaml_text};
use crate::space::Value;

/// The value of a key, or of keys joined by dots.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let Value::Map(entries) = value else { return None };
    if let Some((_, found)) = entries.iter().find(|(key, _)| key == path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    at(entries.iter().find(|(key, _)| key == first).map(|(_, value)| value)?, rest)
}

fn text_at(value: &Value, path: &str) -> Option<String> {
    at(value, path).map(Value::text)
}

fn goal_of(text: &str) -> Option<Goal> {
    match text.to_ascii_lowercase() {
        text if text.contains("max") => Some(Goal::Maximize),
        text if text.contains("min") => Some(Goal::Minimize),
        _ => None,
    }
}

fn count_at(value: &Value, paths: &[&str]) -> Option<u64> {
    paths.iter().find_map(|path| match at(value, path) {
        Some(Value::Int(count)) => u64::try_from(*count).ok().filter(|count| *count > 0),
        _ => None,
    })
}

/// A parameter, or a note where it can't be read.
fn entry(name: &str, yaml: Option<String>, written: &str) -> Result<DraftParameter, String> {
    match yaml {
        Some(yaml) if is_parameter_name(name) => Ok(DraftParameter {
            name: name.to_owned(),
            yaml,
            comment: written.to_owned(),
            varied: true,
            flag: String::new(),
        }),
        _ => Err(format!("{name}: {written} has no counterpart that is known here: add it by hand.")),
    }
}

fn split<T, E>(results: Vec<Result<T, E>>) -> (Vec<T>, Vec<E>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => bad.push(error),
        }
    }
    (good, bad)
}

/// A config with `hydra.sweeper.params` (or the older `search_space`); `None`: it has none.
pub(super) fn of_hydra(config: &Value, file: &str) -> Option<SweepDraft> {
    let sweeper = at(config, "hydra.sweeper")?;
    let searched = at(sweeper, "params").or_else(|| at(sweeper, "search_space"))?;
    let Value::Map(entries) = searched else { return None };
    let read = |(name, value): &(String, Value)| {
        let bare = name.trim_start_matches('+');
        match value {
            Value::Map(_) => entry(bare, of_mapping(value), &value.json_text()),
            Value::Text(text) => entry(bare, of_override(text), text),
            Value::List(values) => entry(bare, listed(values), &value.json_text()),
            other => entry(bare, Some(format!("{{value: {}}}", yaml_text(other))), &other.text()),
        }
    };
    let (parameters, notes) = split(entries.iter().map(read).collect());
    let added = entries.iter().any(|(name, _)| name.starts_with('+'));
    let args = if added { "${args_override_hydra}" } else { "${args_no_hyphens}" };
    Some(SweepDraft {
        title: vec![
            format!(
                "Written by `sweep new` from hydra.sweeper of {file}. Name the script in the command. Each trial is a run of it"
            ),
            "without --multirun: remove the sweeper from the config.".to_owned(),
        ],
        command: vec!["python".into(), "train.py".into(), args.into()],
        missing: Vec::new(),
        experiment: text_at(sweeper, "study_name").filter(|name| name != "None" && !name.contains("${")),
        method: "random",
        run_cap: count_at(sweeper, &["n_trials", "ax_config.max_trials", "optim.budget"]).unwrap_or(20),
        metric: DraftMetric { name: None, goal: text_at(sweeper, "direction").as_deref().and_then(goal_of) },
        parameters,
        each_named: false,
        extra: Vec::new(),
        notes,
    })
}

/// `interval(0.001, 0.1)`, `tag(log, interval(…))`, `choice(a, b)`, `range(1, 10, 2)`, `int(…)`, `16,32,64`.
fn of_override(text: &str) -> Option<String> {
    of_call(text.trim(), false, false)
}

fn of_call(text: &str, whole: bool, log: bool) -> Option<String> {
    let plain = |item: &String| literal(item).or_else(|| Some(Value::Text(item.clone())));
    let Some((name, rest)) = text.split_once('(') else {
        let items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
        return match items.as_slice() {
            [one] => Some(format!("{{value: {}}}", yaml_text(&plain(one)?))),
            items => listed(&items.iter().map(plain).collect::<Option<Vec<_>>>()?),
        };
    };
    let (call, _) = CallArguments::read(rest)?;
    match name.trim() {
        "tag" => {
            let inner = call.placed().last()?;
            let tags = call.placed().iter().rev().skip(1);
            of_call(inner, whole, log || tags.into_iter().any(|tag| tag == "log"))
        }
        "int" => of_call(call.placed().first()?, true, log),
        "float" => of_call(call.placed().first()?, false, log),
        "sort" | "shuffle" => of_call(call.placed().first()?, whole, log),
        "choice" => listed(&call.placed().iter().map(plain).collect::<Option<Vec<_>>>()?),
        "interval" => {
            let (low, high) = (literal(call.get(0, &["start"])?)?, literal(call.get(1, &["end"])?)?);
            SearchedRange { low: &low, high: &high, whole, log, step: None }.yaml()
        }
        "range" => {
            let (start, stop) = match call.placed() {
                [stop] => (Value::Int(0), literal(stop)?),
                _ => (literal(call.get(0, &["start"])?)?, literal(call.get(1, &["stop"])?)?),
            };
            let step = call.get(2, &["step"]).map_or(Some(Value::Int(1)), literal)?;
            of_range(&start, &stop, &step, log)
        }
        _ => None,
    }
}

/// Its end is no part of a range of Hydra's whole numbers.
fn of_range(start: &Value, stop: &Value, step: &Value, log: bool) -> Option<String> {
    match (start, stop, step) {
        (Value::Int(low), Value::Int(stop), Value::Int(step)) if *step > 0 => {
            let high = Value::Int(stop - 1);
            SearchedRange { low: &Value::Int(*low), high: &high, whole: true, log, step: Some(*step as f64) }
                .yaml()
        }
        (low, high, step) => {
            SearchedRange { low, high, whole: false, log: false, step: step.as_f64() }.yaml()
        }
    }
}

/// `{low: 0.001, high: 0.1, log: true}`, `{type: categorical, choices: […]}`, `{min: 1, max: 8}`.
fn of_mapping(value: &Value) -> Option<String> {
    let any = |keys: &[&str]| keys.iter().find_map(|key| at(value, key));
    if let Some(Value::List(values)) = any(&["choices", "values"]) {
        return listed(values);
    }
    if let Some(one) = any(&["value"]) {
        return Some(format!("{{value: {}}}", yaml_text(one)));
    }
    let (low, high) = (any(&["low", "min", "lower"])?, any(&["high", "max", "upper"])?);
    let kind = any(&["type"]).map(Value::text).unwrap_or_default();
    let whole =
        kind.starts_with("int") || (kind.is_empty() && matches!((low, high), (Value::Int(_), Value::Int(_))));
    let log = matches!(any(&["log"]), Some(Value::Bool(true)));
    SearchedRange { low, high, whole, log, step: any(&["step", "q"]).and_then(Value::as_f64) }.yaml()
}

/// A file of mlflow-sweeper: `experiment`, `algorithm`, `spec`, `command`, `parameters`; `None`: it is none.
pub(super) fn of_mlflow_sweeper(config: &Value, file: &str) -> Option<SweepDraft> {
    let spec = at(config, "spec")?;
    let Some(Value::Map(entries)) = at(config, "parameters") else { return None };
    let read = |(name, value): &(String, Value)| match value {
        Value::List(values) => entry(name, listed(values), &value.json_text()),
        Value::Map(_) => entry(name, of_mapping(value), &value.json_text()),
        one => entry(name, Some(format!("{{value: {}}}", yaml_text(one))), ""),
    };
    let (parameters, mut notes) = split(entries.iter().map(read).collect());
    let algorithm = text_at(config, "algorithm").unwrap_or_default();
    if !matches!(algorithm.as_str(), "grid" | "random" | "") {
        notes.push(format!("`algorithm: {algorithm}` has no counterpart: random is used."));
    }
    if at(spec, "grid_params").is_some() {
        notes.push("`grid_params` has no counterpart: its parameters are drawn like the others.".to_owned());
    }
    let command = text_at(config, "command").and_then(|text| command_words(&text).ok());
    let mut command = command.unwrap_or_else(|| {
        notes.push("The command could not be read: write it above.".to_owned());
        vec!["python".into(), "train.py".into()]
    });
    command.push("${args_no_hyphens}".into());
    let retries = count_at(spec, &["max_retry"]).map(|retries| format!("retries: {retries}"));
    Some(SweepDraft {
        title: vec![format!("Written by `sweep new` from {file}, a file of mlflow-sweeper.")],
        command,
        missing: Vec::new(),
        experiment: text_at(config, "experiment"),
        method: if algorithm == "grid" { "grid" } else { "random" },
        run_cap: count_at(spec, &["n_runs"]).unwrap_or(20),
        metric: DraftMetric {
            name: text_at(spec, "metric"),
            goal: text_at(spec, "direction").as_deref().and_then(goal_of),
        },
        parameters,
        each_named: false,
        extra: retries.into_iter().collect(),
        notes,
    })
}
