//! What the model learns from: the values of finished trials, and the trials that are still open.

use super::super::Observation;
use crate::config::{Goal, Impute, MetricConfig, MetricSummary};
use crate::trial::RunStatus;

/// What an observation is to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SearchTarget {
    /// It has this value, smaller is better.
    Value(f64),
    /// It is open.
    Pending,
}

/// What each observation is to the model, values turned so that smaller is better.
///
/// A finished trial has its best finite value, also one that a stopping rule ended; a failed or killed one is imputed
/// by `metric.impute`. A trial without any number counts as the worst of the sweep, and as 0 where nothing is known; but
/// where its infinity is on the good side it is left open: that is an error of the script, and says nothing of the point.
pub(super) fn targets(metric: &MetricConfig, history: &[Observation]) -> Vec<SearchTarget> {
    let values: Vec<Values> = history.iter().map(|observation| Values::of(metric, observation)).collect();
    let ended = history.iter().zip(&values).filter(|(observation, _)| observation.status.is_final());
    let worst = ended.filter_map(|(_, values)| values.worst).reduce(f64::max).unwrap_or(0.0);
    history
        .iter()
        .zip(&values)
        .map(|(observation, values)| {
            let imputed = |by: Impute| {
                match by {
                    Impute::Worst => None,
                    Impute::Best => values.best,
                    Impute::Latest => values.latest,
                }
                .unwrap_or(worst)
            };
            let too_good = observation.metric.is_some_and(|value| metric.goal.is_too_good(value));
            match observation.status {
                RunStatus::Finished | RunStatus::Killed if too_good && values.best.is_none() => {
                    SearchTarget::Pending
                }
                _ if observation.stopped_early => SearchTarget::Value(values.best.unwrap_or(worst)),
                RunStatus::Finished => SearchTarget::Value(values.best.unwrap_or(worst)),
                RunStatus::Failed | RunStatus::Killed => SearchTarget::Value(imputed(metric.impute)),
                RunStatus::Running => metric.impute_while_running.map_or(SearchTarget::Pending, |by| {
                    SearchTarget::Value(values.best.unwrap_or_else(|| imputed(by)))
                }),
                RunStatus::Scheduled => SearchTarget::Pending,
            }
        })
        .collect()
}

/// The finite values of one trial, smaller is better.
struct Values {
    best: Option<f64>,
    worst: Option<f64>,
    latest: Option<f64>,
}

impl Values {
    fn of(metric: &MetricConfig, observation: &Observation) -> Self {
        let sign = match metric.goal {
            Goal::Minimize => 1.0,
            Goal::Maximize => -1.0,
        };
        let summary = observation.metric.filter(|value| value.is_finite()).map(|value| sign * value);
        // `min`, `max` and `mean` say what counts; the others leave it to the table of targets, which takes the best.
        let own_words =
            matches!(metric.summary, MetricSummary::Min | MetricSummary::Max | MetricSummary::Mean);
        if let (true, Some(value)) = (own_words, summary) {
            return Self { best: Some(value), worst: Some(value), latest: Some(value) };
        }
        let logged = observation.logged;
        let ends = logged.map(|logged| (sign * logged.lowest, sign * logged.highest));
        let (low, high) = (ends.map(|(a, b)| a.min(b)), ends.map(|(a, b)| a.max(b)));
        Self {
            best: low.into_iter().chain(summary).reduce(f64::min),
            worst: high.into_iter().chain(summary).reduce(f64::max),
            latest: logged.map(|logged| sign * logged.latest),
        }
    }
}
