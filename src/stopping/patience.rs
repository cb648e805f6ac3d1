//! Patience: a trial that makes no progress is stopped.

use super::{Compares, OtherTrial, ReachedValues, ReportedCurve, Rule, StopDecision};
use crate::config::Goal;

/// Stops a trial whose last `patience` reports were no improvement: none was better than the best before it by
/// `min_delta`. Small steps add up: each is measured from the last improvement. What is no number never is one.
#[derive(Debug)]
pub struct Patience {
    /// Reports without an improvement, at least 1.
    pub patience: u64,
    /// What counts as an improvement, at least 0.
    pub min_delta: f64,
    /// Direction of the metric.
    pub goal: Goal,
}

impl Rule for Patience {
    fn compares(&self) -> Compares {
        Compares::Nobody
    }

    fn marks(&self, _: &ReportedCurve) -> ReachedValues {
        ReachedValues::default()
    }

    fn is_due(&self, _: &ReportedCurve, _: usize) -> bool {
        false
    }

    fn decide(&self, curve: &ReportedCurve, _: usize, _: &[OtherTrial]) -> Option<StopDecision> {
        let mut best = f64::NAN;
        let (mut recent, mut idle) = (f64::NAN, 0);
        for report in curve.reports() {
            let value = self.goal.loss(report.value);
            let improves = best.is_nan() || (value < best && value <= best - self.min_delta);
            if improves && !value.is_nan() {
                (best, recent, idle) = (value, f64::NAN, 0);
            } else {
                idle += 1;
                recent = recent.min(value);
            }
            if idle >= self.patience {
                let threshold = (!best.is_nan()).then(|| self.goal.value_of(best - self.min_delta));
                let value = self.goal.value_of(recent);
                return Some(StopDecision {
                    rule: "patience",
                    rung: None,
                    step: report.step,
                    value,
                    threshold,
                });
            }
        }
        None
    }
}
