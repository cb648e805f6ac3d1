//! A trial as lists show it: what is known of it by name, for sorting, filtering and printing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::error::QueryError;
use super::metric::ChosenMetric;
use crate::config::{Config, Fitter, nearest};
use crate::record::{Sweep, attempt_of, exit_code_of, index_of, point_of, status_word, tags};
use crate::space::{Point, Value};
use crate::text;
use crate::tracking::Run;
use crate::trial::TrialIndex;

/// The tags that a row is made of.
pub const ROW_TAGS: [&str; 7] =
    [tags::TRIAL, tags::ATTEMPT, tags::POINT, tags::EXIT_CODE, tags::AGENT, tags::HOST, tags::STOPPED_RULE];

/// A trial with what it was run with.
#[derive(Debug, Clone)]
pub struct TrialRow {
    pub run: Run,
    pub trial: TrialIndex,
    pub point: Point,
    /// The value of the sweep's metric that counts.
    pub value: Option<f64>,
}

impl TrialRow {
    /// The row of a run; `value` is that of the sweep's metric, where it is not the latest.
    pub fn of(run: Run, metric: Option<&ChosenMetric>, value: Option<f64>) -> Option<Self> {
        let latest = |metric: &ChosenMetric| run.metric(&metric.name).map(|logged| logged.value);
        let value = value.or_else(|| metric.and_then(latest));
        Some(Self { trial: index_of(&run)?, point: point_of(&run), value, run })
    }

    /// How long it took, or has taken until now.
    pub fn took(&self, now_ms: i64) -> Option<Duration> {
        took(&self.run, now_ms)
    }

    /// The latest value of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.run.metric(name).map(|logged| logged.value)
    }

    /// What a field holds; null where nothing is known.
    pub fn field(&self, field: &TrialField, metric: Option<&ChosenMetric>, now_ms: i64) -> Value {
        let float = |number: Option<f64>| number.map_or(Value::Null, Value::Float);
        let text = |tag: &str| self.run.tag(tag).map_or(Value::Null, |text| Value::Text(text.to_owned()));
        match field {
            TrialField::Trial => Value::Int(self.trial.0.into()),
            TrialField::Attempt => Value::Int(attempt_of(&self.run).into()),
            TrialField::Status => Value::Text(status_word(&self.run).to_owned()),
            TrialField::Duration => float(self.took(now_ms).map(|took| took.as_secs_f64())),
            TrialField::ExitCode => {
                exit_code_of(&self.run).map_or(Value::Null, |code| Value::Int(code.into()))
            }
            TrialField::Agent => text(tags::AGENT),
            TrialField::Host => text(tags::HOST),
            TrialField::Run => Value::Text(self.run.info.id.to_string()),
            TrialField::Param(path) => self.point.get(path).cloned().unwrap_or(Value::Null),
            TrialField::Metric(name) if metric.is_some_and(|metric| metric.name == *name) => {
                float(self.value)
            }
            TrialField::Metric(name) => float(self.metric(name)),
        }
    }

    /// For programs.
    pub fn json(&self, now_ms: i64) -> TrialJson {
        let metrics = self.run.metrics.iter();
        let metrics = metrics.map(|metric| (metric.key.clone(), Value::Float(metric.value).to_json()));
        TrialJson {
            trial: self.trial,
            attempt: attempt_of(&self.run),
            run_id: self.run.info.id.to_string(),
            status: status_word(&self.run),
            stopped_by: self.run.tag(tags::STOPPED_RULE).map(str::to_owned),
            exit_code: exit_code_of(&self.run),
            started: text::iso(self.run.info.start_time).unwrap_or_default(),
            ended: self.run.info.end_time.map(|end| text::iso(end).unwrap_or_default()),
            seconds: self.took(now_ms).map(|took| took.as_secs_f64()),
            agent: self.run.tag(tags::AGENT).map(str::to_owned),
            host: self.run.tag(tags::HOST).map(str::to_owned),
            value: self.value.map(|value| Value::Float(value).to_json()),
            params: self.point.to_json(),
            metrics: metrics.collect(),
        }
    }
}

/// The point of a trial's run; one that was too long for a tag is made again, where its method can do that.
pub fn whole_point(sweep: &Sweep, config: &Config, run: &Run) -> Result<Point, QueryError> {
    if run.tag(tags::POINT).is_some() {
        return Ok(Fitter::new(config).as_listed(point_of(run)));
    }
    let strategy = sweep.strategy_behind(run, config)?;
    let made = match index_of(run) {
        Some(trial) if !strategy.reads_history() => strategy.point(trial)?,
        _ => None,
    };
    made.ok_or_else(|| QueryError::unrecorded(format!("run {} does not record its parameters", run.info.id)))
}

/// How long a run took, or has taken until now.
pub fn took(run: &Run, now_ms: i64) -> Option<Duration> {
    let end = run.info.end_time.or((!run.info.status.is_final()).then_some(now_ms))?;
    u64::try_from(end.saturating_sub(run.info.start_time)).ok().map(Duration::from_millis)
}

/// A trial, for programs.
#[derive(Debug, Clone, Serialize)]
pub struct TrialJson {
    trial: TrialIndex,
    attempt: u32,
    run_id: String,
    status: &'static str,
    stopped_by: Option<String>,
    exit_code: Option<i32>,
    started: String,
    ended: Option<String>,
    seconds: Option<f64>,
    agent: Option<String>,
    host: Option<String>,
    value: Option<Json>,
    params: Json,
    metrics: Map<String, Json>,
}

/// Something that is known of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialField {
    Trial,
    Attempt,
    Status,
    Duration,
    ExitCode,
    Agent,
    Host,
    Run,
    Param(String),
    Metric(String),
}

/// The names that every trial has.
const FIELDS: [(&str, TrialField); 8] = [
    ("trial", TrialField::Trial),
    ("attempt", TrialField::Attempt),
    ("status", TrialField::Status),
    ("duration", TrialField::Duration),
    ("exit_code", TrialField::ExitCode),
    ("agent", TrialField::Agent),
    ("host", TrialField::Host),
    ("run_id", TrialField::Run),
];

/// The words for what became of a trial.
const STATES: [&str; 5] = ["FINISHED", "STOPPED", "FAILED", "KILLED", "RUNNING"];

/// A character that ends a name which does not stand in backticks.
fn is_no_word(c: char) -> bool {
    !(c.is_alphanumeric() || c == '_' || c == '.')
}

/// What MLflow's filters say that a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    Param,
    Metric,
    Attribute,
}

/// What stands before a name in MLflow's filters, and the name alone.
pub fn plain_name(name: &str) -> (Option<NameKind>, &str) {
    let kind = |word: &str| match word {
        "params" | "param" | "parameters" | "parameter" => Some(NameKind::Param),
        "metrics" | "metric" => Some(NameKind::Metric),
        "attributes" | "attribute" | "attr" | "run" => Some(NameKind::Attribute),
        _ => None,
    };
    match name.split_once('.').and_then(|(word, rest)| Some((kind(word)?, rest))) {
        Some((kind, rest)) => (Some(kind), rest),
        None => (None, name),
    }
}

/// The names by which trials of a sweep can be asked.
#[derive(Debug, Clone, Default)]
pub struct TrialColumns {
    pub params: BTreeSet<String>,
    pub metrics: BTreeSet<String>,
}

impl TrialColumns {
    /// What a name means: one that every trial has, else a parameter, else a metric. `params.` and `metrics.` before it
    /// say which.
    pub fn field(&self, name: &str) -> Result<TrialField, QueryError> {
        let name = &name.replace('`', "");
        let own =
            |name: &str| FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| field.clone());
        let (kind, plain) = plain_name(name);
        let param = |name: &str| self.params.contains(name).then(|| TrialField::Param(name.to_owned()));
        let metric = |name: &str| self.metrics.contains(name).then(|| TrialField::Metric(name.to_owned()));
        own(name)
            .or_else(|| param(name))
            .or_else(|| metric(name))
            .or_else(|| match kind? {
                NameKind::Param => param(plain),
                NameKind::Metric => metric(plain),
                NameKind::Attribute => own(plain),
            })
            .ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> QueryError {
        let own = FIELDS.iter().map(|(known, _)| *known);
        let all: Vec<&str> = own.chain(self.params.iter().chain(&self.metrics).map(String::as_str)).collect();
        let error = QueryError::unknown(format!("unknown column `{name}`"));
        let (_, plain) = plain_name(name);
        // What stands before the first character that is in no word, such as `model` of `model/lr`.
        let cut = |known: &&&str| known.strip_prefix(plain).is_some_and(|rest| rest.starts_with(is_no_word));
        let near = match all.iter().find(cut) {
            Some(whole) => format!("A name with such characters stands in backticks: '`{whole}`'. "),
            None => nearest(plain, all.iter().copied())
                .map_or_else(String::new, |near| format!("Did you mean `{near}`? ")),
        };
        // A state is a text, and most likely meant where nothing else is near.
        let text = match STATES.iter().find(|state| state.eq_ignore_ascii_case(name)) {
            Some(state) => format!("A text stands in quotes: \"{state}\". "),
            None if name.chars().all(|c| c.is_ascii_uppercase()) => {
                format!("A text stands in quotes: \"{name}\". ")
            }
            None => String::new(),
        };
        error.with_hint(format!("{text}{near}Columns: {}.", all.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_gets_the_hint_that_helps() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known = TrialColumns { params: names(&["lr", "model/lr"]), metrics: names(&["val loss"]) };
        for (name, hint) in [
            ("model", "'`model/lr`'"),
            ("params.model", "'`model/lr`'"),
            ("val", "'`val loss`'"),
            ("FINISHED", "\"FINISHED\""),
            ("finished", "\"FINISHED\""),
            ("Status", "Did you mean `status`"),
            ("params.lrr", "Did you mean `lr`"),
        ] {
            let error = known.field(name).unwrap_err();
            let said = error.hint().unwrap_or_default();
            assert!(said.contains(hint), "{name}: {said}");
        }
        assert!(known.field("model/lr").is_ok() && known.field("params.lr").is_ok());
    }
}
