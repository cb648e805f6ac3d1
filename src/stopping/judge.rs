//! A rule, with what is asked beside it.

use itertools::Itertools as _;

use super::{Compares, OtherTrial, ReachedValues, ReportedCurve, Rule, StopDecision};

/// A sweep's stopping rule, and whether NaN at two reports in a row is enough to stop a trial.
#[derive(Debug)]
pub struct Judge {
    rule: Box<dyn Rule>,
    stop_on_nan: bool,
}

impl Judge {
    /// A rule with `stop_on_nan`.
    pub(crate) fn new(rule: impl Rule + 'static, stop_on_nan: bool) -> Self {
        Self { rule: Box::new(rule), stop_on_nan }
    }
}

impl Rule for Judge {
    fn compares(&self) -> Compares {
        self.rule.compares()
    }

    fn places(&self, most: u64) -> Vec<u64> {
        self.rule.places(most)
    }

    fn marks(&self, curve: &ReportedCurve) -> ReachedValues {
        self.rule.marks(curve)
    }

    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool {
        self.rule.is_due(curve, before)
    }

    fn decide(&self, curve: &ReportedCurve, before: usize, others: &[OtherTrial]) -> Option<StopDecision> {
        let mut pairs = curve.reports().iter().tuple_windows();
        let nan = pairs.find(|(a, b)| a.value.is_nan() && b.value.is_nan()).map(|(_, b)| b.step);
        if let Some(step) = nan.filter(|_| self.stop_on_nan) {
            return Some(StopDecision {
                rule: "stop_on_nan",
                rung: None,
                step,
                value: f64::NAN,
                threshold: None,
            });
        }
        self.rule.decide(curve, before, others)
    }
}
