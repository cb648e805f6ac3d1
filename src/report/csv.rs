//! The trials as CSV, a row each, by RFC 4180.

use std::collections::HashMap;

use super::SweepReport;
use super::numbers::float_text;
use super::values::flatten;
use crate::text::iso_or_number;

/// The columns that every sweep's table of trials begins with, before its parameters.
pub const TRIAL_COLUMNS: [&str; 7] = ["index", "attempt", "run_id", "status", "start", "end", "duration"];

/// The trials of a report as CSV: index, attempt, run id, status, start and end (UTC), duration in
/// seconds, a column per parameter (dotted path), the metric.
///
/// What is not known is an empty cell. A parameter that is called like another column gets the prefix
/// `params.`, a metric that is called like one the prefix `metrics.`; both are MLflow's.
#[must_use]
pub fn trials_csv(report: &SweepReport) -> String {
    let paths = report.parameter_paths();
    let mut header: Vec<String> = TRIAL_COLUMNS.iter().map(|&name| name.to_owned()).collect();
    for path in &paths {
        header.push(if TRIAL_COLUMNS.contains(&path.as_str()) {
            format!("params.{path}")
        } else {
            path.clone()
        });
    }
    if let Some(objective) = report.objective {
        let name = objective.name.to_owned();
        header.push(if header.contains(&name) { format!("metrics.{name}") } else { name });
    }
    let mut out = String::new();
    push_row(&mut out, &header);
    let mut trials: Vec<_> = report.trials.iter().collect();
    trials.sort_by_key(|trial| (trial.index, trial.attempt));
    for trial in trials {
        let start = (trial.start_time > 0).then_some(trial.start_time);
        let duration = start.zip(trial.end_time).map(|(start, end)| end.saturating_sub(start).max(0));
        let mut row = vec![
            trial.index.to_string(),
            trial.attempt.to_string(),
            trial.run_id.clone(),
            trial.status_word().to_owned(),
            start.map_or_else(String::new, iso_or_number),
            trial.end_time.map_or_else(String::new, iso_or_number),
            duration.map_or_else(String::new, |ms| float_text(ms as f64 / 1000.0)),
        ];
        let mut values: HashMap<String, String> = flatten(&trial.point).into_iter().collect();
        row.extend(paths.iter().map(|path| values.remove(path).unwrap_or_default()));
        if report.objective.is_some() {
            row.push(trial.metric.map_or_else(String::new, float_text));
        }
        push_row(&mut out, &row);
    }
    out
}

/// Adds a line of cells, quoted where RFC 4180 wants it.
pub(super) fn push_row(out: &mut String, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if cell.contains(['"', ',', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}
