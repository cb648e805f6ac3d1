//! A folder of Ray Tune's results: a folder a trial, with `params.json` and `result.json`, and the state of the experiment.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::super::error::ExchangeError;
use super::super::metrics::read_number;
use super::super::table::{Dialect, TableSelection, TableTrial, TrialTable, metric_key};
use super::lenient_json;
use super::numbers::{latest, measurements, moment, params};
use crate::space::Point;
use crate::tracking::{Metric, open_typed};
use crate::trial::RunStatus;

/// Files larger than this are no results of one trial.
const LARGEST: u64 = 1 << 28;
/// What Ray logs beside a script's metrics.
const OWN: [&str; 19] = [
    "timestamp",
    "training_iteration",
    "time_this_iter_s",
    "time_total_s",
    "time_since_restore",
    "pid",
    "hostname",
    "node_ip",
    "date",
    "done",
    "trial_id",
    "experiment_id",
    "experiment_tag",
    "checkpoint_dir_name",
    "iterations_since_restore",
    "timesteps_since_restore",
    "timesteps_total",
    "should_checkpoint",
    "warmup_time",
];

fn is_own(name: &str) -> bool {
    OWN.contains(&name) || name.starts_with("config/")
}

/// Whether a folder has results of Ray's.
pub(super) fn is_one(folder: &Path) -> bool {
    state_file(folder).is_some() || trial_folders(folder).is_ok_and(|folders| !folders.is_empty())
}

/// Reads the trials of a folder.
pub(super) fn read(folder: &Path, file: &str, asked: &TableSelection) -> Result<TrialTable, ExchangeError> {
    let unreadable =
        |error: std::io::Error| ExchangeError::Unreadable { file: file.to_owned(), source: error.into() };
    let state = state(folder, file)?;
    let mut table = TrialTable::empty(Dialect::RayTune, String::new(), Vec::new());
    let mut rows = Vec::new();
    for path in trial_folders(folder).map_err(unreadable)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match trial(&path, &name, state.get(&name)) {
            Ok(row) => rows.push(row),
            Err(why) => table.left_out.push((format!("trial {name}"), why)),
        }
    }
    rows.sort_by(|a, b| (a.start, &a.name).cmp(&(b.start, &b.name)));
    table.metric = metric(&rows, file, asked)?;
    let mut known = HashSet::new();
    for (name, _) in rows.iter().flat_map(|row| &row.point.0) {
        if known.insert(name.clone()) {
            table.params.push(name.clone());
        }
    }
    if let Some(unknown) = asked.params.iter().find(|name| !known.contains(*name)) {
        return Err(ExchangeError::Content {
            file: file.to_owned(),
            problem: format!("no trial has the parameter `{unknown}`"),
            hint: Some(format!("Their parameters are: {}.", table.params.join(", "))),
        });
    }
    table.params.retain(|name| asked.params.is_empty() || asked.params.contains(name));
    for mut row in rows {
        row.point.0.retain(|(name, _)| table.params.contains(name));
        let wanted = &table.metric;
        row.metrics.sort_by_key(|(name, _)| name != wanted);
        table.trials.push(row);
    }
    table.checked(file)
}

/// The folders that hold a trial, by name.
fn trial_folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("params.json").is_file())
        .collect();
    found.sort();
    Ok(found)
}

/// The newest state of the experiment.
fn state_file(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("experiment_state") && name.ends_with(".json")
    };
    entries.flatten().map(|entry| entry.path()).filter(named).max()
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    open_typed(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the experiment knows of each trial, by the name of its folder: its status and start.
fn state(folder: &Path, file: &str) -> Result<HashMap<String, (String, Option<i64>)>, ExchangeError> {
    let Some(path) = state_file(folder) else { return Ok(HashMap::new()) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let place = format!("{file}/{name}");
    let text = text_of(&path)
        .map_err(|error| ExchangeError::Unreadable { file: place.clone(), source: error.into() })?;
    let json =
        lenient_json::parse(&text).map_err(|error| ExchangeError::content(&place, error.to_string()))?;
    // Ray 2 has pairs of texts, older versions one text or object a trial.
    let trials = json.get("trial_data").or_else(|| json.get("checkpoints")).and_then(Json::as_array);
    let parsed = |json: &Json| match json {
        Json::String(text) => lenient_json::parse(text).unwrap_or_default(),
        json => json.clone(),
    };
    let mut known = HashMap::new();
    for entry in trials.into_iter().flatten() {
        let (trial, run) = match entry {
            Json::Array(pair) => {
                (pair.first().map(parsed).unwrap_or_default(), pair.get(1).map(parsed).unwrap_or_default())
            }
            one => (parsed(one), Json::Null),
        };
        let folder =
            ["relative_logdir", "logdir"].iter().find_map(|key| trial.get(*key)).and_then(Json::as_str);
        let status = trial.get("status").and_then(Json::as_str);
        if let (Some(folder), Some(status)) = (folder, status) {
            let start = run.get("start_time").or_else(|| trial.get("start_time")).and_then(moment);
            let name = folder.rsplit('/').next().unwrap_or(folder);
            known.insert(name.to_owned(), (status.to_owned(), start));
        }
    }
    Ok(known)
}

fn trial(path: &Path, name: &str, state: Option<&(String, Option<i64>)>) -> Result<TableTrial, String> {
    let failed = path.join("error.txt").is_file() || path.join("error.pkl").is_file();
    let status = match state.map(|(status, _)| status.as_str()) {
        Some("TERMINATED") => RunStatus::Finished,
        Some("ERROR") => RunStatus::Failed,
        Some(word @ ("RUNNING" | "PENDING" | "PAUSED")) => {
            return Err(format!("it is {}: not over", word.to_lowercase()));
        }
        _ if failed => RunStatus::Failed,
        _ => RunStatus::Finished,
    };
    let read =
        |file: &str| text_of(&path.join(file)).map_err(|error| format!("{file} can't be read: {error}"));
    let json = lenient_json::parse(&read("params.json")?).map_err(|error| format!("params.json: {error}"))?;
    let mut point = params(&json);
    point.sort_by(|a, b| a.0.cmp(&b.0));
    let (history, first) = results(path)?;
    let end = history.last().map(|metric| metric.timestamp);
    let start = state.and_then(|(_, start)| *start).or(first);
    Ok(TableTrial {
        name: Some(name.to_owned()),
        status,
        start,
        end: end.map(|end| end.max(start.unwrap_or(end))),
        point: Point(point),
        metrics: latest(&history),
        history,
        ..TableTrial::default()
    })
}

/// What a trial reported, and when it began.
fn results(path: &Path) -> Result<(Vec<Metric>, Option<i64>), String> {
    let mut history = Vec::new();
    let mut first = None;
    let text = if path.join("result.json").is_file() {
        text_of(&path.join("result.json")).map_err(|error| format!("result.json can't be read: {error}"))?
    } else {
        String::new()
    };
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let json = match lenient_json::parse(line) {
            Ok(json) => json,
            // Its writer may have been killed in the midst of it.
            Err(_) if lines.peek().is_none() && !text.ends_with('\n') => continue,
            Err(error) => return Err(format!("result.json, line {}: {error}", at + 1)),
        };
        first = first.or_else(|| began(&json));
        history.extend(reported(&json, at));
    }
    if history.is_empty() && path.join("progress.csv").is_file() {
        let text = text_of(&path.join("progress.csv"))
            .map_err(|error| format!("progress.csv can't be read: {error}"))?;
        let mut rows = super::super::file::rows(text.as_bytes());
        let header = rows.headers().map_err(|error| format!("progress.csv: {error}"))?.clone();
        for (at, row) in rows.records().enumerate() {
            let row = row.map_err(|error| format!("progress.csv: {error}"))?;
            let cell = |(name, text): (&str, &str)| {
                let value = read_number(text)
                    .filter(|x| x.is_finite())
                    .map_or(Json::String(text.to_owned()), Json::from);
                (name.to_owned(), value)
            };
            let json = Json::Object(header.iter().zip(row.iter()).map(cell).collect());
            first = first.or_else(|| began(&json));
            history.extend(reported(&json, at));
        }
    }
    Ok((history, first))
}

/// A trial began before its first result.
#[allow(clippy::cast_possible_truncation)]
fn began(json: &Json) -> Option<i64> {
    let took = json.get("time_total_s").and_then(Json::as_f64).unwrap_or_default();
    json.get("timestamp").and_then(moment).map(|end| end.saturating_sub((took * 1000.0) as i64))
}

fn reported(json: &Json, at: usize) -> Vec<Metric> {
    let step = json.get("training_iteration").and_then(Json::as_f64);
    #[allow(clippy::cast_possible_truncation)]
    let step = step.map_or(i64::try_from(at).unwrap_or_default(), |step| step as i64);
    let timestamp = json.get("timestamp").and_then(moment).unwrap_or_default();
    measurements(json, &is_own)
        .into_iter()
        .map(|(key, value)| Metric { key, value, timestamp, step })
        .collect()
}

fn metric(rows: &[TableTrial], file: &str, asked: &TableSelection) -> Result<String, ExchangeError> {
    let known: std::collections::BTreeSet<&str> =
        rows.iter().flat_map(|row| row.metrics.iter().map(|(name, _)| name.as_str())).collect();
    let wanted = asked.metric.as_deref().map(metric_key);
    let problem = match (&wanted, known.len()) {
        (Some(metric), _) if known.contains(metric.as_str()) => return Ok(metric.clone()),
        (Some(metric), _) => format!("no trial has reported `{metric}`"),
        (None, 1) => return Ok(known.first().map(|name| (*name).to_owned()).unwrap_or_default()),
        (None, _) => "which number is the metric?".to_owned(),
    };
    let listed = Vec::from_iter(known).join(", ");
    Err(ExchangeError::Content {
        file: file.to_owned(),
        problem,
        hint: Some(format!("--metric NAME. Reported are: {listed}.")),
    })
}
