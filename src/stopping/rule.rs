//! What a stopping rule is: what it must know, and what it answers.

use std::fmt::Debug;

use super::curve::ReportedCurve;
use super::reached::ReachedValues;

/// What stands for the rule where a person has ended a trial.
pub const BY_HAND: &str = "by hand";

/// A trial is to be stopped, and why. Values are the metric's own: nothing is negated.
#[derive(Debug, Clone, PartialEq)]
pub struct StopDecision {
    /// The rule, in the words of `early_terminate.type`; `stop_on_nan` for two NaNs in a row; [`BY_HAND`].
    pub rule: &'static str,
    /// The rung or band at which it was compared, where the rule has any.
    pub rung: Option<u64>,
    /// The step of the report with which it was reached.
    pub step: i64,
    /// The trial's value; NaN: it is not known.
    pub value: f64,
    /// What it would have had to reach to continue; `None`: nothing it could have reached.
    pub threshold: Option<f64>,
}

/// What a rule must know of another trial.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherTrial {
    /// It has finished by itself: it neither runs, nor failed, nor was stopped.
    pub finished: bool,
    /// What it had reached, by [`Rule::marks`].
    pub marks: ReachedValues,
}

/// Whom a rule compares a trial with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compares {
    /// With no other trial.
    Nobody,
    /// With trials that have finished by themselves.
    Finished,
    /// With all that got so far.
    All,
}

/// A stopping rule.
pub trait Rule: Debug + Send + Sync {
    /// Whom it compares a trial with.
    fn compares(&self) -> Compares;

    /// The places up to `most` at which trials are compared, ascending; none where they may be stopped anywhere. They are
    /// steps, or numbers of reports (`hyperband`).
    fn places(&self, _most: u64) -> Vec<u64> {
        Vec::new()
    }

    /// What other trials are compared with: all that a rule needs of a trial, whatever the length of its curve.
    fn marks(&self, curve: &ReportedCurve) -> ReachedValues;

    /// Whether, after the first `before` reports, a place was reached at which the trial is to be compared with what is
    /// known of the others *now*. In between it is judged by what was known then.
    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool;

    /// Judges a trial. The first `before` reports have been judged already; `others` are all other trials of the sweep,
    /// in any order.
    fn decide(&self, curve: &ReportedCurve, before: usize, others: &[OtherTrial]) -> Option<StopDecision>;
}
