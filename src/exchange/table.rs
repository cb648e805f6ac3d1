//! Tables of runs as CSV: W&B's export of a run table, Optuna's `trials_dataframe().to_csv()`, our own `trials.csv`, or
//! any with a row a run.

mod columns;
mod dialect;
mod infer;
mod names;

use std::collections::BTreeMap;

use super::error::ExchangeError;
use super::file::rows;
use super::metrics::read_number;
use crate::config::{Goal, logged_value};
use crate::space::{Point, Value};
use crate::text::parse_moment;
use crate::tracking::Metric;
use crate::trial::RunStatus;
use columns::{ColumnRole, TableColumns};

pub use dialect::{Dialect, TableSelection};
pub use infer::{ConfigTemplate, infer_config};
pub use names::{key as metric_key, param_key};

/// A table that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialTable {
    /// Who wrote it.
    pub dialect: Dialect,
    /// The metric, under the name that it is logged by.
    pub metric: String,
    /// What is better, where it says so.
    pub goal: Option<Goal>,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its params, in the order of the table.
    pub params: Vec<String>,
    /// How they were drawn, as YAML of a sweep file, where it says so.
    pub spaces: BTreeMap<String, String>,
    /// Its runs.
    pub trials: Vec<TableTrial>,
    /// Runs that are left out: which, and why.
    pub left_out: Vec<(String, String)>,
}

/// A row: a run that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct TableTrial {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// How it ended.
    pub status: RunStatus,
    /// Whether its program ended it for its bad values (Optuna's PRUNED).
    pub stopped_early: bool,
    /// Start, epoch milliseconds.
    pub start: Option<i64>,
    /// End, epoch milliseconds.
    pub end: Option<i64>,
    /// Its params.
    pub point: Point,
    /// The metric and other measurements.
    pub metrics: Vec<(String, f64)>,
    /// What it measured on its way, in order.
    pub history: Vec<Metric>,
    /// Cells that are none of these.
    pub tags: Vec<(String, String)>,
}

impl TableTrial {
    /// All values of a metric, in order; the final one comes last.
    #[must_use]
    pub fn values(&self, metric: &str) -> Vec<f64> {
        let mut values: Vec<f64> =
            self.history.iter().filter(|entry| entry.key == metric).map(|entry| entry.value).collect();
        let last = self.metrics.iter().find(|(name, _)| name == metric).map(|(_, value)| *value);
        values.extend(last.filter(|last| values.last().is_none_or(|known| !same(*known, *last))));
        values
    }

    /// What is logged of it: its history, and final values that the history does not end with.
    #[must_use]
    pub fn logged(&self, timestamp: i64) -> Vec<Metric> {
        let mut logged = self.history.clone();
        let mut ends: std::collections::HashMap<&str, &Metric> = std::collections::HashMap::new();
        for entry in &self.history {
            ends.insert(&entry.key, entry);
        }
        for (key, value) in &self.metrics {
            let end = ends.get(key.as_str());
            if end.is_none_or(|end| !same(end.value, *value)) {
                let step = end.map_or(0, |end| end.step.saturating_add(1));
                let timestamp = end.map_or(timestamp, |end| end.timestamp.max(timestamp));
                logged.push(Metric { key: key.clone(), value: *value, timestamp, step });
            }
        }
        logged
    }
}

/// Whether two values are one, NaN included.
fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq() || (a.is_nan() && b.is_nan())
}

impl Default for TableTrial {
    fn default() -> Self {
        Self {
            name: None,
            status: RunStatus::Finished,
            stopped_early: false,
            start: None,
            end: None,
            point: Point::default(),
            metrics: Vec::new(),
            history: Vec::new(),
            tags: Vec::new(),
        }
    }
}

impl TrialTable {
    /// A table without runs.
    #[must_use]
    pub fn empty(dialect: Dialect, metric: String, params: Vec<String>) -> Self {
        Self {
            dialect,
            metric,
            goal: None,
            name: None,
            params,
            spaces: BTreeMap::new(),
            trials: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// The table, where it holds a run that is over.
    ///
    /// # Errors
    /// Where it holds none; with the reason of the first.
    pub fn checked(self, file: &str) -> Result<Self, ExchangeError> {
        if self.trials.is_empty() {
            let why = self.left_out.first().map_or("it has no runs".to_owned(), |(run, why)| {
                format!("none of its runs is over ({run}: {why})")
            });
            return Err(ExchangeError::content(file, why));
        }
        Ok(self)
    }

    /// Reads a table; `file` is for messages.
    ///
    /// # Errors
    /// Where it is no table, has no column for the metric or a param, or holds no run.
    pub fn read(bytes: &[u8], file: &str, asked: &TableSelection) -> Result<Self, ExchangeError> {
        let wrong = |error: csv::Error| ExchangeError::content(file, format!("not a table: {error}"));
        let mut reader = rows(bytes);
        let header = reader.headers().map_err(wrong)?.clone();
        let columns = TableColumns::of(&header, asked).map_err(|(problem, hint)| ExchangeError::Content {
            file: file.to_owned(),
            problem,
            hint: Some(hint),
        })?;
        if columns.params().is_empty() {
            return Err(ExchangeError::Content {
                file: file.to_owned(),
                problem: "no column is a param".to_owned(),
                hint: Some("--params NAME,… names those that are.".to_owned()),
            });
        }
        let mut table = Self::empty(columns.dialect, columns.metric.clone(), columns.params());
        for record in reader.records() {
            let record = record.map_err(wrong)?;
            match row(&columns, &record) {
                Ok(trial) => table.trials.push(trial),
                Err(why) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    table.left_out.push((format!("line {line}"), why));
                }
            }
        }
        table.checked(file)
    }
}

fn row(columns: &TableColumns, record: &csv::StringRecord) -> Result<TableTrial, String> {
    let mut trial = TableTrial::default();
    let mut seconds = None;
    for (role, cell) in columns.roles.iter().zip(record) {
        let text = cell.trim();
        if text.is_empty() {
            continue;
        }
        let moment = || parse_moment(text).ok_or_else(|| format!("`{text}` is not a date and time"));
        match role {
            ColumnRole::Ignored => {}
            ColumnRole::Name => trial.name = Some(text.to_owned()),
            ColumnRole::Status => (trial.status, trial.stopped_early) = status(text)?,
            ColumnRole::Failed if matches!(logged_value(text), Value::Bool(true)) => {
                trial.status = RunStatus::Failed;
            }
            ColumnRole::Failed => {}
            ColumnRole::Start => trial.start = Some(moment()?),
            ColumnRole::End => trial.end = Some(moment()?),
            ColumnRole::Seconds => seconds = read_number(text),
            ColumnRole::Metric(name) => {
                let missing = matches!(logged_value(text), Value::Null);
                let number = read_number(text).filter(|_| !missing);
                if number.is_none() && !missing {
                    return Err(format!("the metric is `{text}`, which is not a number"));
                }
                trial.metrics.extend(number.map(|number| (name.clone(), number)));
            }
            ColumnRole::Param(name) => trial.point.0.push((name.clone(), logged_value(text))),
            ColumnRole::Other(name) => match read_number(text) {
                Some(number) => trial.metrics.push((name.clone(), number)),
                None => trial.tags.push((name.clone(), text.to_owned())),
            },
        }
    }
    trial.point.0.sort_by(|a, b| a.0.cmp(&b.0));
    if trial.end.is_none() {
        #[allow(clippy::cast_possible_truncation)]
        let length = seconds.filter(|seconds| seconds.is_finite()).map(|seconds| (seconds * 1000.0) as i64);
        trial.end = trial.start.zip(length).map(|(start, length)| start.saturating_add(length));
    }
    Ok(trial)
}

/// MLflow's, W&B's and Optuna's words for how a run ended.
fn status(word: &str) -> Result<(RunStatus, bool), String> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "finished" | "complete" | "completed" | "inactive" | "idle" => (RunStatus::Finished, false),
        "failed" | "crashed" | "fail" => (RunStatus::Failed, false),
        "killed" => (RunStatus::Killed, false),
        "pruned" | "stopped" => (RunStatus::Killed, true),
        "running" | "active" | "waiting" | "pending" | "scheduled" | "preempting" | "preempted" => {
            return Err(format!("it is {}: not over", word.to_ascii_lowercase()));
        }
        _ => return Err(format!("unknown run state `{word}`")),
    })
}

#[cfg(test)]
mod tests;
