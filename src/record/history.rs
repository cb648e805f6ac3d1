//! What a strategy may know of a sweep's trials, read from the store at a cost that does not grow with their number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::catalog::Sweep;
use super::ledger::SettledClaim;
use super::proposal_context::ProposalContext;
use super::tags;
use super::trial_tags::{index_of, point_of, stopped_early};
use super::trials::{IDS_AT_ONCE, running_runs, runs_with_ids};
use super::values::histories;
use crate::config::{MetricConfig, MetricSummary, Objectives};
use crate::space::Point;
use crate::strategy::{LoggedValues, Observation};
use crate::tracking::{Result, Run, RunId, Store};
use crate::trial::{RunStatus, TrialIndex};

/// A trial that has its result.
struct SettledTrial {
    round: u32,
    run: RunId,
    /// Where it stands among the observations; `None`: its run was deleted.
    place: Option<usize>,
    /// The trial whose work it continued.
    continues: Option<TrialIndex>,
}

/// The trials of a sweep as one agent has come to know them. A result is read once.
pub struct History {
    sweep: Sweep,
    objectives: Objectives,
    /// Trials of earlier sweeps, then those that have their result, then the others as they were last seen. Lent to the
    /// strategy: nothing is copied.
    observations: Arc<Vec<Observation>>,
    /// How many of them will stay.
    lasting: usize,
    ended: BTreeMap<TrialIndex, SettledTrial>,
    /// Points that were proposed here and have no result yet: their runs may not be there yet, or be on the way.
    proposed: BTreeMap<TrialIndex, Point>,
}

/// What is known at one moment.
#[derive(Debug, Clone, Default)]
pub struct KnownTrials {
    /// For the strategy.
    pub observations: Arc<Vec<Observation>>,
    /// The same, short.
    pub saw: ProposalContext,
}

impl History {
    /// The history of a sweep, with nothing read yet.
    #[must_use]
    pub fn new(sweep: Sweep, objectives: Objectives, priors: Vec<Observation>) -> Self {
        let lasting = priors.len();
        let observations = Arc::new(priors);
        Self { sweep, objectives, observations, lasting, ended: BTreeMap::new(), proposed: BTreeMap::new() }
    }

    /// Reads what is new. `settled` is what the ledger says of results, `points` what those were run with:
    /// trials that can't be seen otherwise, since their runs were deleted, are under way with that.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(
        &mut self,
        store: &Arc<dyn Store>,
        settled: &[SettledClaim],
        points: Vec<(TrialIndex, Point)>,
    ) -> Result<KnownTrials> {
        self.read_ended(store, settled).await?;
        let mut running = self.running(store).await?;
        let mut saw = ProposalContext::default();
        for (trial, ended) in &self.ended {
            if ended.place.is_some() {
                saw.ended.insert(*trial, ended.round);
            }
        }
        saw.running.extend(running.iter().filter_map(|other| Some((other.trial?, other.logged))));
        for (trial, point) in points {
            if !saw.ended.contains_key(&trial) && !saw.running.contains_key(&trial) {
                saw.running.insert(trial, None);
                running.push(under_way(trial, point, None));
            }
        }
        let observations = Arc::make_mut(&mut self.observations);
        observations.truncate(self.lasting);
        observations.extend(running);
        Ok(KnownTrials { observations: Arc::clone(&self.observations), saw })
    }

    /// What was known to a proposal, read again.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read_again(
        &mut self,
        store: &Arc<dyn Store>,
        settled: &[SettledClaim],
        saw: &ProposalContext,
    ) -> Result<Vec<Observation>> {
        let known = settled.iter().filter(|settled| saw.ended.get(&settled.trial) == Some(&settled.round));
        let known: Vec<SettledClaim> = known.cloned().collect();
        self.read_ended(store, &known).await?;
        let mut observations: Vec<Observation> =
            self.observations.iter().take(self.lasting).cloned().collect();
        let mut points = BTreeMap::new();
        for trial in saw.running.keys() {
            let attempts = super::attempts_of(store.as_ref(), &self.sweep, *trial).await?;
            points.extend(attempts.first().map(|run| (*trial, point_of(run))));
        }
        observations.extend(
            points
                .into_iter()
                .map(|(trial, point)| under_way(trial, point, saw.running.get(&trial).copied().flatten())),
        );
        Ok(observations)
    }

    /// Remembers a proposal until it has its result.
    pub fn proposed(&mut self, trial: TrialIndex, point: Point) {
        self.proposed.insert(trial, point);
    }

    /// The trial that a chain of trials, each continuing the work of the one before, began with.
    #[must_use]
    pub fn origin(&self, trial: TrialIndex) -> TrialIndex {
        let mut origin = trial;
        while let Some(former) = self.ended.get(&origin).and_then(|ended| ended.continues) {
            // Only a lower index can have been there before.
            if former >= origin {
                break;
            }
            origin = former;
        }
        origin
    }

    async fn read_ended(&mut self, store: &Arc<dyn Store>, settled: &[SettledClaim]) -> Result<()> {
        let is_new = |settled: &&SettledClaim| {
            self.ended.get(&settled.trial).is_none_or(|known| known.run != settled.run)
        };
        let new: Vec<&SettledClaim> = settled.iter().filter(is_new).collect();
        for some in new.chunks(IDS_AT_ONCE) {
            let ids: Vec<RunId> = some.iter().map(|settled| settled.run.clone()).collect();
            let runs = runs_with_ids(store.as_ref(), &self.sweep.parent.info.experiment_id, &ids).await?;
            let mut observed = self.observe(store, &runs).await?;
            for settled in some {
                let run = runs.iter().find(|run| run.info.id == settled.run);
                let ended = SettledTrial {
                    round: settled.round,
                    run: settled.run.clone(),
                    place: self.take_in(settled.trial, observed.remove(&settled.trial)),
                    continues: run
                        .and_then(|run| run.tag(tags::CONTINUES))
                        .and_then(|trial| trial.parse().ok()),
                };
                self.proposed.remove(&settled.trial);
                self.ended.insert(settled.trial, ended);
            }
        }
        Ok(())
    }

    /// Keeps the observation of a trial that has its result, in the place of one of an earlier round; returns the place.
    fn take_in(&mut self, trial: TrialIndex, observation: Option<Observation>) -> Option<usize> {
        let observations = Arc::make_mut(&mut self.observations);
        observations.truncate(self.lasting);
        let former = self.ended.get(&trial).and_then(|ended| ended.place);
        match (former.and_then(|place| observations.get_mut(place)), observation) {
            (Some(known), Some(observation)) => {
                *known = observation;
                return former;
            }
            (None, Some(observation)) => observations.push(observation),
            (Some(_), None) => {
                let gone = former.unwrap_or(usize::MAX);
                observations.remove(gone);
                for place in self.ended.values_mut().filter_map(|ended| ended.place.as_mut()) {
                    *place -= usize::from(*place > gone);
                }
            }
            (None, None) => {}
        }
        let grown = observations.len() > self.lasting;
        self.lasting = observations.len();
        grown.then(|| self.lasting - 1)
    }

    /// The observations of runs that are over, by trial.
    async fn observe(
        &self,
        store: &Arc<dyn Store>,
        runs: &[Run],
    ) -> Result<BTreeMap<TrialIndex, Observation>> {
        let mut values = self.values(store, runs).await?;
        let mut beside = values_beside(store, &self.objectives, runs).await?;
        let observations = runs.iter().filter_map(|run| {
            let trial = index_of(run)?;
            let values = values.remove(&run.info.id).unwrap_or_default();
            let observation = Observation {
                trial: Some(trial),
                point: point_of(run),
                status: run.info.status,
                metric: self.objectives.first().and_then(|metric| value_of(run, &values, metric)),
                logged: LoggedValues::of(values),
                beside: beside.remove(&run.info.id).unwrap_or_default(),
                stopped_early: stopped_early(run),
            };
            Some((trial, observation))
        });
        Ok(observations.collect())
    }

    /// What each run has logged of the metric, in log order.
    async fn values(&self, store: &Arc<dyn Store>, runs: &[Run]) -> Result<HashMap<RunId, Vec<f64>>> {
        let Some(metric) = self.objectives.first() else { return Ok(Default::default()) };
        let logged = runs.iter().filter(|run| run.metric(&metric.name).is_some());
        let ids = logged.map(|run| run.info.id.clone()).collect();
        let histories = histories(store, ids, &metric.name).await?;
        let numbers = |(id, history): (RunId, Vec<crate::tracking::Metric>)| {
            (id, history.into_iter().map(|entry| entry.value).collect())
        };
        Ok(histories.into_iter().map(numbers).collect())
    }

    /// The trials under way: those whose runs can be seen, and those that were proposed here a moment ago.
    async fn running(&mut self, store: &Arc<dyn Store>) -> Result<Vec<Observation>> {
        let runs = running_runs(store.as_ref(), &self.sweep).await?;
        let mut seen = BTreeSet::new();
        let mut current = Vec::new();
        for run in runs {
            let Some(trial) = index_of(&run) else { continue };
            if !self.ended.contains_key(&trial) && seen.insert(trial) {
                current.push((trial, run));
            }
        }
        let partial = self.objectives.first().is_some_and(|metric| metric.impute_while_running.is_some());
        let runs: Vec<Run> = current.iter().filter(|_| partial).map(|(_, run)| run.clone()).collect();
        let mut values = self.values(store, &runs).await?;
        let mut running: Vec<Observation> = current
            .into_iter()
            .map(|(trial, run)| {
                let logged = values.remove(&run.info.id).and_then(LoggedValues::of);
                under_way(trial, point_of(&run), logged)
            })
            .collect();
        let unseen = self
            .proposed
            .iter()
            .filter(|(trial, _)| !seen.contains(trial))
            .map(|(trial, point)| under_way(*trial, point.clone(), None));
        running.extend(unseen);
        running.sort_by_key(|observation| observation.trial);
        Ok(running)
    }
}

/// The value of a run's metric that counts, given what it has logged, in log order. The last value is the one that MLflow
/// calls the latest, by its step: so every table says the same.
#[must_use]
pub fn value_of(run: &Run, logged: &[f64], metric: &MetricConfig) -> Option<f64> {
    match metric.summary {
        MetricSummary::Last => run.metric(&metric.name).map(|latest| latest.value),
        summary => summary.of(logged, Some(metric.goal)),
    }
}

/// The values that count of what is measured beside the first metric, of each run.
///
/// # Errors
/// As the store's.
pub async fn values_beside(
    store: &Arc<dyn Store>,
    objectives: &Objectives,
    runs: &[Run],
) -> Result<HashMap<RunId, Vec<Option<f64>>>> {
    let mut values: HashMap<RunId, Vec<Option<f64>>> =
        runs.iter().map(|run| (run.info.id.clone(), Vec::new())).collect();
    for measured in objectives.beside() {
        let known = match measured.summary {
            MetricSummary::Last => HashMap::new(),
            _ => {
                let logged = runs.iter().filter(|run| run.metric(measured.name).is_some());
                histories(store, logged.map(|run| run.info.id.clone()).collect(), measured.name).await?
            }
        };
        for run in runs {
            let value = match known.get(&run.info.id) {
                Some(history) => {
                    let history: Vec<f64> = history.iter().map(|entry| entry.value).collect();
                    measured.summary.of(&history, measured.goal)
                }
                None => run.metric(measured.name).map(|latest| latest.value),
            };
            values.entry(run.info.id.clone()).or_default().push(value);
        }
    }
    Ok(values)
}

/// A trial that is under way.
#[must_use]
pub fn under_way(trial: TrialIndex, point: Point, logged: Option<LoggedValues>) -> Observation {
    Observation {
        trial: Some(trial),
        point,
        status: RunStatus::Running,
        metric: None,
        logged,
        beside: Vec::new(),
        stopped_early: false,
    }
}
