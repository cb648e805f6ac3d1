//! The front of a sweep with several metrics: its trials that no other one beats in all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::metric::ChosenMetric;
use crate::config::{Config, MetricSummary, Objectives};
use crate::metric::{Losses, front, knee, preferred};
use crate::record::{Sweep, TrialRuns, counts, histories, stopped_early, value_of, values_beside};
use crate::tracking::{Result as StoreResult, Run, RunId, Store};
use crate::trial::{RunStatus, TrialIndex};

/// A trial of the front.
#[derive(Debug, Clone)]
pub struct FrontTrial {
    pub run: Run,
    /// Its value of each metric, in the order of the config.
    pub values: Vec<f64>,
    losses: Losses,
}

/// The front of a sweep.
#[derive(Debug, Clone)]
pub struct Front {
    /// What the trials are judged by.
    pub objectives: Objectives,
    /// The trials, the best by the first metric first.
    pub trials: Vec<FrontTrial>,
    /// The other trials with a result that keep to the limits and have a number for each metric.
    pub beaten: Vec<FrontTrial>,
    /// Trials with a result that are none: a limit is broken, or a value is missing.
    pub others: usize,
}

impl Front {
    /// Reads the front of a sweep.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(
        store: &Arc<dyn Store>,
        sweep: &Sweep,
        config: &Config,
        results: &BTreeMap<TrialIndex, RunId>,
    ) -> StoreResult<Self> {
        let objectives = config.objectives();
        let runs: Vec<Run> = TrialRuns::read(store.as_ref(), sweep)
            .await?
            .into_runs()
            .filter(|run| {
                (run.info.status == RunStatus::Finished || stopped_early(run)) && counts(results, run)
            })
            .collect();
        let judged = judge(store, &objectives, &runs).await?;
        Ok(Self::of(objectives, runs, judged))
    }

    fn of(objectives: Objectives, runs: Vec<Run>, mut judged: HashMap<RunId, JudgedValues>) -> Self {
        let all = runs.len();
        let candidates: Vec<FrontTrial> = runs
            .into_iter()
            .filter_map(|run| {
                let JudgedValues { value, beside } = judged.remove(&run.info.id)?;
                let losses = objectives.losses(value, &beside)?;
                let values = std::iter::once(value).chain(beside).flatten().take(losses.len()).collect();
                Some(FrontTrial { run, values, losses })
            })
            .collect();
        let losses: Vec<Losses> = candidates.iter().map(|trial| trial.losses.clone()).collect();
        let (kept, count) = (front(&losses), candidates.len());
        let mut candidates: Vec<Option<FrontTrial>> = candidates.into_iter().map(Some).collect();
        let trials = kept.into_iter().filter_map(|place| candidates.get_mut(place)?.take()).collect();
        let beaten = candidates.into_iter().flatten().collect();
        Self { objectives, trials, beaten, others: all - count }
    }

    /// How many trials are candidates.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.trials.len() + self.beaten.len()
    }

    /// The names of the metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.objectives.metrics.iter().map(|metric| metric.name.as_str())
    }

    /// The trade-off that leans to no side; `None`: there is no trial.
    #[must_use]
    pub fn knee(&self) -> Option<usize> {
        knee(&self.losses())
    }

    /// The trial that weights, one a metric, ask for; `None`: there is no trial.
    #[must_use]
    pub fn preferred(&self, weights: &[f64]) -> Option<usize> {
        preferred(&self.losses(), weights)
    }

    /// All candidates, the front first, each with whether it is on it.
    pub fn all(&self) -> impl Iterator<Item = (&FrontTrial, bool)> {
        self.trials.iter().map(|trial| (trial, true)).chain(self.beaten.iter().map(|trial| (trial, false)))
    }

    fn losses(&self) -> Vec<Losses> {
        self.trials.iter().map(|trial| trial.losses.clone()).collect()
    }

    /// The metrics as questions about them have it.
    #[must_use]
    pub fn metrics(&self) -> Vec<ChosenMetric> {
        let of = |metric: &crate::config::MetricConfig| ChosenMetric {
            name: metric.name.clone(),
            goal: Some(metric.goal),
            summary: metric.summary,
            limits: self.objectives.limits.clone(),
        };
        self.objectives.metrics.iter().map(of).collect()
    }
}

/// The ids of the runs that do not keep to the limits of a sweep.
///
/// # Errors
/// As the store's.
pub async fn outside_limits(
    store: &Arc<dyn Store>,
    objectives: &Objectives,
    runs: &[Run],
) -> StoreResult<BTreeSet<String>> {
    if objectives.limits.is_empty() {
        return Ok(BTreeSet::new());
    }
    let judged = judge(store, objectives, runs).await?;
    let outside = judged.into_iter().filter(|(_, values)| !objectives.holds(values.value, &values.beside));
    Ok(outside.map(|(id, _)| id.to_string()).collect())
}

/// What a run gave of what trials are judged by.
#[derive(Debug, Clone, Default)]
struct JudgedValues {
    /// The value of the first metric that counts.
    value: Option<f64>,
    /// Those of what is measured beside it.
    beside: Vec<Option<f64>>,
}

/// What runs gave of what trials are judged by.
async fn judge(
    store: &Arc<dyn Store>,
    objectives: &Objectives,
    runs: &[Run],
) -> StoreResult<HashMap<RunId, JudgedValues>> {
    let Some(first) = objectives.first() else { return Ok(HashMap::new()) };
    let known = match first.summary {
        MetricSummary::Last => HashMap::new(),
        _ => {
            let logged = runs.iter().filter(|run| run.metric(&first.name).is_some());
            histories(store, logged.map(|run| run.info.id.clone()).collect(), &first.name).await?
        }
    };
    let mut beside = values_beside(store, objectives, runs).await?;
    let judged = |run: &Run| {
        let id = &run.info.id;
        let history: Vec<f64> = known
            .get(id)
            .map(|history| history.iter().map(|entry| entry.value).collect())
            .unwrap_or_default();
        let beside = beside.remove(id).unwrap_or_default();
        (id.clone(), JudgedValues { value: value_of(run, &history, first), beside })
    };
    Ok(runs.iter().map(judged).collect())
}
