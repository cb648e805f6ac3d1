//! A sweep at a glance: its state, its trials by what became of them, its best.

use std::sync::Arc;

use serde::Serialize;

use super::facts::{config_of, limit_of};
use super::front::{Front, FrontTrial};
use super::metric::ChosenMetric;
use super::ranking::{Ranked, best_of};
use crate::config::{Config, Goal, MetricConfig};
use crate::record::{ImportMark, Sweep, SweepOrder, SweepProgress, index_of, newest_version, point_of, tags};
use crate::space::Point;
use crate::tracking::{ErrorKind, Result, Run, Store};
use crate::trial::TrialIndex;

/// What is to be known of a sweep before its trials are looked at.
pub struct Overview {
    pub sweep: Sweep,
    pub metric: Option<ChosenMetric>,
    /// What it was made of; `None`: another program's, or a newer one's.
    config: Option<Config>,
    /// Trials by the config, of which some may turn out to have no point; `None`: there is no end.
    bound: Option<u64>,
    pub standing: SweepProgress,
    pub best: Option<Ranked>,
    /// In the place of the best, where there are several metrics.
    pub front: Option<Front>,
}

impl Overview {
    /// As [`Self::read`]; `None`: another program made the sweep, or its ledger is gone.
    pub async fn read_if_ours(store: &Arc<dyn Store>, parent: Run) -> Result<Option<Self>> {
        match Self::read(store, parent).await {
            Ok(overview) => Ok(Some(overview)),
            Err(error)
                if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Forbidden) =>
            {
                tracing::debug!(%error, "a sweep can't be read");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the sweep whose parent run this is.
    pub async fn read(store: &Arc<dyn Store>, parent: Run) -> Result<Self> {
        let sweep = Sweep::of_run(store.as_ref(), parent).await?;
        let config = config_of(&sweep);
        let metric = config.as_ref().and_then(|config| ChosenMetric::of(config, None, None));
        let bound = config.as_ref().and_then(|config| limit_of(&sweep, config));
        let standing = SweepProgress::default();
        let mut overview = Self { sweep, metric, config, bound, standing, best: None, front: None };
        overview.read_trials(store).await?;
        Ok(overview)
    }

    /// Reads again what changes while agents run.
    pub async fn refresh(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        let parent = store.run(self.sweep.id()).await?;
        if newest_version(&parent) > self.sweep.version() {
            *self = Self::read(store, parent).await?;
            return Ok(());
        }
        self.sweep.parent = parent;
        self.read_trials(store).await
    }

    async fn read_trials(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        let name = self.metric.as_ref().map(|metric| metric.name.as_str());
        self.standing = SweepProgress::read(store.as_ref(), &self.sweep, name).await?;
        self.best = match &self.metric {
            Some(metric) if self.standing.finished > 0 && !self.has_several_metrics() => {
                best_of(store, &self.sweep, &self.standing.results, metric, 1).await?.pop()
            }
            _ => None,
        };
        if let Some(config) = self.config.as_ref().filter(|config| config.has_several_metrics()) {
            self.front = Some(Front::read(store, &self.sweep, config, &self.standing.results).await?);
        }
        Ok(())
    }

    /// Whether the answer is a front.
    pub fn has_several_metrics(&self) -> bool {
        self.config.as_ref().is_some_and(Config::has_several_metrics)
    }

    /// What it was made of; `None`: another program's, or a newer one's.
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// What a trial was run with, in the order of the config.
    pub fn point(&self, run: &Run) -> Point {
        let point = point_of(run);
        self.config.as_ref().map_or_else(|| point.clone(), |config| config.ordered(&point))
    }

    /// Most trials that there may ever be; `None`: there is no end.
    pub fn limit(&self) -> Option<u64> {
        self.bound.map(|bound| bound.saturating_sub(self.standing.empty))
    }

    /// Whether it was finalized, and not reopened since.
    pub fn is_finalized(&self) -> bool {
        self.sweep.parent.info.status.is_final()
    }

    /// How many results have come in since the sweep was finalized; `None`: it never was, or its report is up to date.
    pub fn report_behind(&self) -> Option<u64> {
        let reported: u64 = self.sweep.parent.tag(tags::REPORTED)?.parse().ok()?;
        self.standing.done().checked_sub(reported).filter(|behind| *behind > 0)
    }

    /// Whether every trial that there may be has its result.
    pub fn is_complete(&self) -> bool {
        let standing = &self.standing;
        standing.running.is_empty() && standing.begun > 0 && self.is_all_done()
    }

    /// The sweep's state in a word.
    pub fn state(&self) -> SweepState {
        let standing = &self.standing;
        SweepState::of(&self.sweep.parent, !standing.running.is_empty(), standing.begun, self.is_all_done())
    }

    /// Whether there are as many results as there may be.
    fn is_all_done(&self) -> bool {
        self.limit().is_some_and(|limit| self.standing.done() >= limit)
    }

    /// Counts for programs.
    pub fn counts(&self) -> Counts {
        let standing = &self.standing;
        Counts {
            limit: self.limit(),
            begun: standing.begun,
            running: standing.running.len() as u64,
            finished: standing.finished,
            failed: standing.failed,
            stopped_early: standing.stopped,
            killed: standing.killed,
            deleted: standing.deleted,
        }
    }

    pub fn metric_json(&self) -> Option<MetricJson> {
        self.metric.as_ref().map(MetricJson::of)
    }

    /// All metrics, for programs.
    pub fn metrics_json(&self) -> Vec<MetricJson> {
        match &self.front {
            Some(front) => front.metrics().iter().map(MetricJson::of).collect(),
            None => self.metric_json().into_iter().collect(),
        }
    }

    /// The names of all that trials are judged by.
    pub fn judged_names(&self) -> Vec<String> {
        let Some(config) = &self.config else { return Vec::new() };
        let objectives = config.objectives();
        let first = objectives.first().map(|metric| metric.name.as_str());
        let beside = objectives.beside();
        first.into_iter().chain(beside.iter().map(|one| one.name)).map(str::to_owned).collect()
    }

    /// The limits, for programs.
    pub fn limits_json(&self) -> Vec<String> {
        let limits = self.config.as_ref().map(|config| config.limits.as_slice()).unwrap_or_default();
        limits.iter().map(ToString::to_string).collect()
    }

    /// The trials of the front, for programs; `None`: there is one metric.
    pub fn front_json(&self) -> Option<Vec<FrontTrialJson>> {
        Some(self.front.as_ref()?.trials.iter().map(FrontTrialJson::of).collect())
    }

    pub fn best_json(&self) -> Option<BestJson> {
        let best = self.best.as_ref()?;
        Some(BestJson { trial: index_of(&best.run), run_id: best.run.info.id.to_string(), value: best.value })
    }
}

/// The state of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SweepState {
    /// It is being imported, or its import was cut off.
    Importing,
    /// No trial was started yet.
    New,
    /// Trials are under way.
    Running,
    /// Trials are left, and none is under way.
    Idle,
    /// Its agents wait for `sweep resume`.
    Paused,
    /// Its agents start no more trials.
    Stopped,
    /// Its agents ended their trials.
    Cancelled,
    /// Every trial has its result, and `sweep finalize` was not called yet.
    Complete,
    /// It was finalized.
    Finished,
}

impl SweepState {
    /// The state of the sweep of this parent run: whether any trial is under way, how many were started, whether there are as
    /// many results as there may be.
    pub fn of(parent: &Run, any_running: bool, begun: u64, all_done: bool) -> Self {
        if ImportMark::of(parent).is_some() {
            return Self::Importing;
        }
        if parent.info.status.is_final() {
            return Self::Finished;
        }
        match SweepOrder::of(parent) {
            SweepOrder::Cancel => Self::Cancelled,
            SweepOrder::Stop => Self::Stopped,
            SweepOrder::Pause => Self::Paused,
            SweepOrder::Run if any_running => Self::Running,
            SweepOrder::Run if begun == 0 => Self::New,
            SweepOrder::Run if all_done => Self::Complete,
            SweepOrder::Run => Self::Idle,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Importing => "importing",
            Self::New => "new",
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
            Self::Complete => "complete",
            Self::Finished => "finished",
        }
    }

    /// Whether no trial is expected any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Complete)
    }
}

/// Trials by what became of them, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub limit: Option<u64>,
    pub begun: u64,
    pub running: u64,
    pub finished: u64,
    pub failed: u64,
    pub stopped_early: u64,
    pub killed: u64,
    /// Results whose runs a person has deleted.
    pub deleted: u64,
}

impl Counts {
    /// Trials that have their result.
    pub fn done(&self) -> u64 {
        self.finished + self.failed + self.stopped_early + self.killed + self.deleted
    }
}

/// The sweep's metric, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetricJson {
    name: String,
    goal: Option<&'static str>,
}

impl MetricJson {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn of_config(metric: &MetricConfig) -> Self {
        Self { name: metric.name.clone(), goal: Some(metric.goal.as_str()) }
    }

    pub fn of(metric: &ChosenMetric) -> Self {
        Self { name: metric.name.clone(), goal: metric.goal.map(Goal::as_str) }
    }
}

/// A trial of the front, for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrontTrialJson {
    trial: Option<TrialIndex>,
    run_id: String,
    values: Vec<f64>,
}

impl FrontTrialJson {
    fn of(trial: &FrontTrial) -> Self {
        Self {
            trial: index_of(&trial.run),
            run_id: trial.run.info.id.to_string(),
            values: trial.values.clone(),
        }
    }
}

/// The best trial, for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BestJson {
    trial: Option<TrialIndex>,
    run_id: String,
    value: f64,
}

impl BestJson {
    pub fn trial(&self) -> Option<TrialIndex> {
        self.trial
    }

    pub fn value(&self) -> f64 {
        self.value
    }
}
