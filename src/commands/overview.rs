//! A sweep at a glance: its state, its trials by what became of them, its best. `list` and `status` tell it.

use std::sync::Arc;

use serde::Serialize;

use super::ranking::{Ranked, best_of};
use super::sweep_facts::{config_of, limit_of};
use super::values::Chosen;
use crate::config::{Config, Goal};
use crate::record::{ImportMark, Order, Standing, Sweep, index_of, point_of, tags};
use crate::space::Point;
use crate::tracking::{Result, Run, Store};
use crate::ui::words;

/// What is to be known of a sweep before its trials are looked at.
pub(super) struct Overview {
    pub(super) sweep: Sweep,
    pub(super) metric: Option<Chosen>,
    /// What it was made of; `None`: another program's, or a newer one's.
    config: Option<Config>,
    /// Trials by the config, of which some may turn out to have no point; `None`: there is no end.
    bound: Option<u64>,
    pub(super) standing: Standing,
    pub(super) best: Option<Ranked>,
}

impl Overview {
    /// Reads the sweep whose parent run this is.
    pub(super) async fn read(store: &Arc<dyn Store>, parent: Run) -> Result<Self> {
        let sweep = Sweep::of_run(store.as_ref(), parent).await?;
        let config = config_of(&sweep);
        let metric = config.as_ref().and_then(|config| Chosen::of(config.metric.as_ref(), None, None));
        let bound = config.as_ref().and_then(|config| limit_of(config, sweep.seed));
        let standing = Standing::default();
        let mut overview = Self { sweep, metric, config, bound, standing, best: None };
        overview.read_trials(store).await?;
        Ok(overview)
    }

    /// Reads anew what changes while agents run.
    pub(super) async fn refresh(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        self.sweep.parent = store.run(self.sweep.id()).await?;
        self.read_trials(store).await
    }

    async fn read_trials(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        let name = self.metric.as_ref().map(|metric| metric.name.as_str());
        self.standing = Standing::read(store.as_ref(), &self.sweep, name).await?;
        self.best = match &self.metric {
            Some(metric) if self.standing.finished > 0 => {
                best_of(store, &self.sweep, &self.standing.results, metric, 1).await?.pop()
            }
            _ => None,
        };
        Ok(())
    }

    /// What a trial was run with, in the order of the config.
    pub(super) fn point(&self, run: &Run) -> Point {
        let point = point_of(run);
        self.config.as_ref().map_or_else(|| point.clone(), |config| config.ordered(&point))
    }

    /// Most trials that there may ever be; `None`: there is no end.
    pub(super) fn limit(&self) -> Option<u64> {
        self.bound.map(|bound| bound.saturating_sub(self.standing.empty))
    }

    /// Whether it was finalized, and not reopened since.
    pub(super) fn is_finalized(&self) -> bool {
        self.sweep.parent.info.status.is_final()
    }

    /// How many results have come in since the sweep was finalized; `None`: it never was, or its report is up to date.
    pub(super) fn report_behind(&self) -> Option<u64> {
        let reported: u64 = self.sweep.parent.tag(tags::REPORTED)?.parse().ok()?;
        self.standing.done().checked_sub(reported).filter(|behind| *behind > 0)
    }

    /// Whether every trial that there may be has its result.
    pub(super) fn is_complete(&self) -> bool {
        let standing = &self.standing;
        standing.running.is_empty()
            && standing.begun > 0
            && self.limit().is_some_and(|limit| standing.done() >= limit)
    }

    /// The sweep's state in a word.
    pub(super) fn state(&self) -> State {
        let standing = &self.standing;
        if ImportMark::of(&self.sweep.parent).is_some() {
            return State::Importing;
        }
        if self.is_finalized() {
            return State::Finished;
        }
        match Order::of(&self.sweep.parent) {
            Order::Cancel => State::Cancelled,
            Order::Stop => State::Stopped,
            Order::Pause => State::Paused,
            Order::Run if !standing.running.is_empty() => State::Running,
            Order::Run if standing.begun == 0 => State::New,
            Order::Run if self.limit().is_some_and(|limit| standing.done() >= limit) => State::Complete,
            Order::Run => State::Idle,
        }
    }

    /// Counts for programs.
    pub(super) fn counts(&self) -> Counts {
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

    pub(super) fn metric_json(&self) -> Option<MetricJson> {
        self.metric.as_ref().map(MetricJson::of)
    }

    pub(super) fn best_json(&self) -> Option<BestJson> {
        let best = self.best.as_ref()?;
        Some(BestJson {
            trial: index_of(&best.run).map(|trial| trial.0),
            run_id: best.run.info.id.to_string(),
            value: best.value,
        })
    }

    /// `12 of 50 done, 2 running, 1 failed`.
    pub(super) fn counts_words(&self) -> String {
        let counts = self.counts();
        let done = counts.done();
        let mut parts = vec![match self.limit() {
            Some(limit) => format!("{done} of {} done", words::count(limit, "trial")),
            None => format!("{} done", words::count(done, "trial")),
        }];
        for (count, word) in [
            (counts.running, "running"),
            (counts.failed, "failed"),
            (counts.stopped_early, "stopped early"),
            (counts.killed, "killed"),
            (counts.deleted, "deleted"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        parts.join(", ")
    }
}

/// `1 result's run was deleted`.
pub(super) fn deleted_words(count: u64) -> String {
    match count {
        1 => "1 result's run was deleted".to_owned(),
        _ => format!("{count} results' runs were deleted"),
    }
}

/// The state of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It is being imported, or its import was cut off.
    Importing,
    /// No trial was begun yet.
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

impl State {
    pub(super) fn word(self) -> &'static str {
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
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Complete)
    }
}

/// Trials by what became of them, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) limit: Option<u64>,
    pub(super) begun: u64,
    pub(super) running: u64,
    pub(super) finished: u64,
    pub(super) failed: u64,
    pub(super) stopped_early: u64,
    pub(super) killed: u64,
    /// Results whose runs a person has deleted.
    pub(super) deleted: u64,
}

impl Counts {
    /// Trials that have their result.
    pub(super) fn done(&self) -> u64 {
        self.finished + self.failed + self.stopped_early + self.killed + self.deleted
    }
}

/// The sweep's metric, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MetricJson {
    name: String,
    goal: Option<&'static str>,
}

impl MetricJson {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn of(metric: &Chosen) -> Self {
        Self { name: metric.name.clone(), goal: metric.goal.map(Goal::as_str) }
    }
}

/// The best trial, for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BestJson {
    trial: Option<u64>,
    run_id: String,
    value: f64,
}

impl BestJson {
    pub(super) fn trial(&self) -> Option<u64> {
        self.trial
    }

    pub(super) fn value(&self) -> f64 {
        self.value
    }
}
