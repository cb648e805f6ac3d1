//! One look at a fixed report: the best so many continue to the end (Egele, Guyon, Liang, Kegl, Balaprakash: "Is One Epoch
//! All You Need For Multi-Fidelity Hyperparameter Optimization?", ESANN 2023; with any constant, i-Epoch, 2024).

use super::curve::worth;
use super::{Compares, OtherTrial, ReachedValue, ReachedValues, ReportedCurve, Rule, StopDecision};
use crate::config::{Goal, MetricSummary};

/// A trial that reaches the report continues iff it is among the best `keep` of all trials that have reached it so far, itself
/// included; equals continue together. So the first `keep` trials always do, and the best one is never stopped.
#[derive(Debug)]
pub struct IEpoch {
    /// The report, a step, at least 1.
    pub iter: u64,
    /// How many continue, at least 1.
    pub keep: u64,
    /// Direction of the metric.
    pub goal: Goal,
    /// What stands for a trial.
    pub summary: MetricSummary,
}

impl IEpoch {
    fn step(&self) -> i64 {
        i64::try_from(self.iter).unwrap_or(i64::MAX)
    }

    /// The step with which the report was reached, and what the trial was worth there.
    fn mark(&self, curve: &ReportedCurve) -> Option<(i64, f64)> {
        let so_far = curve.before(curve.reached(self.step())? + 1);
        Some((so_far.last()?.step, worth(so_far, self.summary, self.goal)))
    }
}

impl Rule for IEpoch {
    fn compares(&self) -> Compares {
        Compares::All
    }

    fn places(&self, most: u64) -> Vec<u64> {
        if self.iter <= most { vec![self.iter] } else { Vec::new() }
    }

    fn marks(&self, curve: &ReportedCurve) -> ReachedValues {
        let mark = self.mark(curve).map(|(_, value)| ReachedValue { at: self.step(), value });
        ReachedValues(mark.into_iter().collect())
    }

    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool {
        curve.reached(self.step()).is_some_and(|place| place >= before)
    }

    fn decide(&self, curve: &ReportedCurve, before: usize, others: &[OtherTrial]) -> Option<StopDecision> {
        if !self.is_due(curve, before) {
            return None;
        }
        let (step, value) = self.mark(curve)?;
        let there = others.iter().filter_map(|other| other.marks.at(self.step())).chain([value]);
        let mut losses: Vec<f64> = there.map(|value| self.goal.loss(value)).collect();
        losses.sort_by(f64::total_cmp);
        let last = usize::try_from(self.keep).unwrap_or(usize::MAX).min(losses.len());
        let threshold = *losses.get(last.checked_sub(1)?)?;
        self.goal.loss(value).total_cmp(&threshold).is_gt().then(|| StopDecision {
            rule: "i_epoch",
            rung: Some(self.iter),
            step,
            value,
            threshold: Some(self.goal.value_of(threshold)),
        })
    }
}
