//! A sweep that mlflow-sweep ran: a parent run with its config, a table of what was proposed, and a child run a trial.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::error::ExchangeError;
use super::super::table::{Dialect, TableSelection, TableTrial, TrialTable, param_key};
use super::numbers::params;
use crate::config::{self, Config, logged_value};
use crate::record::{CONFIG_ARTIFACT, histories, search_all, tags};
use crate::space::{Point, Value};
use crate::tracking::{ErrorKind, Run, RunId, RunQuery, Store};

/// What was proposed for each trial.
const PROPOSED: &str = "proposed_parameters.json";
/// The column and the tag by which proposals and runs find each other.
const RUN_COLUMN: &str = "sweep_run_id";
const RUN_TAG: &str = "mlflow.sweepRunId";

/// A sweep of another program in a store.
pub struct ForeignSweep {
    /// Its runs.
    pub table: TrialTable,
    /// Its config as it was written, where it is one without errors.
    pub config: Option<Vec<u8>>,
    /// The name of its experiment.
    pub experiment: Option<String>,
    /// Id of its parent run.
    pub id: RunId,
}

/// Reads the sweep of this parent run.
///
/// # Errors
/// Where it is a sweep of ours or none at all, and as the store's.
pub async fn read_mlflow_sweep(
    store: &Arc<dyn Store>,
    id: &RunId,
    asked: &TableSelection,
) -> Result<ForeignSweep, ExchangeError> {
    let parent = store.run(id).await?;
    if parent.tag(tags::LEDGER).is_some() {
        return Err(ExchangeError::refused(
            format!("{id} is a sweep of this store already"),
            "`sweep analyze` reports on it.",
        ));
    }
    if parent.tag(tags::SWEEP).is_none() {
        return Err(ExchangeError::refused(
            format!("run {id} is no sweep"),
            "A sweep of mlflow-sweep is a run with the tag `sweep` and child runs.",
        ));
    }
    let bytes = artifact(store.as_ref(), &parent, CONFIG_ARTIFACT).await?.unwrap_or_default();
    let checked = config::check(&bytes).config;
    let proposed = artifact(store.as_ref(), &parent, PROPOSED).await?.unwrap_or_default();
    let proposed = proposals(&proposed);
    let experiments = store.experiments().await?;
    let query = RunQuery {
        // A script may have chosen another experiment.
        experiment_ids: experiments.iter().map(|experiment| experiment.id.clone()).collect(),
        filter: format!("tags.`{}` = '{id}'", tags::PARENT_RUN_ID),
        ..RunQuery::default()
    };
    let runs = search_all(store.as_ref(), query).await?;
    let file = format!("sweep {id}");
    let metric = metric(checked.as_ref(), &runs, &file, asked)?;
    let logged: Vec<RunId> =
        runs.iter().filter(|run| run.metric(&metric).is_some()).map(|run| run.info.id.clone()).collect();
    let mut histories = histories(store, logged, &metric).await?;
    let names = names(checked.as_ref(), &runs, &proposed, asked);
    let mut table = TrialTable {
        goal: checked
            .as_ref()
            .and_then(|config| config.metric.as_ref())
            .filter(|known| known.name == metric)
            .map(|known| known.goal),
        name: Some(parent.info.name.clone()),
        ..TrialTable::empty(Dialect::MlflowSweep, metric.clone(), names)
    };
    for run in &runs {
        if !run.info.status.is_final() {
            table.left_out.push((
                format!("run {}", run.info.name),
                format!("it is {}: not over", run.info.status.as_str().to_lowercase()),
            ));
            continue;
        }
        let history = histories.remove(&run.info.id).unwrap_or_default();
        table.trials.push(row(run, &table.params, &proposed, &metric, history));
    }
    let table = table.checked(&file)?;
    let experiment =
        experiments.into_iter().find(|known| known.id == parent.info.experiment_id).map(|known| known.name);
    Ok(ForeignSweep { table, config: checked.map(|_| bytes), experiment, id: id.clone() })
}

async fn artifact(store: &dyn Store, parent: &Run, path: &str) -> Result<Option<Vec<u8>>, ExchangeError> {
    match store.artifact(&parent.info, path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What was proposed, by the id of the run.
fn proposals(bytes: &[u8]) -> HashMap<String, Vec<(String, Value)>> {
    let Ok(json) = serde_json::from_slice::<Json>(bytes) else { return HashMap::new() };
    let columns: Vec<&str> =
        json.get("columns").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let rows = json.get("data").and_then(Json::as_array).into_iter().flatten();
    let mut known = HashMap::new();
    for cells in rows.filter_map(Json::as_array) {
        let mut entries: serde_json::Map<String, Json> =
            columns.iter().map(|name| (*name).to_owned()).zip(cells.iter().cloned()).collect();
        if let Some(Json::String(id)) = entries.remove(RUN_COLUMN) {
            entries.remove("run");
            known.insert(id, params(&Json::Object(entries)));
        }
    }
    known
}

fn proposed_of<'a>(
    run: &Run,
    proposed: &'a HashMap<String, Vec<(String, Value)>>,
) -> Option<&'a Vec<(String, Value)>> {
    proposed.get(run.tag(RUN_TAG)?)
}

fn metric(
    config: Option<&Config>,
    runs: &[Run],
    file: &str,
    asked: &TableSelection,
) -> Result<String, ExchangeError> {
    let known: BTreeSet<&str> =
        runs.iter().flat_map(|run| run.metrics.iter().map(|metric| metric.key.as_str())).collect();
    let wanted = asked.metric.clone().or_else(|| Some(config?.metric.as_ref()?.name.clone()));
    let problem = match wanted {
        Some(metric) if known.contains(metric.as_str()) => return Ok(metric),
        Some(metric) => format!("no run has logged `{metric}`"),
        None => "its config names no metric".to_owned(),
    };
    let hint = format!("--metric NAME. Logged are: {}.", Vec::from_iter(known).join(", "));
    Err(ExchangeError::Content { file: file.to_owned(), problem, hint: Some(hint) })
}

/// Its parameters: those of the config, else what was proposed, else what the runs logged.
fn names(
    config: Option<&Config>,
    runs: &[Run],
    proposed: &HashMap<String, Vec<(String, Value)>>,
    asked: &TableSelection,
) -> Vec<String> {
    if !asked.params.is_empty() {
        return asked.params.clone();
    }
    if let Some(config) = config {
        return config
            .in_order(config.space.leaves().into_iter().map(|leaf| leaf.name).collect(), |name| name);
    }
    let known: BTreeSet<String> = proposed.values().flatten().map(|(name, _)| name.clone()).collect();
    if !known.is_empty() {
        return known.into_iter().collect();
    }
    let logged: BTreeSet<String> =
        runs.iter().flat_map(|run| run.params.iter().map(|(name, _)| param_key(name))).collect();
    logged.into_iter().collect()
}

fn row(
    run: &Run,
    names: &[String],
    proposed: &HashMap<String, Vec<(String, Value)>>,
    metric: &str,
    history: Vec<crate::tracking::Metric>,
) -> TableTrial {
    let mut point: Vec<(String, Value)> = proposed_of(run, proposed).cloned().unwrap_or_default();
    for (name, text) in &run.params {
        let name = param_key(name);
        if !point.iter().any(|(known, _)| *known == name) {
            point.push((name, logged_value(text)));
        }
    }
    point.retain(|(name, _)| names.contains(name));
    point.sort_by(|a, b| a.0.cmp(&b.0));
    let mut metrics: Vec<(String, f64)> =
        run.metrics.iter().map(|latest| (latest.key.clone(), latest.value)).collect();
    metrics.sort_by_key(|(name, _)| name != metric);
    TableTrial {
        name: Some(run.info.name.clone()),
        status: run.info.status,
        start: Some(run.info.start_time),
        end: run.info.end_time,
        point: Point(point),
        metrics,
        history,
        tags: vec![("mlflow_sweep.run".to_owned(), run.info.id.to_string())],
        ..TableTrial::default()
    }
}
