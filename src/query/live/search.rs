//! The trials in memory for which an expression holds: the language of `sweep trials --where`.

use super::row::LiveRow;
use super::trials::LiveTrials;
use crate::config::Filter;
use crate::query::error::QueryError;
use crate::query::metric::ChosenMetric;
use crate::query::rows::{TrialColumns, TrialField};
use crate::query::selection::{parse_filter, unreadable};
use crate::space::{Point, Value};

/// The numbers of the trials that a filter lets through.
///
/// # Errors
/// Where the filter or a name in it makes no sense.
pub fn trials_where(
    trials: &LiveTrials,
    metric: Option<&ChosenMetric>,
    filter: &str,
    now: i64,
) -> Result<Vec<u64>, QueryError> {
    let filter: Filter = parse_filter(filter)?;
    let known = names(trials);
    let fields = filter
        .names()
        .iter()
        .map(|name| Ok((name.clone(), known.field(name)?)))
        .collect::<Result<Vec<(String, TrialField)>, QueryError>>()?;
    let mut kept = Vec::new();
    for row in trials.rows() {
        let values = fields.iter().map(|(name, asked)| (name.clone(), field(row, asked, metric, now)));
        if filter.lets_through(&Point(values.collect())).map_err(|error| unreadable(&error))? {
            kept.push(row.trial);
        }
    }
    Ok(kept)
}

fn names(trials: &LiveTrials) -> TrialColumns {
    let mut known = TrialColumns::default();
    known.params.extend(trials.columns().iter().map(|column| column.name.clone()));
    for row in trials.rows() {
        for (path, _) in row.point.leaves() {
            if !known.params.contains(&path) {
                known.params.insert(path);
            }
        }
        for (key, _) in &row.metrics {
            if !known.metrics.contains(key) {
                known.metrics.insert(key.clone());
            }
        }
    }
    known
}

fn field(row: &LiveRow, asked: &TrialField, metric: Option<&ChosenMetric>, now: i64) -> Value {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    let float = |number: Option<f64>| number.map_or(Value::Null, Value::Float);
    match asked {
        TrialField::Trial => Value::Int(row.trial.into()),
        TrialField::Attempt => Value::Int(row.attempt.into()),
        TrialField::Status => Value::Text(row.status.to_owned()),
        TrialField::Duration => float(row.seconds(now)),
        TrialField::ExitCode => row.exit_code.map_or(Value::Null, |code| Value::Int(code.into())),
        TrialField::Agent => text(&row.agent),
        TrialField::Host => text(&row.host),
        TrialField::Run => Value::Text(row.run.to_string()),
        TrialField::Param(path) => row.param(path),
        TrialField::Metric(name) if metric.is_some_and(|metric| metric.name == *name) => float(row.value),
        TrialField::Metric(name) => float(row.metric(name)),
    }
}
