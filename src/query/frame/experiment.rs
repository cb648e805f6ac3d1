//! The runs of an experiment as a table, whichever program made them: for `sweep analyze --experiment`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::error::QueryError;
use super::super::metric::ChosenMetric;
use super::request::FrameRequest;
use crate::analysis::{ColumnInfo, Row, TrialFrame};
use crate::config::{MetricSummary, logged_value};
use crate::record::{search_all, tags};
use crate::tracking::{Run, RunQuery, Store};

/// Reads the runs of an experiment that a filter lets through. What sweeps keep for themselves (parent runs and ledgers)
/// is left out.
///
/// # Errors
/// Where there is no such experiment, or none of its runs logged what is asked for; and as the store's.
pub async fn read_experiment(
    store: &Arc<dyn Store>,
    name: &str,
    filter: &str,
    asked: &FrameRequest,
) -> Result<TrialFrame, QueryError> {
    let experiment = store.experiment_by_name(name).await?.filter(|experiment| experiment.active);
    let Some(experiment) = experiment else {
        let names: Vec<String> = store.experiments().await?.into_iter().map(|known| known.name).collect();
        return Err(QueryError::unknown(format!("there is no experiment `{name}` in {}", store.uri()))
            .with_hint(format!("There are: {}.", names.join(", "))));
    };
    let query =
        RunQuery { experiment_ids: vec![experiment.id], filter: filter.to_owned(), ..RunQuery::default() };
    let mut runs = search_all(store.as_ref(), query).await?;
    runs.retain(|run| run.tag(tags::SWEEP).is_none() && run.tag(tags::LEDGER_OF).is_none());
    check_names(&runs, asked)?;
    let metric = ChosenMetric {
        name: asked.metric.clone(),
        goal: asked.goal,
        summary: MetricSummary::Last,
        limits: Vec::new(),
    };
    let values = metric.values(store, runs.iter()).await?;
    let names: BTreeSet<&String> =
        runs.iter().flat_map(|run| run.params.iter().map(|(key, _)| key)).collect();
    let columns = names.iter().map(|name| ColumnInfo {
        name: (*name).clone(),
        log: asked.log.contains(*name),
        null_is_level: false,
    });
    let rows = runs.iter().map(|run| Row {
        status: run.info.status,
        metric: values.get(&run.info.id).copied(),
        cells: names.iter().map(|name| run.param(name).map(logged_value)).collect(),
    });
    Ok(TrialFrame { columns: columns.collect(), rows: rows.collect() })
}

/// A name that no run has is a slip of the pen.
fn check_names(runs: &[Run], asked: &FrameRequest) -> Result<(), QueryError> {
    if runs.is_empty() {
        return Ok(());
    }
    let metrics: BTreeSet<&str> =
        runs.iter().flat_map(|run| &run.metrics).map(|metric| metric.key.as_str()).collect();
    if !metrics.contains(asked.metric.as_str()) {
        return Err(absent("metric", &asked.metric, &metrics));
    }
    let params: BTreeSet<&str> =
        runs.iter().flat_map(|run| &run.params).map(|(key, _)| key.as_str()).collect();
    match asked.log.iter().find(|name| !params.contains(name.as_str())) {
        Some(unknown) => Err(absent("param", unknown, &params)),
        None => Ok(()),
    }
}

fn absent(kind: &str, name: &str, known: &BTreeSet<&str>) -> QueryError {
    let error = QueryError::unknown(format!("no run has logged the {kind} `{name}`"));
    match known.is_empty() {
        true => error.with_hint(format!("No run has logged any {kind}.")),
        false => {
            error.with_hint(format!("Logged are: {}.", Vec::from_iter(known.iter().copied()).join(", ")))
        }
    }
}
