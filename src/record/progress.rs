//! How far a sweep is: its trials by what became of them, read from the ledger and from those runs alone that did not
//! end well. What it costs grows with the failures, not with the trials.

use std::collections::BTreeMap;

use super::catalog::{Sweep, search_all};
use super::ledger::{Ledger, LedgerSnapshot};
use super::tags;
use super::trial_tags::{attempt_of, index_of, stopped_early};
use super::trials::deleted_results;
use crate::config::{Goal, MetricLimit};
use crate::tracking::{Pages, Result, Run, RunId, RunProjection, RunQuery, Store};
use crate::trial::{RunStatus, TrialIndex};

/// How far a sweep is.
#[derive(Debug, Clone, Default)]
pub struct SweepProgress {
    /// Trials whose result ended well.
    pub finished: u64,
    /// Trials whose command failed.
    pub failed: u64,
    /// Trials that a stopping rule ended.
    pub stopped: u64,
    /// Trials that were ended otherwise.
    pub killed: u64,
    /// Trials whose result is gone: a person has deleted its run.
    pub deleted: u64,
    /// Trials that were started.
    pub begun: u64,
    /// Indices of trials for which there was no point left.
    pub empty: u64,
    /// The trials that are under way, each with the run of its latest attempt.
    pub running: BTreeMap<TrialIndex, Run>,
    /// The runs of the trials that failed.
    pub failures: BTreeMap<TrialIndex, Run>,
    /// The run that is the result of each trial that has one.
    pub results: BTreeMap<TrialIndex, RunId>,
}

/// What is read of a run that has not ended well; the metric of a running one is added.
const LOOKED_AT: [&str; 11] = [
    tags::TRIAL,
    tags::ATTEMPT,
    tags::STOPPED_RULE,
    tags::AGENT,
    tags::HOST,
    tags::HEARTBEAT,
    tags::LEASE,
    tags::POINT,
    tags::EXIT_CODE,
    tags::SIGNAL,
    tags::REASON,
];

impl SweepProgress {
    /// Reads it; of the metrics of running trials only `metric`.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(store: &dyn Store, sweep: &Sweep, metric: Option<&str>) -> Result<Self> {
        let ledger = Ledger::read(store, &sweep.ledger).await?;
        let query = RunQuery {
            filter: format!("{} AND attributes.status != 'FINISHED'", of_sweep(sweep)),
            want: RunProjection::only(&LOOKED_AT, metric.as_slice()),
            ..in_experiment(sweep)
        };
        let mut standing = Self::count(&ledger, search_all(store, query).await?);
        standing.deleted = deleted_results(store, sweep, &standing.results).await?.len() as u64;
        standing.finished = standing.finished.saturating_sub(standing.deleted);
        Ok(standing)
    }

    fn count(ledger: &LedgerSnapshot, not_finished: Vec<Run>) -> Self {
        let (results, unfinished) = (ledger.results(), ledger.unfinished());
        let mut standing = Self {
            begun: (results.len() + unfinished.len()) as u64,
            empty: ledger.empty() as u64,
            ..Self::default()
        };
        for run in not_finished {
            let Some(trial) = index_of(&run) else { continue };
            if results.get(&trial) == Some(&run.info.id) {
                match run.info.status {
                    RunStatus::Failed => {
                        standing.failed += 1;
                        standing.failures.insert(trial, run);
                    }
                    RunStatus::Killed if stopped_early(&run) => standing.stopped += 1,
                    RunStatus::Killed => standing.killed += 1,
                    _ => {}
                }
            } else if run.info.status == RunStatus::Running && !results.contains_key(&trial) {
                let later = |known: &Run| attempt_of(known) > attempt_of(&run);
                if !standing.running.get(&trial).is_some_and(later) {
                    standing.running.insert(trial, run);
                }
            }
        }
        let ended_otherwise = standing.failed + standing.stopped + standing.killed;
        standing.finished = (results.len() as u64).saturating_sub(ended_otherwise);
        standing.results = results;
        standing
    }

    /// Trials that have their result.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.results.len() as u64
    }
}

/// Whether a run is the result of its trial.
#[must_use]
pub fn counts(results: &BTreeMap<TrialIndex, RunId>, run: &Run) -> bool {
    index_of(run).is_some_and(|trial| results.get(&trial) == Some(&run.info.id))
}

/// The first trials by the latest value of a metric: the store sorts, and no more is read than is asked for. Values that
/// are not finite do not count. Where only finished ones are wanted, those that were stopped early are among them.
///
/// # Errors
/// As the store's.
pub async fn best_runs(
    store: &dyn Store,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
    by: TrialRanking<'_>,
    want: RunProjection,
) -> Result<Vec<Run>> {
    let direction = if by.goal == Goal::Minimize { "ASC" } else { "DESC" };
    let mut query = RunQuery {
        filter: match by.finished {
            true => format!(
                "{} AND attributes.status != 'RUNNING' AND attributes.status != 'FAILED'{}",
                of_sweep(sweep),
                by.condition()
            ),
            false => format!("{}{}", of_sweep(sweep), by.condition()),
        },
        // Among equals the earliest, on every store alike.
        order_by: vec![
            format!("metrics.`{}` {direction}", by.metric),
            "attributes.start_time ASC".into(),
            "attributes.run_id ASC".into(),
        ],
        max_results: (by.most + 5).min(1000),
        want: want.with_tag(tags::STOPPED_RULE),
        ..in_experiment(sweep)
    };
    let has_result = |run: &Run| run.info.status == RunStatus::Finished || stopped_early(run);
    let (mut best, mut pages) = (Vec::new(), Pages::default());
    loop {
        let page = store.search_runs(&query).await?;
        for run in page.items {
            // Values that are missing or no numbers come last.
            let Some(value) = run.metric(by.metric).map(|metric| metric.value) else { return Ok(best) };
            if value.is_nan() {
                return Ok(best);
            }
            let stands = counts(results, &run) && (!by.finished || has_result(&run))
                || !by.finished
                    && run.info.status == RunStatus::Running
                    && index_of(&run).is_some_and(|trial| !results.contains_key(&trial));
            if value.is_finite() && stands && by.keeps_to_limits(&run) {
                best.push(run);
                if best.len() == by.most {
                    return Ok(best);
                }
            }
        }
        query.page_token = pages.next(page.next)?;
        if query.page_token.is_none() {
            return Ok(best);
        }
    }
}

/// By what runs are ranked.
#[derive(Debug, Clone, Copy)]
pub struct TrialRanking<'a> {
    /// The key of the metric.
    pub metric: &'a str,
    /// Its direction.
    pub goal: Goal,
    /// How many are wanted.
    pub most: usize,
    /// Only trials that ended well or were stopped early; else those that run or failed, too.
    pub finished: bool,
    /// What they must keep to, by the latest value of each metric.
    pub limits: &'a [MetricLimit],
}

impl<'a> TrialRanking<'a> {
    /// Whether a store can sort by this metric: its language has no way to write a backquote in a name.
    #[must_use]
    pub fn can_be_said(&self) -> bool {
        !self.metrics().iter().any(|name| name.contains(['`', '"']))
    }

    /// All metrics that it looks at.
    #[must_use]
    pub fn metrics(&self) -> Vec<&'a str> {
        std::iter::once(self.metric).chain(self.limits.iter().map(|limit| limit.metric.as_str())).collect()
    }

    /// What a store can say of the limits; it may let NaN through.
    fn condition(&self) -> String {
        let each = self.limits.iter();
        each.map(|limit| format!(" AND metrics.`{}` {} {}", limit.metric, limit.sign(), limit.bound))
            .collect()
    }

    fn keeps_to_limits(&self, run: &Run) -> bool {
        self.limits.iter().all(|limit| limit.holds(run.metric(&limit.metric).map(|metric| metric.value)))
    }
}

/// How many of a sweep's trials finished without its metric.
///
/// # Errors
/// As the store's.
pub async fn unmeasured(
    store: &dyn Store,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
) -> Result<u64> {
    let query = RunQuery {
        filter: format!("{} AND tags.`{}` = 'true'", of_sweep(sweep), tags::UNMEASURED),
        want: RunProjection::only(&[tags::TRIAL], &[]),
        ..in_experiment(sweep)
    };
    let runs = search_all(store, query).await?;
    Ok(runs.iter().filter(|run| counts(results, run)).count() as u64)
}

/// The runs of a sweep that ended last, the latest first, with the latest value of `metric`.
///
/// # Errors
/// As the store's.
pub async fn latest_ended(
    store: &dyn Store,
    sweep: &Sweep,
    metric: Option<&str>,
    most: usize,
) -> Result<Vec<Run>> {
    let query = RunQuery {
        filter: format!("{} AND attributes.end_time > 0", of_sweep(sweep)),
        order_by: vec!["attributes.end_time DESC".into(), "attributes.run_id ASC".into()],
        max_results: most,
        want: RunProjection::only(
            &[tags::AGENT, tags::HOST, tags::TRIAL, tags::LEASE, tags::STOPPED_RULE, tags::POINT],
            metric.as_slice(),
        ),
        ..in_experiment(sweep)
    };
    Ok(store.search_runs(&query).await?.items)
}

/// The experiment of a sweep.
pub(super) fn in_experiment(sweep: &Sweep) -> RunQuery {
    RunQuery { experiment_ids: vec![sweep.parent.info.experiment_id.clone()], ..RunQuery::default() }
}

/// The condition that a run is of a trial of the sweep.
pub(super) fn of_sweep(sweep: &Sweep) -> String {
    format!("tags.`{}` = '{}'", tags::SWEEP_ID, sweep.id())
}
