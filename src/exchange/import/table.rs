//! Runs of another program, on their way into a store: the sweep around them is inferred.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::error::ExchangeError;
use super::super::event::EventListener;
use super::super::foreign::{ForeignSweep, read_runs};
use super::super::table::{ConfigTemplate, TableSelection, TableTrial, TrialTable, infer_config};
use super::super::trial::TrialRecord;
use super::importer::{Imported, Importer, unless_stopped};
use crate::config::Goal;
use crate::process::now_ms;
use crate::query::IMPORTED;
use crate::record::{NewSweep, sha256, tags};
use crate::tracking::Store;
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
    /// The study of Optuna's that is meant; `None`: there is but one.
    pub study: Option<String>,
}

impl TableRequest {
    /// What of it concerns the reading.
    #[must_use]
    pub fn selection(&self) -> TableSelection {
        TableSelection { metric: self.metric.clone(), params: self.params.clone(), study: self.study.clone() }
    }
}

/// A table, and what is made of it.
pub struct TableSource {
    /// The table.
    pub table: TrialTable,
    config: Vec<u8>,
    name: String,
    experiment: String,
    /// Where it comes from, for people.
    source: String,
}

impl TableSource {
    /// Reads the runs of a file or folder of another program, and infers the sweep around them.
    ///
    /// # Errors
    /// Where it is none that is known, or does not have what is asked for.
    pub fn read(from: &Path, request: &TableRequest) -> Result<Self, ExchangeError> {
        let table = read_runs(from, &request.selection())?;
        let source = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Self::around(table, request, source, stem)
    }

    /// Takes a sweep of another program that is in a store, with its own config where that is one.
    ///
    /// # Errors
    /// Where it does not have what is asked for.
    pub fn of_sweep(sweep: ForeignSweep, request: &TableRequest) -> Result<Self, ExchangeError> {
        let ForeignSweep { table, config, experiment, id } = sweep;
        let plain = request.metric.is_none() && request.params.is_empty() && request.log.is_empty();
        let mut source = Self::around(table, request, format!("sweep {id}"), id.to_string())?;
        if let Some(experiment) = experiment.filter(|_| request.experiment.is_none()) {
            source.experiment = experiment;
        }
        if let Some(config) = config.filter(|_| plain) {
            source.config = config;
        }
        Ok(source)
    }

    fn around(
        table: TrialTable,
        request: &TableRequest,
        source: String,
        default_name: String,
    ) -> Result<Self, ExchangeError> {
        let Some(goal) = request.goal.or(table.goal) else {
            let problem = format!("`--goal` is missing: minimize or maximize `{}`?", table.metric);
            return Err(ExchangeError::refused(problem, "Add --goal minimize or --goal maximize."));
        };
        let name = request.name.clone().or_else(|| table.name.clone()).unwrap_or(default_name);
        let experiment = request.experiment.clone().unwrap_or_else(|| "Default".to_owned());
        if let Some(unknown) = request.log.iter().find(|name| !table.params.contains(name)) {
            let problem = format!("--log {unknown}: there is no such parameter");
            return Err(ExchangeError::refused(problem, format!("Parameters: {}.", table.params.join(", "))));
        }
        let around =
            ConfigTemplate { name: &name, experiment: &experiment, goal, source: &source, log: &request.log };
        let config = infer_config(&table, &around).into_bytes();
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
        config: &source.config,
        seed: 0,
        method: IMPORTED,
        note: Some(&note),
        user,
        tags: Vec::new(),
        prior: None,
        now: first.unwrap_or(now),
    };
    let key = format!("table {} {} {}", source.name, source.source, sha256(&source.config));
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
        importer.add(&record, trial.logged(timestamp)).await?;
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
