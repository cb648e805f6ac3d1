//! What a stopping rule knows of a sweep's other trials, read from the store at a cost that does not grow with their
//! number.
//!
//! Each agent leaves what its trials have reached in a tag ([`tags::REACHED`]), so that a page of a search reports a
//! thousand trials. A trial that has ended is read once. Histories are read only of runs whose agents could not leave
//! the tag.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalog::{Sweep, search_all};
use super::progress::{in_experiment, of_sweep};
use super::tags;
use super::trial_tags::{attempt_of, index_of};
use super::values::histories;
use crate::stopping::{Compares, Judge, MetricReport, OtherTrial, ReachedValues, ReportedCurve, Rule};
use crate::tracking::{Metric, Result, Run, RunId, RunProjection, RunQuery, Store};
use crate::trial::{RunStatus, TrialIndex};

/// Runs that ended so long before the latest known end are looked for again: clocks differ, and results may arrive late.
const MARGIN_MS: i64 = 60_000;

/// What is read of a run, beside the metric.
const LOOKED_AT: [&str; 5] = [tags::TRIAL, tags::ATTEMPT, tags::REACHED, tags::EXIT_CODE, tags::SIGNAL];

/// The trials of a sweep as one agent has come to know them.
pub struct Peers {
    sweep: Sweep,
    /// Key of the metric that is compared.
    metric: String,
    known: BTreeMap<TrialIndex, PeerAttempt>,
    /// The latest end that was seen, epoch milliseconds.
    newest_end: Option<i64>,
}

/// The latest attempt at a trial.
struct PeerAttempt {
    attempt: u32,
    run: RunId,
    /// Nothing more is expected of it.
    ended: bool,
    other: OtherTrial,
}

impl Peers {
    /// The trials of a sweep, with nothing read yet.
    #[must_use]
    pub fn new(sweep: Sweep, metric: String) -> Self {
        Self { sweep, metric, known: BTreeMap::new(), newest_end: None }
    }

    /// All trials but one, as far as they were read.
    #[must_use]
    pub fn others(&self, but: TrialIndex) -> Vec<OtherTrial> {
        self.known.iter().filter(|(trial, _)| **trial != but).map(|(_, peer)| peer.other.clone()).collect()
    }

    /// Reads what is new: a search for the runs that have ended since, and, where the rule compares with trials under
    /// way, one for those.
    ///
    /// # Errors
    /// As the store's.
    pub async fn refresh(&mut self, store: &Arc<dyn Store>, judge: &Judge) -> Result<()> {
        let all = judge.compares() == Compares::All;
        // In this order: a run that ends in between is found twice, and not missed.
        let running = match all {
            true => search_all(store.as_ref(), self.that("attributes.status = 'RUNNING'")).await?,
            false => Vec::new(),
        };
        let ended = search_all(store.as_ref(), self.that(&self.ended_since())).await?;
        let mut runs: HashMap<RunId, Run> = HashMap::new();
        runs.extend(running.into_iter().chain(ended).map(|run| (run.info.id.clone(), run)));
        for gone in self.gone(&runs) {
            let run = store.run(&gone).await?;
            runs.insert(gone, run);
        }
        self.take_in(store, judge, runs.into_values().collect()).await
    }

    fn ended_since(&self) -> String {
        match self.newest_end {
            Some(end) => format!("attributes.end_time >= {}", end - MARGIN_MS),
            None => format!("attributes.status != '{}'", RunStatus::Running),
        }
    }

    /// The runs of the sweep's trials that meet this condition.
    fn that(&self, condition: &str) -> RunQuery {
        RunQuery {
            filter: format!("{} AND {condition}", of_sweep(&self.sweep)),
            want: RunProjection::only(&LOOKED_AT, &[&self.metric]),
            ..in_experiment(&self.sweep)
        }
    }

    /// Runs that were under way and are neither that any more nor among those that ended lately.
    fn gone(&self, found: &HashMap<RunId, Run>) -> Vec<RunId> {
        let unfinished = self.known.values().filter(|peer| !peer.ended);
        unfinished.map(|peer| &peer.run).filter(|run| !found.contains_key(run)).cloned().collect()
    }

    async fn take_in(&mut self, store: &Arc<dyn Store>, judge: &Judge, runs: Vec<Run>) -> Result<()> {
        let is_news = |run: &Run| {
            let known = index_of(run).and_then(|trial| self.known.get(&trial));
            known.is_none_or(|peer| match attempt_of(run).cmp(&peer.attempt) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => !peer.ended,
                std::cmp::Ordering::Greater => true,
            })
        };
        let news: Vec<Run> = runs.into_iter().filter(is_news).collect();
        let without = news.iter().filter(|run| needs_history(run) && run.metric(&self.metric).is_some());
        let ids = without.map(|run| run.info.id.clone()).collect();
        let mut histories = histories(store, ids, &self.metric).await?;
        for run in news {
            let Some(trial) = index_of(&run) else { continue };
            let marks = match histories.remove(&run.info.id) {
                Some(history) => judge.marks(&curve(&history)),
                None => run.tag(tags::REACHED).and_then(ReachedValues::parse).unwrap_or_default(),
            };
            let ended = run.info.status.is_final();
            if ended {
                self.newest_end = self.newest_end.max(run.info.end_time);
            }
            let other = OtherTrial { finished: run.info.status == RunStatus::Finished, marks };
            let peer = PeerAttempt { attempt: attempt_of(&run), run: run.info.id, ended, other };
            // Of two attempts in one look the later counts.
            if self.known.get(&trial).is_none_or(|known| known.attempt <= peer.attempt) {
                self.known.insert(trial, peer);
            }
        }
        Ok(())
    }
}

/// A run that has ended, and whose agent did not say what it had reached by then: it was lost, or has yet to settle what
/// the script's own exit hook has ended.
fn needs_history(run: &Run) -> bool {
    let settled = run.tag(tags::EXIT_CODE).or(run.tag(tags::SIGNAL)).is_some();
    run.info.status.is_final() && !(settled && run.tag(tags::REACHED).is_some())
}

/// The curve of a logged history.
#[must_use]
pub fn curve(history: &[Metric]) -> ReportedCurve {
    let report = |entry: &Metric| MetricReport { step: entry.step, value: entry.value };
    ReportedCurve::new(history.iter().map(report).collect())
}
