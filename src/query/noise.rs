//! How noisy the metric of a sweep is, and what that means for its best trial.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::confirmation::Confirmation;
use super::error::QueryError;
use super::frame::{SEED, read_trials, trial_frame};
use super::metric::ChosenMetric;
use crate::analysis::variance_of;
use crate::config::{Config, Goal};
use crate::evidence::{near_the_best, pooled_noise};
use crate::record::Sweep;
use crate::tracking::Store;
use crate::trial::Trial;

/// Most trials of which the noise is asked for in passing: all of them are read for it.
pub const NOISE_AT_A_GLANCE: u64 = 5_000;
/// Between the two ends of a 95 % interval of one value, in standard deviations, halved.
const HALF: f64 = 1.96;

/// What the noise is estimated from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSource {
    /// Points that were run more than once, in the search or by `sweep confirm`.
    Repeats,
    /// What a Gaussian process does not explain.
    Model,
}

/// The noise of a metric, and the trials near the best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricNoise {
    /// Standard deviation between runs of one point; null: not known.
    pub sd: Option<f64>,
    /// What it is estimated from.
    pub source: Option<NoiseSource>,
    /// Other trials whose difference from the best may be noise (95 %); null: the noise is not known.
    pub within_noise: Option<usize>,
    /// Other trials with exactly the value of the best.
    pub ties: usize,
}

/// Reads it for the best value of the search; `None`: there is no value, or the metric has no direction.
///
/// # Errors
/// As the store's, and where a confirmation can't be read.
pub async fn metric_noise(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> Result<Option<MetricNoise>, QueryError> {
    let model = |trials: &[Trial]| {
        let shares = variance_of(&trial_frame(config, trials), SEED)?;
        Some(shares.noise?.mean)
    };
    read(store, sweep, config, model).await
}

/// The same by repeats alone: no model is fitted.
///
/// # Errors
/// As the store's, and where a confirmation can't be read.
pub async fn noise_of_repeats(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
) -> Result<Option<MetricNoise>, QueryError> {
    read(store, sweep, config, |_| None).await
}

async fn read(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
    model: impl FnOnce(&[Trial]) -> Option<f64>,
) -> Result<Option<MetricNoise>, QueryError> {
    let Some(metric) = ChosenMetric::of(config, None, None).filter(|_| !config.has_several_metrics()) else {
        return Ok(None);
    };
    let Some(goal) = metric.goal else { return Ok(None) };
    let trials = read_trials(store, sweep, Some(&metric)).await?.trials;
    let confirmed: Vec<Vec<f64>> = match Confirmation::of(store, sweep, config).await? {
        Some(confirmed) => (0..confirmed.points.len()).map(|place| confirmed.values(place)).collect(),
        None => Vec::new(),
    };
    Ok(of_trials(&trials, goal, &confirmed, || model(&trials)))
}

/// The noise of trials; `model` is asked where repeats say too little.
pub fn of_trials(
    trials: &[Trial],
    goal: Goal,
    confirmed: &[Vec<f64>],
    model: impl FnOnce() -> Option<f64>,
) -> Option<MetricNoise> {
    let counted = trials.iter().filter(|trial| trial.counts());
    let mut points: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for trial in counted.filter(|trial| !trial.stopped_early) {
        let Some(value) = trial.metric.filter(|value| value.is_finite()) else { continue };
        points.entry(trial.point.to_json().to_string()).or_default().push(value);
    }
    let losses: Vec<f64> = points.values().flatten().map(|value| goal.loss(*value)).collect();
    let best = losses.iter().copied().min_by(f64::total_cmp)?;
    #[allow(clippy::float_cmp)]
    let ties = losses.iter().filter(|loss| **loss == best).count().saturating_sub(1);
    let repeats = points.values().chain(confirmed).map(Vec::as_slice);
    let (sd, source) = match pooled_noise(repeats) {
        Some(noise) => (Some(noise.sd), Some(NoiseSource::Repeats)),
        None => model().map_or((None, None), |sd| (Some(sd), Some(NoiseSource::Model))),
    };
    let within_noise = sd.map(|sd| near_the_best(&losses, best, sd).saturating_sub(1));
    Some(MetricNoise { sd, source, within_noise, ties })
}

impl MetricNoise {
    /// ` ± 0.011 (noise 0.0056): 4 other trials are within the noise`; empty where nothing is known. `number` writes a number
    /// to two figures.
    #[must_use]
    pub fn words(&self, number: impl Fn(f64) -> String) -> String {
        let others = |count: usize| match count {
            1 => "1 other trial".to_owned(),
            count => format!("{count} other trials"),
        };
        let mut said = String::new();
        if let Some(sd) = self.sd {
            said += &format!(" ± {} (noise {})", number(HALF * sd), number(sd));
        }
        let near = self.within_noise.filter(|count| *count > 0);
        let near = near.map(|count| {
            format!("{} {} within the noise", others(count), if count == 1 { "is" } else { "are" })
        });
        let ties = (self.ties > 0).then(|| {
            format!("{} {} the same value", others(self.ties), if self.ties == 1 { "has" } else { "have" })
        });
        let parts: Vec<String> = near.into_iter().chain(ties).collect();
        if !parts.is_empty() {
            said += &format!(": {}", parts.join("; "));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Point, Value};
    use crate::trial::{RunStatus, TrialIndex};

    fn trials(values: &[(i128, f64)]) -> Vec<Trial> {
        let trial = |(k, (x, value)): (u64, &(i128, f64))| Trial {
            index: TrialIndex(k),
            attempt: 1,
            run_id: k.to_string(),
            status: RunStatus::Finished,
            agent: None,
            start_time: 1,
            end_time: Some(2),
            exit_code: Some(0),
            point: Point(vec![("x".to_owned(), Value::Int(*x))]),
            metric: Some(*value),
            stopped_early: false,
        };
        (0..).zip(values).map(trial).collect()
    }

    #[test]
    fn repeats_say_how_many_trials_are_within_the_noise() {
        let values = [(1, 0.90), (1, 0.92), (2, 0.91), (2, 0.93), (3, 0.5), (3, 0.52), (4, 0.7), (4, 0.72)];
        let noise = of_trials(&trials(&values), Goal::Maximize, &[], || None).unwrap();
        assert_eq!((noise.source, noise.within_noise, noise.ties), (Some(NoiseSource::Repeats), Some(3), 0));
        let words = noise.words(|x| format!("{x:.3}"));
        assert_eq!(words, " ± 0.028 (noise 0.014): 3 other trials are within the noise");
    }

    #[test]
    fn equal_values_are_ties_and_too_little_is_silent() {
        let noise =
            of_trials(&trials(&[(1, 0.9), (2, 0.9), (3, 0.1)]), Goal::Maximize, &[], || None).unwrap();
        assert_eq!(noise.words(|x| x.to_string()), ": 1 other trial has the same value");
        let plain = of_trials(&trials(&[(1, 0.9), (2, 0.8)]), Goal::Maximize, &[], || None).unwrap();
        assert_eq!(plain.words(|x| x.to_string()), "");
        assert_eq!(of_trials(&[], Goal::Maximize, &[], || None), None);
    }
}
