//! What the trials of a sweep are judged by: one metric or several, and limits on what a trial gives.

use super::model::{Config, MetricConfig};
use crate::metric::{Goal, Losses, MetricLimit, MetricSummary};

/// What the trials of a sweep are judged by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objectives {
    /// The metrics, the first of which comes first in every list.
    pub metrics: Vec<MetricConfig>,
    /// What a candidate for the best must keep to.
    pub limits: Vec<MetricLimit>,
}

/// A metric that is measured beside the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredBeside<'a> {
    /// Its key.
    pub name: &'a str,
    /// Its direction; `None`: it is limited, and nothing else.
    pub goal: Option<Goal>,
    /// Which value of its history counts.
    pub summary: MetricSummary,
}

impl Config {
    /// What the trials are judged by.
    #[must_use]
    pub fn objectives(&self) -> Objectives {
        let metrics = self.metric.iter().chain(&self.further_metrics).cloned();
        Objectives { metrics: metrics.collect(), limits: self.limits.clone() }
    }

    /// Whether there are several metrics, so that the answer is a front.
    #[must_use]
    pub fn has_several_metrics(&self) -> bool {
        !self.further_metrics.is_empty()
    }

    /// The metric, where it is the only one: then one trial is the best.
    #[must_use]
    pub fn only_metric(&self) -> Option<&MetricConfig> {
        self.metric.as_ref().filter(|_| !self.has_several_metrics())
    }

    /// The metric that early stopping watches.
    #[must_use]
    pub fn watched_metric(&self) -> Option<&MetricConfig> {
        match &self.early_metric {
            Some(name) => self.metric_named(name),
            None => self.metric.as_ref(),
        }
    }

    /// The one of its metrics that has this name.
    #[must_use]
    pub fn metric_named(&self, name: &str) -> Option<&MetricConfig> {
        self.metric.iter().chain(&self.further_metrics).find(|metric| metric.name == name)
    }
}

impl Objectives {
    /// The first metric.
    #[must_use]
    pub fn first(&self) -> Option<&MetricConfig> {
        self.metrics.first()
    }

    /// Whether the answer is a front.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.metrics.len() > 1
    }

    /// What is measured beside the first metric: the other metrics, then what is limited only. The order in which
    /// `beside` values stand everywhere.
    #[must_use]
    pub fn beside(&self) -> Vec<MeasuredBeside<'_>> {
        let further = self.metrics.iter().skip(1).map(|metric| MeasuredBeside {
            name: &metric.name,
            goal: Some(metric.goal),
            summary: metric.summary,
        });
        let mut all: Vec<MeasuredBeside<'_>> = further.collect();
        for limit in &self.limits {
            let name = limit.metric.as_str();
            let is_known = self.metrics.iter().any(|metric| metric.name == name)
                || all.iter().any(|known| known.name == name);
            if !is_known {
                all.push(MeasuredBeside { name, goal: None, summary: MetricSummary::Last });
            }
        }
        all
    }

    /// The value that a limit is about: 0 is the first metric, then those of [`beside`](Self::beside).
    #[must_use]
    pub fn place_of(&self, limit: &MetricLimit) -> usize {
        let of_first = self.first().is_some_and(|first| first.name == limit.metric);
        let beside = self.beside();
        let place = beside.iter().position(|measured| measured.name == limit.metric);
        if of_first { 0 } else { place.map_or(usize::MAX, |place| place + 1) }
    }

    /// The limits that a trial does not keep to.
    pub fn broken(&self, value: Option<f64>, beside: &[Option<f64>]) -> impl Iterator<Item = &MetricLimit> {
        self.limits.iter().filter(move |limit| {
            let given = match self.place_of(limit) {
                0 => value,
                place => beside.get(place.wrapping_sub(1)).copied().flatten(),
            };
            !limit.holds(given)
        })
    }

    /// Whether a trial keeps to all limits. What it did not give, it does not keep to.
    #[must_use]
    pub fn holds(&self, value: Option<f64>, beside: &[Option<f64>]) -> bool {
        self.broken(value, beside).next().is_none()
    }

    /// What a trial gave of each metric, as something to be made small; `None`: a value is missing or no number, or a
    /// limit is broken.
    #[must_use]
    pub fn losses(&self, value: Option<f64>, beside: &[Option<f64>]) -> Option<Losses> {
        let values = std::iter::once(value).chain(beside.iter().copied());
        let losses: Option<Losses> = self
            .metrics
            .iter()
            .zip(values)
            .map(|(metric, value)| value.map(|value| metric.goal.loss(value)).filter(|loss| loss.is_finite()))
            .collect();
        losses.filter(|losses| losses.len() == self.metrics.len() && self.holds(value, beside))
    }

    /// Whether a trial meets the targets of all metrics that have one, and keeps to the limits.
    #[must_use]
    pub fn reach_targets(&self, value: Option<f64>, beside: &[Option<f64>]) -> bool {
        let values = std::iter::once(value).chain(beside.iter().copied());
        let mut targets = self.metrics.iter().zip(values).filter_map(|(metric, value)| {
            let target = metric.target?;
            Some(value.is_some_and(|value| metric.goal.reaches(value, target)))
        });
        let any = self.metrics.iter().any(|metric| metric.target.is_some());
        any && targets.all(|reached| reached) && self.holds(value, beside)
    }

    /// In words: `maximize acc, minimize latency; mem <= 16`.
    #[must_use]
    pub fn words(&self) -> String {
        let metrics: Vec<String> =
            self.metrics.iter().map(|metric| format!("{} {}", metric.goal.as_str(), metric.name)).collect();
        let limits: Vec<String> = self.limits.iter().map(MetricLimit::to_string).collect();
        if limits.is_empty() {
            return metrics.join(", ");
        }
        format!("{}, subject to {}", metrics.join(", "), limits.join(" and "))
    }
}
