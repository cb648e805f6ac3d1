//! What trials gave of several metrics and of limits, as models have it.

use super::super::Observation;
use super::targets::SearchTarget;
use crate::config::Objectives;
use crate::metric::{Goal, Losses};
use crate::trial::RunStatus;

/// A little of the sum beside the largest part, so that no objective is forgotten (Knowles 2006).
const SUM: f64 = 0.05;

/// A limit as models have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LossLimit {
    /// 0: the first metric; else one more than the place among what is measured beside it.
    pub place: usize,
    /// The bound, in the unit of the losses there.
    pub bound: f64,
    /// Whether it is the most; else the least.
    pub at_most: bool,
}

/// The limits of a sweep.
pub(super) fn limits(objectives: &Objectives) -> Vec<LossLimit> {
    let of = |limit: &crate::metric::MetricLimit| {
        let place = objectives.place_of(limit);
        let is_turned = objectives.metrics.get(place).is_some_and(|metric| metric.goal == Goal::Maximize);
        let at_most = (limit.side == Goal::Minimize) != is_turned;
        LossLimit { place, bound: if is_turned { -limit.bound } else { limit.bound }, at_most }
    };
    objectives.limits.iter().map(of).collect()
}

impl LossLimit {
    /// Whether a trial keeps to it; `None`: it is not known.
    pub fn holds(&self, y: f64, beside: &[Option<f64>]) -> Option<bool> {
        let value = match self.place {
            0 => y,
            place => beside.get(place - 1).copied().flatten()?,
        };
        Some(if self.at_most { value <= self.bound } else { value >= self.bound })
    }
}

/// What each observation gave beside the first metric: further metrics as losses, limited ones as they are. What a trial
/// that is over did not give of a metric counts as the worst of the sweep; of a limit nothing is known then.
pub(super) fn beside(objectives: &Objectives, history: &[Observation]) -> Vec<Vec<Option<f64>>> {
    let measured = objectives.beside();
    let value = |observation: &Observation, place: usize, goal: Option<Goal>| {
        let value = observation.beside.get(place).copied().flatten().filter(|value| value.is_finite())?;
        let counts = observation.status == RunStatus::Finished || observation.stopped_early;
        counts.then(|| goal.map_or(value, |goal| goal.loss(value)))
    };
    let worst: Vec<f64> = measured
        .iter()
        .enumerate()
        .map(|(place, one)| {
            let known = history.iter().filter_map(|observation| value(observation, place, one.goal));
            known.reduce(f64::max).unwrap_or(0.0)
        })
        .collect();
    let of = |observation: &Observation| {
        let each = measured.iter().enumerate().map(|(place, one)| {
            let known = value(observation, place, one.goal);
            known.or_else(|| (one.goal.is_some() && observation.status.is_final()).then_some(worst[place]))
        });
        each.collect()
    };
    history.iter().map(of).collect()
}

/// What each observation is by the first of several metrics: the value that counts, which is also that of the front.
pub(super) fn first_of_several(objectives: &Objectives, history: &[Observation]) -> Vec<SearchTarget> {
    let goal = objectives.first().map_or(Goal::Minimize, |metric| metric.goal);
    let loss = |observation: &Observation| {
        let counts = observation.status == RunStatus::Finished || observation.stopped_early;
        observation.metric.filter(|value| counts && value.is_finite()).map(|value| goal.loss(value))
    };
    let worst = history.iter().filter_map(loss).reduce(f64::max).unwrap_or(0.0);
    let of = |observation: &Observation| match observation.status.is_final() {
        true => SearchTarget::Value(loss(observation).unwrap_or(worst)),
        false => SearchTarget::Pending,
    };
    history.iter().map(of).collect()
}

/// One value for several losses: the largest weighted one of those that lie between 0, the best, and 1, the worst
/// (augmented Chebyshev).
pub(super) fn scalarised(all: &[Losses], weights: &[f64]) -> Vec<f64> {
    let ends: Vec<(f64, f64)> = (0..weights.len())
        .map(|i| {
            let of = || all.iter().map(move |losses| losses[i]);
            (of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max))
        })
        .collect();
    let scale =
        |(x, (low, high)): (&f64, &(f64, f64))| if high > low { (x - low) / (high - low) } else { 0.0 };
    let one = |losses: &Losses| {
        let weighted: Vec<f64> =
            losses.iter().zip(&ends).map(scale).zip(weights).map(|(x, weight)| x * weight).collect();
        weighted.iter().copied().fold(0.0, f64::max) + SUM * weighted.iter().sum::<f64>()
    };
    all.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_turned_with_the_metric_that_it_bounds() {
        let file = "command: t\nmethod: bayes\nparameters: {x: {min: 0.0, max: 1.0}}\nmetrics:\n\
                    - {name: acc, goal: maximize, limit: 0.5}\n- {name: ms, goal: minimize, subject_to: [\"mem <= 3\", \"ms >= 1\"]}\n";
        let objectives = crate::config::check(file.as_bytes()).config.unwrap().objectives();
        let found = limits(&objectives);
        assert_eq!(found[0], LossLimit { place: 0, bound: -0.5, at_most: true });
        assert_eq!(found[1], LossLimit { place: 2, bound: 3.0, at_most: true });
        assert_eq!(found[2], LossLimit { place: 1, bound: 1.0, at_most: false });
        assert_eq!(found[0].holds(-0.6, &[]), Some(true));
        assert_eq!((found[1].holds(0.0, &[None, Some(4.0)]), found[1].holds(0.0, &[])), (Some(false), None));
    }

    #[test]
    fn weights_decide_which_loss_counts() {
        let all = [vec![0.0, 10.0, 5.0], vec![2.0, 0.0, 5.0], vec![1.0, 5.0, 5.0]];
        let y = scalarised(&all, &[1.0, 0.0, 0.0]);
        assert!(y[0] < y[2] && y[2] < y[1]);
        let y = scalarised(&all, &[0.5, 0.5, 0.0]);
        assert!(y[2] < y[0] && y[2] < y[1]);
    }
}
