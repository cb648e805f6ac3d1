//! A CSV file as a table of runs: for `sweep analyze --csv`.

use std::path::Path;

use itertools::Itertools as _;

use super::error::ExchangeError;
use super::file::{read_table_file, rows};
use super::trials_table::TRIAL_COLUMNS;
use crate::analysis::{ColumnInfo, Row, TrialFrame};
use crate::config::logged_value;
use crate::query::FrameRequest;
use crate::space::Value;
use crate::trial::{RunStatus, STOPPED};

/// Columns that are no parameters, where they are present.
const RUN: &str = "run";
const STATUS: &str = "status";

/// Reads a file with a header and a row a run (`-`: from stdin). Empty cells are absent values; without a column
/// `status` every run is taken as finished. The first columns of a table of trials that `finalize` wrote are understood.
///
/// # Errors
/// Where the file can't be read, has no such columns, or a cell makes no sense.
pub fn read_frame(path: &Path, asked: &FrameRequest) -> Result<TrialFrame, ExchangeError> {
    let name = format!("the table {}", path.display());
    let bytes = read_table_file(path, &name)?;
    let unreadable =
        |error: csv::Error| ExchangeError::Unreadable { file: name.clone(), source: error.into() };
    let mut reader = rows(&bytes);
    let header = reader.headers().map_err(unreadable)?.clone();
    let columns = FrameColumns::of(&header, asked).map_err(|(problem, hint)| ExchangeError::Content {
        file: name.clone(),
        problem,
        hint: Some(hint),
    })?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        rows.push(columns.row(&record).map_err(|problem| {
            let line = record.position().map_or(0, csv::Position::line);
            ExchangeError::content(format!("{name}, line {line}"), problem)
        })?);
    }
    let infos = columns.parameters.iter().map(|(_, name)| ColumnInfo {
        name: name.clone(),
        log: asked.log.contains(name),
        null_is_level: false,
    });
    Ok(TrialFrame { columns: infos.collect(), rows })
}

/// What the columns of a file are.
struct FrameColumns {
    metric: usize,
    status: Option<usize>,
    parameters: Vec<(usize, String)>,
}

impl FrameColumns {
    /// Reads a header; what is wrong comes with what to do.
    fn of(header: &csv::StringRecord, asked: &FrameRequest) -> Result<Self, (String, String)> {
        let place = |wanted: &str| header.iter().position(|name| name == wanted);
        let listed = || header.iter().join(", ");
        let missing = |wanted: &str| {
            (format!("there is no column `{wanted}`"), format!("Its columns are: {}.", listed()))
        };
        let metric = place(&asked.metric)
            .or_else(|| place(&format!("metrics.{}", asked.metric)))
            .ok_or_else(|| missing(&asked.metric))?;
        if let Some(unknown) = asked.log.iter().find(|name| place(name).is_none()) {
            return Err(missing(unknown));
        }
        let ours = header.iter().take(TRIAL_COLUMNS.len()).eq(TRIAL_COLUMNS);
        let known = |at: usize, name: &str| {
            at == metric || name == RUN || name == STATUS || (ours && at < TRIAL_COLUMNS.len())
        };
        let parameters = header.iter().enumerate().filter(|(at, name)| !known(*at, name));
        let parameters = parameters.map(|(at, name)| (at, name.to_owned())).collect();
        Ok(Self { metric, status: place(STATUS).filter(|at| *at != metric), parameters })
    }

    fn row(&self, record: &csv::StringRecord) -> Result<Row, String> {
        let cell = |at: usize| record.get(at).map(str::trim).filter(|cell| !cell.is_empty());
        let status = match self.status.and_then(cell) {
            None => RunStatus::Finished,
            // What a stopping rule ended has a value that counts.
            Some(word) if word.eq_ignore_ascii_case(STOPPED) => RunStatus::Finished,
            Some(word) => RunStatus::parse(&word.to_ascii_uppercase()).ok_or_else(|| {
                format!("unknown status `{word}`: expected FINISHED, STOPPED, FAILED, KILLED, RUNNING or SCHEDULED")
            })?,
        };
        let metric = cell(self.metric).map(number).transpose()?;
        let cells = self.parameters.iter().map(|(at, _)| cell(*at).map(logged_value)).collect();
        Ok(Row { status, metric: metric.flatten(), cells })
    }
}

/// The number that a cell of the metric holds; `None` where it says that there is none.
fn number(text: &str) -> Result<Option<f64>, String> {
    match logged_value(text) {
        Value::Null => Ok(None),
        value => match value.as_f64() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("the metric is `{text}`, which is not a number")),
        },
    }
}
