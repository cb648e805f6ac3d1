//! The best trials of a sweep. The store sorts where it can, so that no more than those is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::confirmation::Confirmation;
use super::error::QueryError;
use super::metric::ChosenMetric;
use crate::config::{Config, MetricSummary};
use crate::record::{
    Ledger, Sweep, TrialRanking, TrialRuns, best_runs, counts, runs_with_ids, stopped_early,
};
use crate::tracking::{Result as StoreResult, Run, RunId, RunProjection, Store};
use crate::trial::{RunStatus, TrialIndex};

/// A trial's run with the value that counts.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub run: Run,
    pub value: f64,
}

/// At most `most` trials that finished or were stopped early, the best first; none where the metric has no direction.
/// Their runs are whole.
pub async fn best_of(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
    metric: &ChosenMetric,
    most: usize,
) -> StoreResult<Vec<Ranked>> {
    let Some(goal) = metric.goal else { return Ok(Vec::new()) };
    let by = TrialRanking { metric: &metric.name, goal, most, finished: true, limits: &metric.limits };
    if metric.summary == MetricSummary::Last && by.can_be_said() {
        let runs = best_runs(store.as_ref(), sweep, results, by, RunProjection::default()).await?;
        let value = |run: &Run| run.metric(&metric.name).map(|logged| logged.value);
        return Ok(runs.into_iter().filter_map(|run| Some(Ranked { value: value(&run)?, run })).collect());
    }
    let runs = TrialRuns::read(store.as_ref(), sweep).await?;
    let has_result =
        |run: &&Run| (run.info.status == RunStatus::Finished || stopped_early(run)) && counts(results, run);
    let counted: Vec<&Run> = runs.iter().map(|(_, run)| run).filter(has_result).collect();
    let values = metric.values(store, counted.iter().copied()).await?;
    let mut ranked: Vec<Ranked> = counted
        .into_iter()
        .filter_map(|run| Some(Ranked { value: *values.get(&run.info.id)?, run: run.clone() }))
        .filter(|ranked| ranked.value.is_finite() && keeps_to_limits(metric, ranked))
        .collect();
    // Stable, so that among equals the earliest trial is the first.
    ranked.sort_by(|a, b| goal.best_first(a.value, b.value));
    ranked.truncate(most);
    Ok(ranked)
}

/// Whether a trial is a candidate. Of the metric itself the value that counts is what is limited, of others the latest.
fn keeps_to_limits(metric: &ChosenMetric, ranked: &Ranked) -> bool {
    metric.limits.iter().all(|limit| {
        let latest = || ranked.run.metric(&limit.metric).map(|logged| logged.value);
        limit.holds(if limit.metric == metric.name { Some(ranked.value) } else { latest() })
    })
}

/// The run of a sweep's best trial, by the config's own metric: the one that a confirmation has named, else the one with the
/// best value.
///
/// # Errors
/// Where there is none, and as the store's.
pub async fn best_run(store: &Arc<dyn Store>, sweep: &Sweep, config: &Config) -> Result<Run, QueryError> {
    if config.has_several_metrics() {
        let names: Vec<&str> =
            config.metric.iter().chain(&config.further_metrics).map(|metric| metric.name.as_str()).collect();
        let message =
            format!("the sweep has several metrics ({}): no one trial is the best", names.join(", "));
        return Err(QueryError::unknown(message)
            .with_hint("`sweep best` shows the front, `sweep best --knee` one of it: give its number."));
    }
    let metric = ChosenMetric::of(config, None, None).ok_or_else(|| {
        QueryError::unknown("the config of this sweep names no metric: there is no best trial")
            .with_hint("Give the number of a trial; `sweep trials` shows them.")
    })?;
    let results = Ledger::read(store.as_ref(), &sweep.ledger).await?.results();
    let confirmed =
        Confirmation::of(store, sweep, config).await?.and_then(|confirmation| confirmation.best());
    let best = match confirmed.and_then(|trial| results.get(&trial)) {
        Some(id) => {
            let ids = std::slice::from_ref(id);
            runs_with_ids(store.as_ref(), &sweep.parent.info.experiment_id, ids).await?.pop()
        }
        None => None,
    };
    if let Some(run) = best {
        return Ok(run);
    }
    let best = best_of(store, sweep, &results, &metric, 1).await?.pop();
    best.map(|best| best.run).ok_or_else(|| {
        let name = &sweep.parent.info.name;
        let limits = metric.limits_words();
        QueryError::unrecorded(format!("no finished trial of sweep {name} has a {}{limits}", metric.name))
            .with_hint("`sweep trials` shows what became of them.")
    })
}
