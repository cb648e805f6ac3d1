//! What was typed after `sweep best`, and the shape of its answer.

use serde::Serialize;

use super::super::shared::{AnswerFormat, SweepChoice};
use super::trial_form::TrialForm;
use crate::config::{Config, Goal};
use crate::query::{ConfirmedJson, MetricJson, MetricNoise, ReportedJson, TrialJson, TrialRow};

/// Which of a front.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum FrontChoice {
    /// All of it.
    #[default]
    All,
    /// The trade-off that leans to no side.
    Knee,
    /// The trial that weights ask for.
    Preferred(Vec<(String, f64)>),
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct BestArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How many; `None`: one, and of a front all.
    pub number: Option<usize>,
    /// Of a front.
    pub choice: FrontChoice,
    /// The metric; `None`: the config's.
    pub metric: Option<String>,
    /// Its direction; `None`: the config's for its own metrics.
    pub goal: Option<Goal>,
    /// In which form; `None`: as `format` says.
    pub spelling: Option<TrialForm>,
    /// How they are printed.
    pub format: AnswerFormat,
}

/// The best trials, for programs.
#[derive(Debug, Serialize)]
pub(super) struct BestTrialsJson {
    pub sweep_id: String,
    pub sweep_name: String,
    pub metric: MetricJson,
    pub metrics: Vec<MetricJson>,
    pub limits: Vec<String>,
    /// How noisy the metric is, and how many trials are as good as the best for all that is known.
    pub noise: Option<MetricNoise>,
    /// What is recorded beside the metric.
    pub report_metric: Option<ReportedJson>,
    pub trials: Vec<BestTrialJson>,
}

#[derive(Debug, Serialize)]
pub(super) struct BestTrialJson {
    #[serde(flatten)]
    pub trial: TrialJson,
    /// A value for each of the metrics.
    pub values: Vec<f64>,
    /// What `sweep confirm` has shown of it.
    pub confirmed: Option<ConfirmedJson>,
    pub command: Option<String>,
}

/// The parameters that any of these trials has, in the order of the config.
pub(super) fn paths(config: &Config, rows: &[TrialRow]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for (path, _) in rows.iter().flat_map(|row| row.point.leaves()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    config.in_order(paths, |path| path)
}
