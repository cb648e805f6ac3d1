//! `trials.csv`: the trials of a sweep as a table, a row each.

use std::collections::{BTreeSet, HashMap};

use crate::config::Config;
use crate::space::Value;
use crate::text::{LineEnd, csv_table, iso_or_number};
use crate::trial::Trial;

/// The columns that every sweep's table of trials begins with, before its parameters.
pub const TRIAL_COLUMNS: [&str; 7] = ["index", "attempt", "run_id", "status", "start", "end", "duration"];

/// The trials of a sweep, to be written as a table.
#[derive(Debug, Clone, Copy)]
pub struct TrialsTable<'a> {
    /// Its trials, in any order.
    pub trials: &'a [Trial],
    /// The metric whose values they carry.
    pub metric: Option<&'a str>,
    /// The config, whose order that of parameters is; `None`: code-point order.
    pub order: Option<&'a Config>,
}

impl TrialsTable<'_> {
    /// As CSV: index, attempt, run id, status, start and end (UTC), duration in seconds, a column per parameter (dotted
    /// path), the metric.
    ///
    /// What is not known is an empty cell. A parameter that is called like another column gets the prefix `params.`, a
    /// metric that is called like one the prefix `metrics.`; both are MLflow's.
    #[must_use]
    pub fn csv(&self, end: LineEnd) -> String {
        let paths = self.paths();
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by_key(|trial| (trial.index, trial.attempt));
        let rows = trials.into_iter().map(|trial| self.row(trial, &paths));
        csv_table(std::iter::once(self.header(&paths)).chain(rows), end)
    }

    /// The dotted paths of all parameters that any trial has, in the order of the config.
    fn paths(&self) -> Vec<String> {
        let leaves = self.trials.iter().flat_map(|trial| trial.point.leaves());
        let paths: BTreeSet<String> = leaves.map(|(path, _)| path).collect();
        let paths = paths.into_iter().collect();
        match self.order {
            Some(config) => config.in_order(paths, |path| path),
            None => paths,
        }
    }

    fn header(&self, paths: &[String]) -> Vec<String> {
        let mut header: Vec<String> = TRIAL_COLUMNS.iter().map(|&name| name.to_owned()).collect();
        header.extend(paths.iter().map(|path| match TRIAL_COLUMNS.contains(&path.as_str()) {
            true => format!("params.{path}"),
            false => path.clone(),
        }));
        if let Some(name) = self.metric.map(str::to_owned) {
            header.push(if header.contains(&name) { format!("metrics.{name}") } else { name });
        }
        header
    }

    fn row(&self, trial: &Trial, paths: &[String]) -> Vec<String> {
        let number = |number: f64| Value::Float(number).text();
        let start = (trial.start_time > 0).then_some(trial.start_time);
        let duration = start.zip(trial.end_time).map(|(start, end)| end.saturating_sub(start).max(0));
        let mut row = vec![
            trial.index.to_string(),
            trial.attempt.to_string(),
            trial.run_id.clone(),
            trial.status_word().to_owned(),
            start.map_or_else(String::new, iso_or_number),
            trial.end_time.map_or_else(String::new, iso_or_number),
            duration.map_or_else(String::new, |ms| number(ms as f64 / 1000.0)),
        ];
        let mut values: HashMap<String, &Value> = trial.point.leaves().into_iter().collect();
        row.extend(paths.iter().map(|path| values.remove(path).map(Value::text).unwrap_or_default()));
        if self.metric.is_some() {
            row.push(trial.metric.map_or_else(String::new, number));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Point;
    use crate::text::CRLF;
    use crate::trial::{RunStatus, TrialIndex};

    /// 2026-03-01 12:00 UTC.
    const START: i64 = 1_772_366_400_000;

    fn trial(k: u64, point: Vec<(String, Value)>, end_time: Option<i64>, metric: Option<f64>) -> Trial {
        Trial {
            index: TrialIndex(k),
            attempt: 1,
            run_id: "r".to_owned(),
            status: RunStatus::Finished,
            agent: None,
            start_time: START,
            end_time,
            exit_code: None,
            point: Point(point),
            metric,
            stopped_early: false,
        }
    }

    #[test]
    fn csv_has_a_column_for_everything_and_quotes_what_needs_it() {
        let nested = Value::Map(vec![("lr".to_owned(), Value::Float(1e-5))]);
        let odd = Value::Text("a \"b\", c\r\nd".to_owned());
        let ended = Some(START + 1_500);
        let trials = [
            trial(2, vec![("opt".to_owned(), Value::Null)], None, None),
            trial(1, vec![("status".to_owned(), odd)], ended, Some(f64::NAN)),
            trial(0, vec![("opt".to_owned(), nested)], ended, Some(0.5)),
        ];
        let table = TrialsTable { trials: &trials, metric: Some("val/accuracy"), order: None };
        let start = "2026-03-01T12:00:00.000Z";
        let end = "2026-03-01T12:00:01.500Z";
        let expected = [
            "index,attempt,run_id,status,start,end,duration,opt,opt.lr,params.status,val/accuracy".to_owned(),
            format!("0,1,r,FINISHED,{start},{end},1.5,,1e-05,,0.5"),
            format!("1,1,r,FINISHED,{start},{end},1.5,,,\"a \"\"b\"\", c\r\nd\",nan"),
            format!("2,1,r,FINISHED,{start},,,None,,,"),
        ];
        assert_eq!(table.csv(CRLF), expected.map(|line| line + "\r\n").concat());
    }
}
