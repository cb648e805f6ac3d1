//! `report_metric`: what was recorded beside the metric of a sweep, and whether it ranks the trials alike.

use std::sync::Arc;

use serde::Serialize;

use super::metric::ChosenMetric;
use crate::config::{Config, MetricSummary};
use crate::evidence::{Agreement, agreement};
use crate::record::{Sweep, TrialRuns, stopped_early};
use crate::tracking::{Result as StoreResult, Run, Store};
use crate::trial::RunStatus;

/// What was recorded beside the metric.
#[derive(Debug, Clone)]
pub struct Reported {
    /// Its key.
    pub name: String,
    /// Its direction.
    pub goal: crate::config::Goal,
    /// Its value of the best trial.
    pub of_best: Option<f64>,
    /// Whether it ranks the trials as the metric does; `None`: too few values.
    pub agreement: Option<Agreement>,
}

/// The same for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportedJson {
    name: String,
    goal: &'static str,
    of_best: Option<f64>,
    trials: Option<usize>,
    kendall_tau: Option<f64>,
    rank_of_best: Option<usize>,
    disagrees: Option<bool>,
}

impl Reported {
    /// Reads it for the trial with run id `best`; `None`: the sweep reports no metric, or has several.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(
        store: &Arc<dyn Store>,
        sweep: &Sweep,
        config: &Config,
        best: &str,
    ) -> StoreResult<Option<Self>> {
        if config.report_metric.is_none() {
            return Ok(None);
        }
        let runs: Vec<Run> = TrialRuns::read(store.as_ref(), sweep).await?.into_runs().collect();
        Self::of(store, config, &runs, best).await
    }

    /// The same of runs that were read.
    ///
    /// # Errors
    /// As the store's.
    pub async fn of(
        store: &Arc<dyn Store>,
        config: &Config,
        runs: &[Run],
        best: &str,
    ) -> StoreResult<Option<Self>> {
        let Some(reported) = config.report_metric.as_ref().filter(|_| !config.has_several_metrics()) else {
            return Ok(None);
        };
        let Some(metric) = ChosenMetric::of(config, None, None) else { return Ok(None) };
        let Some(goal) = metric.goal else { return Ok(None) };
        let beside = ChosenMetric {
            name: reported.name.clone(),
            goal: Some(reported.goal),
            summary: MetricSummary::Last,
            limits: Vec::new(),
        };
        let counted =
            || runs.iter().filter(|run| run.info.status == RunStatus::Finished || stopped_early(run));
        let (values, others) =
            (metric.values(store, counted()).await?, beside.values(store, counted()).await?);
        let both: Vec<(&str, f64, f64)> = counted()
            .filter_map(|run| {
                let (value, other) = (*values.get(&run.info.id)?, *others.get(&run.info.id)?);
                (value.is_finite() && other.is_finite()).then_some((
                    run.info.id.as_str(),
                    goal.loss(value),
                    reported.goal.loss(other),
                ))
            })
            .collect();
        let place = both.iter().position(|(id, ..)| *id == best);
        let pairs: Vec<(f64, f64)> = both.iter().map(|(_, value, other)| (*value, *other)).collect();
        let of_best = runs.iter().find(|run| run.info.id.as_str() == best);
        Ok(Some(Self {
            name: reported.name.clone(),
            goal: reported.goal,
            of_best: of_best.and_then(|run| others.get(&run.info.id).copied()),
            agreement: place.and_then(|place| agreement(&pairs, place)),
        }))
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> ReportedJson {
        ReportedJson {
            name: self.name.clone(),
            goal: self.goal.as_str(),
            of_best: self.of_best.filter(|value| value.is_finite()),
            trials: self.agreement.map(|agreement| agreement.n),
            kendall_tau: self.agreement.map(|agreement| agreement.tau),
            rank_of_best: self.agreement.map(|agreement| agreement.best_is),
            disagrees: self.agreement.map(|agreement| agreement.disagree),
        }
    }

    /// A warning where it ranks the trials otherwise than the metric does.
    #[must_use]
    pub fn warning(&self, metric: &str) -> Option<String> {
        let found = self.agreement.filter(|agreement| agreement.disagree)?;
        let name = &self.name;
        Some(format!(
            "{name} ranks the trials otherwise than {metric} (Kendall's τ {:.2} over {} trials); the best by {metric} is number \
             {} by {name}. The trials may be overfitted to {metric}: choose by more data, not by {name}.",
            found.tau, found.n, found.best_is
        ))
    }
}
