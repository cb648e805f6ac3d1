//! The runs of an experiment as a table, whoever made them: for `sweep analyze --experiment`.

use std::collections::BTreeSet;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::table_request::Asked;
use super::values::{Chosen, param_value};
use crate::analysis::{ColumnInfo, Frame, Row};
use crate::config::Summary;
use crate::record::{search_all, tags};
use crate::tracking::{ExperimentId, Run, RunQuery};

/// Reads the runs of an experiment that a filter lets through. What sweeps keep for themselves (parent runs and ledgers)
/// is left out.
pub(super) async fn read_experiment(
    context: &Context,
    name: &str,
    filter: &str,
    asked: &Asked,
) -> Result<(ExperimentId, Frame), Failure> {
    let store = &context.store;
    let experiment = store.experiment_by_name(name).await?.filter(|experiment| experiment.active);
    let Some(experiment) = experiment else {
        let names: Vec<String> = store.experiments().await?.into_iter().map(|known| known.name).collect();
        return Err(Failure::new(Exit::Usage, format!("there is no experiment `{name}` in {}", store.uri()))
            .hint(format!("There are: {}.", names.join(", "))));
    };
    let query = RunQuery {
        experiment_ids: vec![experiment.id.clone()],
        filter: filter.to_owned(),
        ..RunQuery::default()
    };
    let mut runs = search_all(store.as_ref(), query).await?;
    runs.retain(|run| run.tag(tags::SWEEP).is_none() && run.tag(tags::LEDGER_OF).is_none());
    check_names(&runs, asked)?;
    let metric = Chosen { name: asked.metric.clone(), goal: asked.goal, summary: Summary::Last };
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
        cells: names.iter().map(|name| run.param(name).map(param_value)).collect(),
    });
    Ok((experiment.id, Frame { columns: columns.collect(), rows: rows.collect() }))
}

/// A name that no run has is a slip of the pen.
fn check_names(runs: &[Run], asked: &Asked) -> Result<(), Failure> {
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

fn absent(kind: &str, name: &str, known: &BTreeSet<&str>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("no run has logged the {kind} `{name}`"));
    match known.is_empty() {
        true => failure.hint(format!("No run has logged any {kind}.")),
        false => failure.hint(format!("Logged are: {}.", Vec::from_iter(known.iter().copied()).join(", "))),
    }
}
