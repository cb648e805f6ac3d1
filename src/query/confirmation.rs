//! What a confirmation of a sweep has shown: the points that were run again, and which of them is the best.

use std::sync::Arc;

use serde::Serialize;

use super::error::QueryError;
use super::metric::ChosenMetric;
use crate::config::{Config, Fitter, Goal, Hooks};
use crate::evidence::{Candidate, ConfirmationEnd, NextRun, Verdict, judge, next_run};
use crate::record::{
    ConfirmationPlan, PriorTrials, Sweep, TrialRuns, confirmation_of, index_of, point_of, stopped_early, tags,
};
use crate::space::Point;
use crate::strategy::{Confirm, LoggedValues, Observation, Strategy};
use crate::tracking::{Run, RunId, Store};
use crate::trial::{RunStatus, TrialIndex};

/// A confirmation with what its runs gave.
pub struct Confirmation {
    /// Its parent run and ledger.
    pub sweep: Sweep,
    /// What it is to do.
    pub plan: ConfirmationPlan,
    /// The points, in the order of the search.
    pub points: Vec<ConfirmedPoint>,
    /// What their values say.
    pub verdict: Verdict,
    /// Why no further run is made; `None`: some are left.
    pub stopped: Option<ConfirmationEnd>,
    /// Direction of the metric.
    pub goal: Goal,
    /// Runs that were started.
    pub spent: u64,
}

/// What is known of a trial by a confirmation, for programs.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmedJson {
    runs: u64,
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    p_best: f64,
    may_be_best: bool,
}

/// A point that was run again.
pub struct ConfirmedPoint {
    /// The trial of the search.
    pub trial: TrialIndex,
    /// What it was run with.
    pub point: Point,
    /// What the search had seen.
    pub searched: f64,
    /// What is known by the new runs, as losses.
    pub candidate: Candidate,
}

impl Confirmation {
    /// The newest confirmation of a sweep; `None`: there is none.
    ///
    /// # Errors
    /// As the store's.
    pub async fn of(
        store: &Arc<dyn Store>,
        sweep: &Sweep,
        config: &Config,
    ) -> Result<Option<Self>, QueryError> {
        match confirmation_of(store.as_ref(), sweep).await? {
            Some(confirmation) => Self::read(store, confirmation, config).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// Where it is no confirmation, and as the store's.
    pub async fn read(store: &Arc<dyn Store>, sweep: Sweep, config: &Config) -> Result<Self, QueryError> {
        let plan = ConfirmationPlan::of(&sweep.parent).ok_or_else(|| {
            QueryError::unrecorded(format!("run {} does not record what it confirms", sweep.id()))
        })?;
        let strategy = confirm_strategy(store, &sweep, config, &plan).await?;
        let runs = TrialRuns::read(store.as_ref(), &sweep).await?;
        let observed =
            observations(store, config, &runs.iter().map(|(_, run)| run).collect::<Vec<_>>()).await?;
        let candidates = strategy.candidates(&observed);
        let spread = strategy.spread();
        let next = next_run(&candidates, spread, plan.budget);
        let points = plan.trials.iter().zip(strategy.points).zip(&candidates);
        let points = points.map(|((trial, (point, searched)), candidate)| ConfirmedPoint {
            trial: *trial,
            point,
            searched,
            candidate: candidate.clone(),
        });
        Ok(Self {
            points: points.collect(),
            verdict: judge(&candidates, spread),
            stopped: match next {
                NextRun::Stop(reason) => Some(reason),
                NextRun::Run(_) => None,
            },
            goal: strategy.goal,
            spent: observed.len() as u64,
            sweep,
            plan,
        })
    }

    /// The trial that is the best as far as is known; `None`: no run has given a number yet.
    #[must_use]
    pub fn best(&self) -> Option<TrialIndex> {
        Some(self.points.get(self.verdict.best?)?.trial)
    }

    /// The places of the points, the best first.
    #[must_use]
    pub fn ranking(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.points.len()).collect();
        let chance = |place: &usize| self.verdict.candidates[*place].best;
        places.sort_by(|a, b| chance(b).total_cmp(&chance(a)));
        // The one that is named is named first.
        places.sort_by_key(|place| self.verdict.best != Some(*place));
        places
    }

    /// The trials that can't be told apart from the best, the best first.
    #[must_use]
    pub fn may_be_best(&self) -> Vec<TrialIndex> {
        let near = self.ranking().into_iter().filter(|place| self.verdict.candidates[*place].may_be_best);
        near.map(|place| self.points[place].trial).collect()
    }

    /// The mean of the new values of a point, as the metric has it.
    #[must_use]
    pub fn mean(&self, place: usize) -> Option<f64> {
        self.verdict.candidates[place].mean.map(|mean| self.goal.value_of(mean))
    }

    /// The 95 % interval of a point's mean.
    #[must_use]
    pub fn interval(&self, place: usize) -> Option<(f64, f64)> {
        let (low, high) = self.verdict.candidates[place].interval?;
        let (a, b) = (self.goal.value_of(low), self.goal.value_of(high));
        Some((a.min(b), a.max(b)))
    }

    /// What is known of a trial by it, for programs; `None`: it is none of its points.
    #[must_use]
    pub fn json_of(&self, trial: TrialIndex) -> Option<ConfirmedJson> {
        let place = self.points.iter().position(|point| point.trial == trial)?;
        let (low, high) = self.interval(place).unzip();
        let verdict = &self.verdict.candidates[place];
        Some(ConfirmedJson {
            runs: self.points[place].candidate.values.len() as u64,
            mean: self.mean(place),
            low,
            high,
            p_best: verdict.best,
            may_be_best: verdict.may_be_best,
        })
    }

    /// Finished trials of the sweep that it knows nothing of: their results came later.
    #[must_use]
    pub fn later(&self, results: usize) -> u64 {
        let known = self.sweep.parent.tag(tags::PRIOR).and_then(|known| known.parse().ok());
        (results as u64).saturating_sub(known.unwrap_or(results as u64))
    }

    /// The new values of a point.
    #[must_use]
    pub fn values(&self, place: usize) -> Vec<f64> {
        self.points[place].candidate.values.iter().map(|loss| self.goal.value_of(*loss)).collect()
    }
}

/// The finished trials of a sweep with their values, as a confirmation keeps them: each with its number.
///
/// # Errors
/// As the store's.
pub async fn searched_trials(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> Result<PriorTrials, QueryError> {
    let runs = TrialRuns::read(store.as_ref(), sweep).await?;
    let over: Vec<&Run> = runs.iter().map(|(_, run)| run).filter(|run| run.info.status.is_final()).collect();
    let observed = observations(store, config, &over).await?;
    let named = observed
        .into_iter()
        .filter_map(|one| Some((one.trial?.to_string(), Observation { trial: None, ..one })));
    Ok(PriorTrials { trials: named.collect() })
}

/// The best points of a search by the values that it saw, each once, the best first.
#[must_use]
pub fn top_trials(prior: &PriorTrials, goal: Goal, most: usize) -> Vec<TrialIndex> {
    let counts =
        |one: &Observation| one.status == RunStatus::Finished && one.metric.is_some_and(f64::is_finite);
    let mut ranked: Vec<(TrialIndex, &Observation)> = prior
        .trials
        .iter()
        .filter(|(_, one)| counts(one))
        .filter_map(|(trial, one)| Some((trial.parse().ok()?, one)))
        .collect();
    ranked.sort_by_key(|(trial, _)| *trial);
    let value = |one: &Observation| one.metric.unwrap_or(f64::NAN);
    // Stable, so that among equals the earliest trial is the first.
    ranked.sort_by(|(_, a), (_, b)| goal.best_first(value(a), value(b)));
    let mut seen = Vec::new();
    ranked.retain(|(_, one)| {
        let point = one.point.to_json();
        let new = !seen.contains(&point);
        if new && seen.len() < most {
            seen.push(point);
            return true;
        }
        false
    });
    ranked.into_iter().map(|(trial, _)| trial).collect()
}

/// The strategy of a sweep: that of its config, or that of the confirmation that it is.
///
/// # Errors
/// A method that can't be run, and as the store's.
pub async fn strategy_of(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> Result<Box<dyn Strategy>, QueryError> {
    match ConfirmationPlan::of(&sweep.parent) {
        Some(plan) => Ok(Box::new(confirm_strategy(store, sweep, config, &plan).await?)),
        None => Ok(sweep.strategy(config)?),
    }
}

/// What the config of a sweep means for its confirmation: every run goes to its end, and nothing that is said of the
/// search is said of it. The config of any other sweep stays as it is.
#[must_use]
pub fn config_for(sweep: &Sweep, mut config: Config) -> Config {
    let Some(plan) = ConfirmationPlan::of(&sweep.parent) else { return config };
    config.early_terminate = None;
    config.max_duration = None;
    config.hooks = Hooks::default();
    config.run_cap = Some(plan.budget);
    if let Some(metric) = &mut config.metric {
        metric.target = None;
        metric.impute_while_running = None;
    }
    config
}

async fn confirm_strategy(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
    plan: &ConfirmationPlan,
) -> Result<Confirm, QueryError> {
    let prior = PriorTrials::of(store.as_ref(), &sweep.parent).await?;
    let goal = config.metric.as_ref().map_or(Goal::Minimize, |metric| metric.goal);
    let fitter = Fitter::new(config);
    let points = plan.observed(&prior).into_iter().map(|(_, one)| {
        let searched = one.metric.unwrap_or(f64::NAN);
        (fitter.as_listed(one.point.clone()), searched)
    });
    Ok(Confirm {
        points: points.collect(),
        searched: prior.trials.iter().filter_map(|(_, one)| one.metric).collect(),
        goal,
        budget: plan.budget,
    })
}

/// What became of runs, for a strategy.
async fn observations(
    store: &Arc<dyn Store>,
    config: &Config,
    runs: &[&Run],
) -> Result<Vec<Observation>, QueryError> {
    let values = match ChosenMetric::of(config, None, None) {
        Some(metric) => metric.values(store, runs.iter().copied()).await?,
        None => std::collections::HashMap::<RunId, f64>::new(),
    };
    let observed = runs.iter().filter_map(|run| {
        let metric = values.get(&run.info.id).copied();
        Some(Observation {
            trial: Some(index_of(run)?),
            point: point_of(run),
            status: run.info.status,
            metric,
            logged: LoggedValues::of(metric),
            stopped_early: stopped_early(run),
            beside: Vec::new(),
        })
    });
    Ok(observed.collect())
}
