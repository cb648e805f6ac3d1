//! Runs as W&B's API gives them, dumped as JSON: a list of runs, a run a line, or pandas' columns; each with `config`,
//! `summary`, `state` and, where it was asked for, `history`.

use serde_json::{Map, Value as Json};

use super::super::error::ExchangeError;
use super::super::table::{Dialect, TableSelection, TableTrial, TrialTable, metric_key};
use super::lenient_json;
use super::numbers::{measurements, moment, number, params};
use crate::space::Point;
use crate::tracking::Metric;
use crate::trial::RunStatus;

/// What W&B keeps in a config or summary for itself begins so.
fn is_internal(name: &str) -> bool {
    name.starts_with('_')
}

/// Reads a dump; `text` begins with `[` or `{`.
pub(super) fn read(text: &str, file: &str, asked: &TableSelection) -> Result<TrialTable, ExchangeError> {
    let runs = runs(text, file)?;
    let metric = metric(&runs, file, asked)?;
    let mut names: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    let points: Vec<_> = runs.iter().map(config).collect();
    names.extend(
        points.iter().flatten().filter(|(name, _)| known.insert(name.clone())).map(|(name, _)| name.clone()),
    );
    if let Some(unknown) = asked.params.iter().find(|name| !names.contains(name)) {
        return Err(ExchangeError::Content {
            file: file.to_owned(),
            problem: format!("no config has `{unknown}`"),
            hint: Some(format!("Their keys are: {}.", names.join(", "))),
        });
    }
    names.retain(|name| asked.params.is_empty() || asked.params.contains(name));
    let mut table = TrialTable::empty(Dialect::WandbRuns, metric_key(&metric), names);
    let wanted: std::collections::HashSet<String> = table.params.iter().cloned().collect();
    for (at, (run, mut point)) in runs.iter().zip(points).enumerate() {
        point.retain(|(name, _)| wanted.contains(name));
        point.sort_by(|a, b| a.0.cmp(&b.0));
        match row(run, Point(point), &metric) {
            Ok(trial) => table.trials.push(trial),
            Err(why) => {
                table.left_out.push((format!("run {}", name(run).unwrap_or_else(|| at.to_string())), why));
            }
        }
    }
    table.checked(file)
}

/// The runs of a dump, in whichever form.
fn runs(text: &str, file: &str) -> Result<Vec<Map<String, Json>>, ExchangeError> {
    let listed = match lenient_json::parse(text) {
        Ok(Json::Array(items)) => items,
        Ok(Json::Object(mut entries)) => match entries.remove("runs") {
            Some(Json::Array(items)) => items,
            _ => columns(entries),
        },
        Ok(_) => Vec::new(),
        // A run a line.
        Err(whole) => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(at, line)| match lenient_json::parse(line) {
                Ok(json) => Ok(json),
                // A text that is broken over lines was meant as one.
                Err(_) if at == 0 => Err(ExchangeError::content(file, format!("not JSON: {whole}"))),
                Err(error) => Err(ExchangeError::content(
                    format!("{file}, line {}", at + 1),
                    format!("not JSON: {error}"),
                )),
            };
            lines.map(read).collect::<Result<_, _>>()?
        }
    };
    let runs: Vec<Map<String, Json>> = listed
        .into_iter()
        .filter_map(|run| match run {
            Json::Object(run) if run.contains_key("config") || run.contains_key("summary") => Some(run),
            _ => None,
        })
        .collect();
    if runs.is_empty() {
        return Err(ExchangeError::Content {
            file: file.to_owned(),
            problem: "JSON without runs".to_owned(),
            hint: Some("Expected is a list of runs, each with `config`, `summary` and `state`, as W&B's API gives them.".to_owned()),
        });
    }
    Ok(runs)
}

/// pandas writes a column a key: `{"config": {"0": {…}, "1": {…}}, "summary": {…}}`. One run alone is one run.
fn columns(entries: Map<String, Json>) -> Vec<Json> {
    let numbered = |column: &Json| {
        column
            .as_object()
            .is_some_and(|cells| !cells.is_empty() && cells.keys().all(|key| key.parse::<u64>().is_ok()))
    };
    if !entries.get("config").or(entries.get("summary")).is_some_and(numbered) {
        return vec![Json::Object(entries)];
    }
    let mut rows: std::collections::BTreeMap<u64, Map<String, Json>> = std::collections::BTreeMap::new();
    for (key, column) in entries {
        let Json::Object(cells) = column else { continue };
        for (at, cell) in cells {
            if let Ok(at) = at.parse() {
                rows.entry(at).or_default().insert(key.clone(), cell);
            }
        }
    }
    rows.into_values().map(Json::Object).collect()
}

/// A mapping of a run; the raw API has it as text.
fn mapping(run: &Map<String, Json>, keys: &[&str]) -> Map<String, Json> {
    match keys.iter().find_map(|key| run.get(*key)) {
        Some(Json::Object(entries)) => entries.clone(),
        Some(Json::String(text)) => match lenient_json::parse(text) {
            Ok(Json::Object(entries)) => entries,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// The config's values; the raw API has `{"lr": {"value": 0.1, "desc": null}}`.
fn config(run: &Map<String, Json>) -> Vec<(String, crate::space::Value)> {
    let mut entries = mapping(run, &["config"]);
    entries.retain(|key, _| !is_internal(key) && key != "wandb_version");
    for (_, value) in &mut entries {
        if let Some(inner) = value.as_object().filter(|inner| {
            inner.contains_key("value") && inner.keys().all(|key| key == "value" || key == "desc")
        }) {
            *value = inner.get("value").cloned().unwrap_or_default();
        }
    }
    params(&Json::Object(entries))
}

fn summary(run: &Map<String, Json>) -> Map<String, Json> {
    mapping(run, &["summary", "summaryMetrics", "summary_metrics"])
}

fn name(run: &Map<String, Json>) -> Option<String> {
    let text =
        |key: &str| run.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    text("display_name").or_else(|| text("displayName")).or_else(|| text("name")).or_else(|| text("id"))
}

/// The metric that was asked for, under the name that the runs have.
fn metric(runs: &[Map<String, Json>], file: &str, asked: &TableSelection) -> Result<String, ExchangeError> {
    let known: std::collections::BTreeSet<String> = runs
        .iter()
        .flat_map(|run| {
            measurements(&Json::Object(summary(run)), &is_internal).into_iter().map(|(name, _)| name)
        })
        .collect();
    let hint = format!(
        "--metric NAME. The summaries have: {}.",
        Vec::from_iter(known.iter().map(String::as_str)).join(", ")
    );
    let problem = match &asked.metric {
        Some(metric) if known.contains(&metric_key(metric)) => return Ok(metric.clone()),
        Some(metric) => format!("no run has `{metric}` in its summary"),
        None => "which number of the summaries is the metric?".to_owned(),
    };
    Err(ExchangeError::Content { file: file.to_owned(), problem, hint: Some(hint) })
}

fn row(run: &Map<String, Json>, point: Point, metric: &str) -> Result<TableTrial, String> {
    let status = match run.get("state").and_then(Json::as_str).unwrap_or("finished") {
        "finished" => RunStatus::Finished,
        "failed" | "crashed" => RunStatus::Failed,
        "killed" => RunStatus::Killed,
        other => return Err(format!("it is {other}: not over")),
    };
    let summary = Json::Object(summary(run));
    let mut metrics = measurements(&summary, &is_internal);
    let wanted = metric_key(metric);
    metrics.sort_by_key(|(name, _)| *name != wanted);
    let of_summary = |key: &str| summary.get(key);
    let start = ["created_at", "createdAt"].iter().find_map(|key| run.get(*key)).and_then(moment);
    let stamp = of_summary("_timestamp").and_then(moment);
    #[allow(clippy::cast_possible_truncation)]
    let runtime = of_summary("_runtime")
        .and_then(number)
        .filter(|x| x.is_finite())
        .map(|seconds| (seconds * 1000.0) as i64);
    let start = start.or_else(|| stamp.zip(runtime).map(|(end, length)| end.saturating_sub(length)));
    let end = stamp.or_else(|| start.zip(runtime).map(|(start, length)| start.saturating_add(length)));
    let history = history(run.get("history"), end.or(start).unwrap_or_default());
    let text = |key: &str| run.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let noted = ["id", "group", "job_type", "sweep", "url", "notes"];
    let tags = noted.iter().filter_map(|key| Some((format!("wandb.{key}"), text(key)?.to_owned()))).collect();
    Ok(TableTrial {
        name: name(run),
        status,
        start,
        end,
        point,
        metrics,
        history,
        tags,
        ..TableTrial::default()
    })
}

/// The rows of a history, each of which has some of the metrics.
fn history(rows: Option<&Json>, timestamp: i64) -> Vec<Metric> {
    let rows = rows.and_then(Json::as_array).into_iter().flatten();
    rows.enumerate()
        .flat_map(|(at, row)| {
            let step =
                row.get("_step").and_then(Json::as_i64).unwrap_or(i64::try_from(at).unwrap_or_default());
            let timestamp = row.get("_timestamp").and_then(moment).unwrap_or(timestamp);
            measurements(row, &is_internal).into_iter().map(move |(key, value)| Metric {
                key,
                value,
                timestamp,
                step,
            })
        })
        .collect()
}
