//! Numbers, names and moments in the JSON of other programs.

use serde_json::Value as Json;

use super::super::metrics::read_number;
use super::super::table::{metric_key, param_key};
use crate::config::logged_value;
use crate::space::Value;
use crate::text::parse_moment;

/// A number, also one that JSON can't write and that stands as text.
pub(super) fn number(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text)
            if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity" | "nan" | "inf" | "-inf") =>
        {
            read_number(text)
        }
        _ => None,
    }
}

/// Epoch milliseconds: of seconds, or of a moment in words.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn moment(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => {
            number.as_f64().filter(|x| x.is_finite()).map(|seconds| (seconds * 1000.0) as i64)
        }
        Json::String(text) => parse_moment(text),
        _ => None,
    }
}

/// The numbers of a mapping under names that MLflow takes; those that another program keeps for itself are `skipped`.
pub(super) fn measurements(json: &Json, skipped: &dyn Fn(&str) -> bool) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    walk(json, "", '/', &mut |name, leaf| {
        if !skipped(name)
            && let Some(number) = number(leaf)
        {
            found.push((metric_key(name), number));
        }
    });
    found
}

/// The values of a mapping by their dotted names, as params.
pub(super) fn params(json: &Json) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = Vec::new();
    walk(json, "", '.', &mut |name, leaf| {
        let value = match leaf {
            Json::String(text) => match logged_value(text) {
                // A text that reads as a number is a text there.
                value @ Value::Float(x) if !x.is_finite() => value,
                _ => Value::Text(text.clone()),
            },
            leaf => Value::from_json(leaf),
        };
        let name = param_key(name);
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, value));
        }
    });
    found
}

fn walk(json: &Json, path: &str, sign: char, found: &mut dyn FnMut(&str, &Json)) {
    match json {
        Json::Object(entries) => {
            for (key, value) in entries {
                let below = if path.is_empty() { key.clone() } else { format!("{path}{sign}{key}") };
                walk(value, &below, sign, found);
            }
        }
        leaf if !path.is_empty() => found(path, leaf),
        _ => {}
    }
}

/// The last value of each metric.
pub(super) fn latest(history: &[crate::tracking::Metric]) -> Vec<(String, f64)> {
    let mut last: Vec<(String, f64)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for metric in history {
        match places.get(&metric.key) {
            Some(&at) => {
                if let Some((_, value)) = last.get_mut::<usize>(at) {
                    *value = metric.value;
                }
            }
            None => {
                places.insert(metric.key.clone(), last.len());
                last.push((metric.key.clone(), metric.value));
            }
        }
    }
    last
}
