//! Tables of runs as CSV: W&B's export of a run table, Optuna's `trials_dataframe().to_csv()`, our own `trials.csv`, or
//! any with a row a run.

mod columns;
mod dialect;
mod infer;
mod names;

use std::path::Path;

use super::error::ExchangeError;
use super::file::{read_table_file, rows};
use super::metrics::read_number;
use crate::config::logged_value;
use crate::space::{Point, Value};
use crate::text::parse_moment;
use crate::trial::RunStatus;
use columns::{ColumnRole, TableColumns};

pub use dialect::{Dialect, TableSelection};
pub use infer::{ConfigTemplate, infer_config};

/// A table that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialTable {
    /// Who wrote it.
    pub dialect: Dialect,
    /// The metric, under the name that it is logged by.
    pub metric: String,
    /// Its params, in the order of the table.
    pub params: Vec<String>,
    /// Its runs.
    pub trials: Vec<TableTrial>,
    /// Rows that are left out, each with its line and why.
    pub left_out: Vec<(u64, String)>,
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
    /// Cells that are none of these.
    pub tags: Vec<(String, String)>,
}

impl TrialTable {
    /// Reads the table of a file.
    ///
    /// # Errors
    /// As [`TrialTable::read`], and where the file can't be read.
    pub fn open(path: &Path, asked: &TableSelection) -> Result<Self, ExchangeError> {
        let name = path.display().to_string();
        Self::read(&read_table_file(path, &name)?, &name, asked)
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
        let mut table = Self {
            dialect: columns.dialect,
            metric: columns.metric.clone(),
            params: columns.params(),
            trials: Vec::new(),
            left_out: Vec::new(),
        };
        for record in reader.records() {
            let record = record.map_err(wrong)?;
            match row(&columns, &record) {
                Ok(trial) => table.trials.push(trial),
                Err(why) => table.left_out.push((record.position().map_or(0, csv::Position::line), why)),
            }
        }
        if table.trials.is_empty() {
            let why = table.left_out.first().map_or("it has no rows".to_owned(), |(line, why)| {
                format!("none of its rows is a run that is over (line {line}: {why})")
            });
            return Err(ExchangeError::content(file, why));
        }
        Ok(table)
    }
}

fn row(columns: &TableColumns, record: &csv::StringRecord) -> Result<TableTrial, String> {
    let mut trial = TableTrial {
        name: None,
        status: RunStatus::Finished,
        stopped_early: false,
        start: None,
        end: None,
        point: Point::default(),
        metrics: Vec::new(),
        tags: Vec::new(),
    };
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
        "finished" | "complete" | "completed" => (RunStatus::Finished, false),
        "failed" | "crashed" | "fail" => (RunStatus::Failed, false),
        "killed" => (RunStatus::Killed, false),
        "pruned" | "stopped" => (RunStatus::Killed, true),
        "running" | "waiting" | "pending" | "scheduled" | "preempting" | "preempted" => {
            return Err(format!("it is {}: not over", word.to_ascii_lowercase()));
        }
        _ => return Err(format!("unknown run state `{word}`")),
    })
}

#[cfg(test)]
mod tests;
