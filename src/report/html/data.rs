//! What the script works on: the table of trials column by column, and where they lie in the plots.
//!
//! Numbers are given to a few digits: the exact ones are in the table of trials beside the report. A column is one of
//! - `{"v": […]}`: numbers, texts and nulls as they are;
//! - `{"d": […], "v": […]}`: texts by their places in a list;
//! - `{"from": t, "v": […]}`: moments in milliseconds after t;
//! - `{"span": true, "v": […]}`: lengths in milliseconds;
//! - `{"hex": "…"}`: ids of 16 bytes one after the other, in base64.

use std::collections::HashMap;

use base64::Engine;
use serde_json::{Map, Value as Json, json};

use super::super::numbers::{DIGITS, float_text, number};
use super::super::parallel::Parallel;
use super::super::slices::Slices;
use super::super::text::clean;
use super::super::values::flatten;
use super::super::{Plot, SweepReport};
use super::trials::{FIXED, PAGE, heads, in_order};
use crate::space::Value;
use crate::trial::Trial;

/// Significant digits of the metric, by which trials are distinguished.
const METRIC_DIGITS: usize = 10;

/// The plots whose marks the script must find.
pub(super) struct Plots<'a> {
    /// Plots with a mark for each trial: their ids and themselves.
    pub(super) marked: [(&'static str, &'a Plot); 2],
    pub(super) slices: Option<&'a Slices>,
    pub(super) parallel: Option<&'a Parallel>,
}

/// Everything that the script shows, as JSON that is safe inside a script element.
pub(super) fn data_json(report: &SweepReport, plots: &Plots) -> String {
    let paths = report.parameter_paths();
    let order = in_order(report);
    let trials: Vec<&Trial> = order.iter().filter_map(|at| report.trials.get(*at)).collect();
    let column = |name: &str| paths.iter().position(|path| path == name).map(|place| place + FIXED);
    let marks: Map<String, Json> =
        plots.marked.iter().map(|(id, plot)| ((*id).to_owned(), marks_json(plot, &order))).collect();
    let goal = report.objective.and_then(|objective| objective.goal);
    let data = json!({
        "page": PAGE,
        "runs": report.runs_at,
        "heads": heads(report),
        "columns": columns(report, &trials, &paths),
        "goal": report.objective.and_then(|objective| objective.goal_word()),
        "attempts": attempts(&trials),
        "marks": marks,
        "slices": plots.slices.map(|slices| slices.json(column)),
        "parallel": plots.parallel.map(|parallel| parallel.json(goal, METRIC, column)),
    });
    // Inside a script element only "<" can end or confuse it (HTML, 4.12.1.3).
    data.to_string().replace('<', "\\u003c")
}

/// Place of the metric's column.
const METRIC: usize = 2;

/// The columns in the order of the heads.
fn columns(report: &SweepReport, trials: &[&Trial], paths: &[String]) -> Vec<Json> {
    let start = |trial: &Trial| (trial.start_time > 0).then_some(trial.start_time);
    let from = report.first_start();
    let length = |trial: &Trial| start(trial).map(|start| report.end_of(trial).saturating_sub(start));
    let mut columns = vec![
        json!({ "v": trials.iter().map(|trial| trial.index.0).collect::<Vec<_>>() }),
        texts(trials.iter().map(|trial| Some(trial.status.as_str().to_owned()))),
        json!({ "v": trials.iter().map(|trial| metric(trial)).collect::<Vec<_>>() }),
        json!({
            "from": from,
            "v": trials.iter().map(|trial| start(trial).map(|start| start.saturating_sub(from))).collect::<Vec<_>>()
        }),
        json!({ "span": true, "v": trials.iter().map(|trial| length(trial)).collect::<Vec<_>>() }),
    ];
    let flat: Vec<HashMap<String, String>> =
        trials.iter().map(|trial| flatten(&trial.point).into_iter().collect()).collect();
    for path in paths {
        columns.push(parameter(trials, &flat, path));
    }
    if report.has_agents() {
        columns.push(texts(trials.iter().map(|trial| trial.agent.as_deref().map(clean))));
    }
    columns.push(ids(trials));
    columns
}

fn metric(trial: &Trial) -> Json {
    match trial.metric {
        None => Json::Null,
        Some(value) if value.is_finite() => number(value, METRIC_DIGITS),
        Some(value) => Json::String(float_text(value)),
    }
}

fn parameter(trials: &[&Trial], flat: &[HashMap<String, String>], path: &str) -> Json {
    let value = |trial: &&Trial| trial.point.get(path).and_then(Value::as_f64).filter(|x| x.is_finite());
    if trials.iter().any(|trial| value(trial).is_some()) {
        let cell = |(trial, texts): (&&Trial, &HashMap<String, String>)| match value(trial) {
            Some(x) => number(x, DIGITS),
            None => texts.get(path).map_or(Json::Null, |text| Json::String(clean(text))),
        };
        return json!({ "v": trials.iter().zip(flat).map(cell).collect::<Vec<_>>() });
    }
    texts(flat.iter().map(|texts| texts.get(path).map(|text| clean(text))))
}

/// Texts by their places among the different ones.
fn texts(cells: impl Iterator<Item = Option<String>>) -> Json {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut different: Vec<String> = Vec::new();
    let mut place = |text: String| {
        *places.entry(text).or_insert_with_key(|text| {
            different.push(text.clone());
            different.len() - 1
        })
    };
    let cells: Vec<Option<usize>> = cells.map(|cell| cell.map(&mut place)).collect();
    json!({ "d": different, "v": cells })
}

/// The ids of the runs: packed where all are as MLflow makes them.
fn ids(trials: &[&Trial]) -> Json {
    let bytes = |id: &str| {
        let plain = id.len() == 32 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| u128::from_str_radix(id, 16).ok()).flatten().map(u128::to_be_bytes)
    };
    let packed: Option<Vec<[u8; 16]>> = trials.iter().map(|trial| bytes(&trial.run_id)).collect();
    match packed {
        Some(packed) => json!({ "hex": base64::engine::general_purpose::STANDARD.encode(packed.concat()) }),
        None => json!({ "v": trials.iter().map(|trial| clean(&trial.run_id)).collect::<Vec<_>>() }),
    }
}

/// The attempts of the trials that were tried again, by their places.
fn attempts(trials: &[&Trial]) -> Map<String, Json> {
    let again = trials.iter().enumerate().filter(|(_, trial)| trial.attempt > 1);
    again.map(|(at, trial)| (at.to_string(), json!(trial.attempt))).collect()
}

/// The boxes of a plot's marks in whole units: lists of numbers, −1 where a trial has none. Points have no width.
fn marks_json(plot: &Plot, order: &[usize]) -> Json {
    let marks: Vec<_> = order.iter().map(|at| plot.marks.get(*at).copied().flatten()).collect();
    let list = |part: fn(super::super::MarkBox) -> f64| -> Vec<i64> {
        marks.iter().map(|mark| mark.map_or(-1, |mark| part(mark).round() as i64)).collect()
    };
    let points = marks.iter().flatten().all(|mark| mark.width == 0.0);
    let widths = if points { Vec::new() } else { list(|mark| mark.width) };
    let height = marks.iter().flatten().map(|mark| mark.height).fold(0.0, f64::max);
    json!({ "x": list(|mark| mark.x), "y": list(|mark| mark.y), "w": widths, "h": height })
}
