//! What plots and reports are made of.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Dependence, FailureAnalysis};
use crate::config::{Config, Goal};
use crate::query::{MetricCurve, MetricNoise, Reported};
use crate::trial::{Trial, TrialIndex};

/// What the plots and the report show of a sweep.
#[derive(Debug, Clone, Copy)]
pub struct SweepReport<'a> {
    /// Its name.
    pub sweep_name: &'a str,
    /// Id of its parent run.
    pub sweep_id: &'a str,
    /// The method, in the config's word.
    pub method: &'a str,
    /// What it was after; `None`: the config names no metric.
    pub objective: Option<ReportObjective<'a>>,
    /// Its trials, in any order.
    pub trials: &'a [Trial],
    /// Which parameters mattered; `None`: it was not asked.
    pub analysis: Option<&'a Analysis>,
    /// Where trials fail.
    pub failures: &'a FailureAnalysis,
    /// How noisy the metric is; `None`: it was not asked.
    pub noise: Option<&'a MetricNoise>,
    /// What was recorded beside the metric.
    pub reported: Option<&'a Reported>,
    /// What the forest expects of each parameter; empty: it was not asked.
    pub dependences: &'a [Dependence],
    /// Histories of the metric, of some trials or all.
    pub curves: &'a [MetricCurve],
    /// The config, whose order that of parameters is; `None`: code-point order.
    pub order: Option<&'a Config>,
    /// The config as it was written.
    pub config: Option<&'a str>,
    /// Run ids of trials that can't be the best: they break a limit, or there are several metrics.
    pub not_best: &'a BTreeSet<String>,
    /// Where there are several metrics: the trials by all of them.
    pub front: Option<&'a ReportFront>,
    /// The command line of the best trial, as it was run.
    pub best_command: Option<&'a str>,
    /// What stands before a run's id in the address of its page; `None`: it has no page.
    pub runs_at: Option<&'a str>,
    /// When the report is made, epoch milliseconds: running trials last until then.
    pub generated_at_ms: i64,
}

/// The trials of a sweep by its several metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportFront {
    /// Names and directions of the metrics.
    pub metrics: Vec<(String, Goal)>,
    /// The limits.
    pub limits: Vec<String>,
    /// The candidates: those that no other one beats first, in the order of the first metric.
    pub trials: Vec<ReportFrontTrial>,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportFrontTrial {
    /// Its number.
    pub trial: TrialIndex,
    /// Its run.
    pub run_id: String,
    /// Its value of each metric.
    pub values: Vec<f64>,
    /// Whether no other one beats it.
    pub on_front: bool,
}

/// The metric that a report is about.
#[derive(Debug, Clone, Copy)]
pub struct ReportObjective<'a> {
    /// Its key.
    pub name: &'a str,
    /// Its direction; without one nothing is called best.
    pub goal: Option<Goal>,
}

impl ReportObjective<'_> {
    /// The config's word for its direction.
    #[must_use]
    pub fn goal_word(&self) -> Option<&'static str> {
        self.goal.map(Goal::as_str)
    }
}
