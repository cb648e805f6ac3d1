//! The config of a sweep whose table alone is known.

use serde_json::Value as Json;

use super::Table;
use super::Value;
use crate::config::Goal;

/// A parameter with more different whole numbers than this is taken as a range.
const FEW: usize = 12;
/// Positive floats that lie further apart than this are taken as drawn on a log scale.
const WIDE: f64 = 100.0;
/// So many values are listed.
const MOST: usize = 1000;

/// A config that the table's points could have come from. `source` is the table's name, for people.
#[must_use]
pub fn infer_config(table: &Table, name: &str, experiment: &str, goal: Goal, source: &str) -> String {
    let goal = goal.as_str();
    let text = |text: &str| Json::String(text.to_owned()).to_string();
    let comment: String = source.chars().filter(|c| !c.is_control()).collect();
    let mut out = format!(
        "# Inferred by `sweep import` from {comment} ({}).\n\
         # The command is not known, and the ranges are those of the values.\n\
         command: [\"false\"]\nname: {}\nexperiment_name: {}\nmethod: random\n\
         metric: {{\"name\": {}, \"goal\": {goal}}}\nrun_cap: {}\nparameters:\n",
        table.dialect.name(),
        text(name),
        text(experiment),
        text(&table.metric),
        table.trials.len(),
    );
    for param in &table.params {
        let values: Vec<&Value> = table.trials.iter().filter_map(|trial| trial.point.get(param)).collect();
        out.push_str(&format!("  {}: {}\n", text(param), distribution(&values)));
    }
    out
}

fn distribution(values: &[&Value]) -> String {
    let mut distinct: Vec<&Value> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for value in values {
        if known.insert(value.identity()) {
            distinct.push(value);
        }
    }
    let whole: Option<Vec<i128>> =
        distinct.iter().map(|value| if let Value::Int(x) = value { Some(*x) } else { None }).collect();
    let numbers: Option<Vec<f64>> =
        distinct.iter().map(|value| value.as_f64().filter(|x| x.is_finite())).collect();
    if let Some(whole) = &whole
        && let (Some(min), Some(max)) = (whole.iter().min(), whole.iter().max())
        && whole.len() > FEW
    {
        return format!("{{\"min\": {min}, \"max\": {max}}}");
    }
    if let (None, Some(numbers)) = (&whole, &numbers)
        && let (Some(min), Some(max)) =
            (numbers.iter().copied().min_by(f64::total_cmp), numbers.iter().copied().max_by(f64::total_cmp))
        && min < max
    {
        let log = min > 0.0 && max / min >= WIDE;
        let word = if log { "log_uniform_values" } else { "uniform" };
        return format!("{{\"distribution\": {word}, \"min\": {}, \"max\": {}}}", float(min), float(max));
    }
    let listed: Vec<String> = distinct.iter().take(MOST).map(|value| scalar(value)).collect();
    match listed.as_slice() {
        [] => "{\"value\": null}".to_owned(),
        listed => format!("{{\"values\": [{}]}}", listed.join(", ")),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Float(x) => float(*x),
        Value::Int(x) => x.to_string(),
        other => other.to_json().to_string(),
    }
}

/// A float as every YAML reader knows it: with a point, and a sign in the exponent.
fn float(x: f64) -> String {
    match x {
        x if x.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        x => {
            let text = Value::Float(x).text();
            match text.split_once('e') {
                Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
                _ => text,
            }
        }
    }
}
