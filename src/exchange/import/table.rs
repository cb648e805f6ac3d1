//! A table of runs, on its way into a store: the sweep around them is inferred.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::error::ExchangeError;
use super::super::event::EventListener;
use super::super::table::{ConfigTemplate, TableSelection, TableTrial, TrialTable, infer_config};
use super::super::trial::TrialRecord;
use super::importer::{Imported, Importer, unless_stopped};
use crate::config::Goal;
use crate::process::now_ms;
use crate::query::IMPORTED;
use crate::record::{NewSweep, tags};
use crate::tracking::{Metric, Store};
use crate::trial::TrialIndex;

/// What is asked of a table.
#[derive(Debug, Clone)]
pub struct TableRequest {
    /// The name of the sweep; `None`: that of the file.
    pub name: Option<String>,
    /// The experiment that is to hold it; `None`: `Default`.
    pub experiment: Option<String>,
    /// The column of the metric; `None`: where the dialect has but one.
    pub metric: Option<String>,
    /// The metric's direction.
    pub goal: Option<Goal>,
    /// The columns of the params; empty: all that are not known to be something else.
    pub params: Vec<String>,
    /// Those of them that were drawn on a log scale, whatever their values look like.
    pub log: Vec<String>,
}

/// A table, and what is made of it.
pub struct TableSource {
    /// The table.
    pub table: TrialTable,
    config: String,
    name: String,
    experiment: String,
    source: String,
}

impl TableSource {
    /// Reads a table, and infers the sweep around it.
    ///
    /// # Errors
    /// Where the file is no such table, or does not have what is asked for.
    pub fn read(from: &Path, request: &TableRequest) -> Result<Self, ExchangeError> {
        let asked = TableSelection { metric: request.metric.clone(), params: request.params.clone() };
        let table = TrialTable::open(from, &asked)?;
        let Some(goal) = request.goal else {
            let problem = format!("`--goal` is missing: minimize or maximize `{}`?", table.metric);
            return Err(ExchangeError::refused(problem, "Add --goal minimize or --goal maximize."));
        };
        let source = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = request.name.clone().unwrap_or(stem);
        let experiment = request.experiment.clone().unwrap_or_else(|| "Default".to_owned());
        if let Some(unknown) = request.log.iter().find(|name| !table.params.contains(name)) {
            let problem = format!("--log {unknown}: there is no such parameter");
            return Err(ExchangeError::refused(problem, format!("Parameters: {}.", table.params.join(", "))));
        }
        let (name_of, experiment_of) = (name.as_str(), experiment.as_str());
        let around = ConfigTemplate {
            name: name_of,
            experiment: experiment_of,
            goal,
            source: &source,
            log: &request.log,
        };
        let config = infer_config(&table, &around);
        Ok(Self { table, config, name, experiment, source })
    }
}

/// Enters the runs of a table as those of this user, until it is asked to `stop`.
///
/// # Errors
/// As the store's; nothing is left then.
pub async fn import_table(
    store: &Arc<dyn Store>,
    source: &TableSource,
    user: &str,
    stop: impl Future<Output = ()>,
    listener: EventListener<'_>,
) -> Result<Imported, ExchangeError> {
    let now = now_ms();
    let first = source.table.trials.iter().filter_map(|trial| trial.start).min();
    let note = format!("Imported from {} ({}).", source.source, source.table.dialect.name());
    let new = NewSweep {
        name: &source.name,
        experiment: &source.experiment,
        config: source.config.as_bytes(),
        seed: 0,
        method: IMPORTED,
        note: Some(&note),
        user,
        tags: Vec::new(),
        prior: None,
        now: first.unwrap_or(now),
    };
    let key = format!("table {} {}", source.name, source.config);
    let trials = source.table.trials.len();
    let mut importer = Importer::begin((store, listener), new, key.as_bytes(), trials).await?;
    let done = unless_stopped(stop, all(source, now, &mut importer)).await;
    importer.outcome(done, trials as u64).await
}

async fn all(
    source: &TableSource,
    now: i64,
    importer: &mut Importer<'_>,
) -> Result<Vec<String>, ExchangeError> {
    for (index, trial) in (0..).map(TrialIndex).zip(&source.table.trials) {
        let record = record(index, trial, now);
        let timestamp = record.end.unwrap_or(record.start).max(0);
        let metric =
            |(key, value): (&String, &f64)| Metric { key: key.clone(), value: *value, timestamp, step: 0 };
        importer.add(&record, record.metrics.iter().map(metric).collect()).await?;
    }
    importer.conclude().await?;
    Ok(Vec::new())
}

/// A row as a trial. A moment that the table does not hold is now.
fn record(index: TrialIndex, trial: &TableTrial, now: i64) -> TrialRecord {
    let leaves = || trial.point.leaves().into_iter().map(|(name, value)| (name, value.text()));
    let mut all: BTreeMap<String, String> = trial.tags.iter().cloned().collect();
    all.extend(leaves().map(|(name, text)| (format!("{}{name}", tags::PARAM_PREFIX), text)));
    if trial.stopped_early {
        all.insert(tags::STOPPED_RULE.into(), "imported".into());
    }
    let start = trial.start.unwrap_or_else(|| trial.end.unwrap_or(now));
    TrialRecord {
        index,
        attempt: 1,
        run_id: String::new(),
        run_name: trial.name.clone().unwrap_or_else(|| format!("trial-{:04}", index.0)),
        sweep_id: String::new(),
        status: trial.status,
        start,
        end: Some(trial.end.unwrap_or(start)),
        exit_code: None,
        point: trial.point.clone(),
        params: leaves().collect(),
        metrics: trial.metrics.iter().cloned().collect(),
        tags: all,
    }
}
