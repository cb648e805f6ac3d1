//! The best trials of a sweep. The store sorts where it can, so that no more than those is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::values::Chosen;
use crate::config::Summary;
use crate::record::{Ranking, Sweep, TrialRuns, best_runs, counts, stopped_early};
use crate::tracking::{Result, Run, RunId, Store, Want};
use crate::trial::{RunStatus, TrialIndex};

/// A trial's run with the value that counts.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    pub(super) run: Run,
    pub(super) value: f64,
}

/// At most `most` trials that finished or were stopped early, the best first; none where the metric has no direction.
/// Their runs are whole.
pub(super) async fn best_of(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
    metric: &Chosen,
    most: usize,
) -> Result<Vec<Ranked>> {
    let Some(goal) = metric.goal else { return Ok(Vec::new()) };
    let by = Ranking { metric: &metric.name, goal, most, finished: true };
    if metric.summary == Summary::Last && by.can_be_said() {
        let runs = best_runs(store.as_ref(), sweep, results, by, Want::default()).await?;
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
        .filter(|ranked| ranked.value.is_finite())
        .collect();
    // Stable, so that among equals the earliest trial is the first.
    ranked.sort_by(|a, b| goal.loss(a.value).total_cmp(&goal.loss(b.value)));
    ranked.truncate(most);
    Ok(ranked)
}
