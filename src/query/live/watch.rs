//! Looking at a sweep again and again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::try_join;

use super::front::LiveFront;
use super::row::{LiveRow, LiveState, TAGS};
use super::summary::LiveSummary;
use super::trials::LiveTrials;
use crate::config::{Config, MetricSummary, Objectives};
use crate::query::facts::{config_of, limit_of};
use crate::query::metric::ChosenMetric;
use crate::record::{
    ClaimOrder, Ledger, LedgerLook, Sweep, TrialRuns, index_of, newest_version, running_runs_with,
    runs_with_ids_of, values_beside,
};
use crate::space::Point;
use crate::tracking::{Result, Run, RunId, RunProjection, Store};
use crate::trial::TrialIndex;

/// New results up to so many are asked for by their ids; for more the runs of the sweep are read at once.
const MOST_BY_ID: usize = 500;

/// A sweep that is looked at again and again.
pub struct SweepWatch {
    store: Arc<dyn Store>,
    sweep: Sweep,
    ledger: Ledger,
    /// What it was made of; `None`: another program's, or a newer one's.
    pub config: Option<Config>,
    /// The sweep's metric.
    pub metric: Option<ChosenMetric>,
    objectives: Objectives,
    bound: Option<u64>,
    empty: u64,
    /// Trials that the last look found neither running nor among the results.
    missing: BTreeSet<u64>,
}

impl SweepWatch {
    /// Opens the sweep of this parent run; no trial is read yet.
    ///
    /// # Errors
    /// As the store's.
    pub async fn open(store: Arc<dyn Store>, id: &RunId) -> Result<Self> {
        let sweep = Sweep::open(store.as_ref(), id).await?;
        // It claims nothing: neither order nor limit matter.
        let ledger =
            Ledger::open(store.clone(), &sweep.ledger, String::new(), ClaimOrder::Ascending, None).await?;
        let config = config_of(&sweep);
        let metric = config.as_ref().and_then(|config| ChosenMetric::of(config, None, None));
        let bound = config.as_ref().and_then(|config| limit_of(&sweep, config));
        let objectives = config.as_ref().map(Config::objectives).unwrap_or_default();
        let (empty, missing) = (0, BTreeSet::new());
        Ok(Self { store, sweep, ledger, config, metric, objectives, bound, empty, missing })
    }

    /// The parent run as it was read last.
    #[must_use]
    pub fn parent(&self) -> &Run {
        &self.sweep.parent
    }

    /// How far the sweep is.
    #[must_use]
    pub fn summary(&self, trials: &LiveTrials, now: i64) -> LiveSummary {
        let metric = self.metric.as_ref().filter(|_| !self.has_several_metrics());
        let limit = self.bound.map(|bound| bound.saturating_sub(self.empty));
        LiveSummary::of(trials, self.parent(), metric, limit, now)
    }

    /// Whether the answer is a front.
    #[must_use]
    pub fn has_several_metrics(&self) -> bool {
        self.objectives.are_several()
    }

    /// The front by now; `None`: there is one metric, or none.
    #[must_use]
    pub fn front(&self, trials: &LiveTrials) -> Option<LiveFront> {
        self.has_several_metrics().then(|| LiveFront::of(trials, &self.objectives))
    }

    /// What its trials are judged by.
    #[must_use]
    pub fn objectives(&self) -> &Objectives {
        &self.objectives
    }

    /// Whether another look is needed although nothing changes any more: of some trials it is not clear yet what became.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Reads what may have changed: the parent run, the ledger where it is not complete, running trials, and the results that
    /// are not `known`. Returns the trials as they are now.
    ///
    /// # Errors
    /// As the store's.
    pub async fn look(&mut self, known: &RwLock<LiveTrials>) -> Result<Vec<LiveRow>> {
        // Side by side: on a server each is a way there and back. A trial that ends in between may be missing from both lists.
        let (parent, running, ledger) = try_join!(
            self.store.run(self.sweep.id()),
            running_runs_with(self.store.as_ref(), &self.sweep, wanted()),
            self.ledger.look(),
        )?;
        self.take_note_of_version(parent).await?;
        self.empty = ledger.empty;
        let mut found = self.new_results(&ledger, known).await?;
        let under_way = self.under_way(&ledger, running, known);
        found.extend(under_way);
        Ok(found)
    }

    /// Takes in the parent run, and the newest version of the config where the sweep was edited.
    async fn take_note_of_version(&mut self, parent: Run) -> Result<()> {
        if newest_version(&parent) <= self.sweep.version() {
            self.sweep.parent = parent;
            return Ok(());
        }
        self.sweep = Sweep::of_run(self.store.as_ref(), parent).await?;
        self.config = config_of(&self.sweep);
        self.bound = self.config.as_ref().and_then(|config| limit_of(&self.sweep, config));
        Ok(())
    }

    async fn new_results(&self, ledger: &LedgerLook, known: &RwLock<LiveTrials>) -> Result<Vec<LiveRow>> {
        let new: Vec<(TrialIndex, RunId)> = ledger
            .results
            .iter()
            .filter(|(trial, run)| !knows(known, **trial, run))
            .map(|(trial, run)| (*trial, run.clone()))
            .collect();
        let runs = match new.len() {
            0 => return Ok(Vec::new()),
            1..=MOST_BY_ID => {
                let ids: Vec<RunId> = new.iter().map(|(_, run)| run.clone()).collect();
                let experiment = &self.sweep.parent.info.experiment_id;
                runs_with_ids_of(self.store.as_ref(), experiment, &ids, &wanted()).await?
            }
            _ => {
                let all = TrialRuns::read_of(self.store.as_ref(), &self.sweep, wanted()).await?;
                all.into_runs()
                    .filter(|run| {
                        index_of(run).is_some_and(|trial| ledger.results.get(&trial) == Some(&run.info.id))
                    })
                    .collect()
            }
        };
        let mut rows = self.rows(&runs).await?;
        let read: HashSet<u64> = rows.iter().map(|row| row.trial).collect();
        let deleted = new.into_iter().filter(|(trial, _)| !read.contains(&trial.0));
        rows.extend(deleted.map(|(trial, run)| deleted_row(trial, run)));
        Ok(rows)
    }

    /// The rows of runs that are results, each with the value that counts.
    async fn rows(&self, runs: &[Run]) -> Result<Vec<LiveRow>> {
        let summarised = self.metric.as_ref().filter(|metric| metric.summary != MetricSummary::Last);
        let values = match summarised {
            Some(metric) => metric.values(&self.store, runs.iter()).await?,
            None => HashMap::new(),
        };
        let mut beside = values_beside(&self.store, &self.objectives, runs).await?;
        let mut row = |run: &Run| {
            let row = LiveRow::of(run, self.metric_name(), values.get(&run.info.id).copied())?;
            Some(LiveRow { beside: beside.remove(&run.info.id).unwrap_or_default(), ..row })
        };
        Ok(runs.iter().filter_map(&mut row).collect())
    }

    /// Trials without a result: those that run, and those that wait. What was seen running and is found nowhere stays as it is
    /// until the next look.
    fn under_way(
        &mut self,
        ledger: &LedgerLook,
        running: Vec<Run>,
        known: &RwLock<LiveTrials>,
    ) -> Vec<LiveRow> {
        let mut rows: BTreeMap<u64, LiveRow> = BTreeMap::new();
        for run in running {
            let Some(row) = LiveRow::of(&run, self.metric_name(), None) else { continue };
            let beside = self.objectives.beside().iter().map(|measured| row.metric(measured.name)).collect();
            let row = LiveRow { beside, ..row };
            let is_later = rows.get(&row.trial).is_none_or(|other| other.attempt < row.attempt);
            if !ledger.results.contains_key(&TrialIndex(row.trial)) && is_later {
                rows.insert(row.trial, row);
            }
        }
        let gone: Vec<LiveRow> = ledger
            .unfinished
            .iter()
            .filter(|trial| !rows.contains_key(&trial.0))
            .filter_map(|trial| last_seen(known, *trial))
            .collect();
        let (missing, waiting) = split_missing(gone, &self.missing);
        self.missing = missing;
        rows.into_values().chain(waiting).collect()
    }

    fn metric_name(&self) -> Option<&str> {
        self.metric.as_ref().map(|metric| metric.name.as_str())
    }
}

/// Splits trials that were found nowhere: those that ran at the look before may have ended just now, the others wait.
fn split_missing(gone: Vec<LiveRow>, missing_before: &BTreeSet<u64>) -> (BTreeSet<u64>, Vec<LiveRow>) {
    let (missing, waiting): (Vec<LiveRow>, Vec<LiveRow>) = gone
        .into_iter()
        .partition(|row| row.state == LiveState::Running && !missing_before.contains(&row.trial));
    let waiting = waiting.into_iter().map(|row| LiveRow { state: LiveState::Waiting, end: None, ..row });
    (missing.into_iter().map(|row| row.trial).collect(), waiting.collect())
}

/// Whether this run is known as the result of this trial.
fn knows(known: &RwLock<LiveTrials>, trial: TrialIndex, run: &RunId) -> bool {
    let has_result = |row: &LiveRow| !matches!(row.state, LiveState::Running | LiveState::Waiting);
    known
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .row(trial.0)
        .is_some_and(|row| row.run == *run && has_result(row))
}

/// A trial as it was seen last.
fn last_seen(known: &RwLock<LiveTrials>, trial: TrialIndex) -> Option<LiveRow> {
    known.read().unwrap_or_else(PoisonError::into_inner).row(trial.0).cloned()
}

/// What is read of a run.
fn wanted() -> RunProjection {
    RunProjection { metrics: None, ..RunProjection::only(&TAGS, &[]) }
}

/// A result whose run a person has deleted.
pub(super) fn deleted_row(trial: TrialIndex, run: RunId) -> LiveRow {
    LiveRow {
        trial: trial.0,
        attempt: 1,
        run,
        state: LiveState::Deleted,
        status: "DELETED",
        exit_code: None,
        reason: None,
        start: 0,
        end: None,
        sign: 0,
        agent: None,
        host: None,
        gpu: None,
        value: None,
        beside: Vec::new(),
        step: None,
        stop: None,
        point: Point::default(),
        metrics: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_that_ended_between_two_requests_of_a_look_does_not_wait() {
        let row = |trial: u64, state: LiveState| LiveRow {
            state,
            ..deleted_row(TrialIndex(trial), RunId(trial.to_string()))
        };
        let running = || vec![row(3, LiveState::Running)];
        let (missing, waiting) = split_missing(running(), &BTreeSet::new());
        assert_eq!((missing.clone(), waiting), (BTreeSet::from([3]), Vec::new()));
        // The next look finds it nowhere again: it waits to be run once more.
        let (missing, waiting) = split_missing(running(), &missing);
        assert_eq!((missing, waiting), (BTreeSet::new(), vec![row(3, LiveState::Waiting)]));
        let (missing, waiting) = split_missing(vec![row(4, LiveState::Waiting)], &BTreeSet::new());
        assert_eq!((missing, waiting.len()), (BTreeSet::new(), 1));
    }
}
