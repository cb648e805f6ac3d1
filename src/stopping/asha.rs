//! Asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina, Ben-Tzur, Hardt, Recht, Talwalkar: "A System for
//! Massively Parallel Hyperparameter Tuning", MLSys 2020), in the form that stops trials instead of promoting them.

use super::curve::worth;
use super::{Compares, OtherTrial, ReachedValue, ReachedValues, ReportedCurve, Rule, StopDecision};
use crate::config::{Goal, MetricSummary};

/// A trial that reaches a rung continues iff it is among the best ⌊n/`eta`⌋, at least 1, of the n trials that have reached
/// it so far, itself included; equals continue together. It is asked once a rung, when it gets there.
///
/// Rungs are steps: a rung is reached with the first report at its step or beyond it. What is compared there is what the
/// trial would be worth if it ended there, as `metric.summary` has it: the value at the rung with `last`, the best up to
/// it with `best`.
#[derive(Debug)]
pub struct Asha {
    /// First rung, at least 1.
    pub min_iter: u64,
    /// No rung lies at or above it.
    pub max_iter: Option<u64>,
    /// Ratio of neighbouring rungs, above 1.
    pub eta: f64,
    /// Nobody is stopped at a rung before so many trials have reached it.
    pub min_trials: u64,
    /// Direction of the metric.
    pub goal: Goal,
    /// What stands for a trial.
    pub summary: MetricSummary,
}

impl Asha {
    /// The rungs up to a step: ⌊`min_iter`·`eta`^k⌋, each once.
    fn rungs(&self, step: i64) -> impl Iterator<Item = u64> {
        let most = u64::try_from(step).unwrap_or(0).min(self.max_iter.map_or(u64::MAX, |max| max - 1));
        let raw = std::iter::successors(Some(self.min_iter as f64), |rung| Some(rung * self.eta));
        let mut last = 0;
        raw.map(|rung| rung as u64).take_while(move |rung| *rung <= most && *rung < u64::MAX).filter(
            move |rung| {
                let new = *rung != last;
                last = *rung;
                new
            },
        )
    }

    /// The rungs that these reports reach.
    fn reached(&self, reports: &[super::MetricReport]) -> impl Iterator<Item = u64> {
        self.rungs(reports.iter().map(|report| report.step).max().unwrap_or(0))
    }

    /// The step with which a rung was reached, and what the trial was worth there.
    fn mark(&self, curve: &ReportedCurve, rung: u64) -> Option<(i64, f64)> {
        let place = curve.reached(i64::try_from(rung).ok()?)?;
        let so_far = curve.before(place + 1);
        Some((so_far.last()?.step, worth(so_far, self.summary, self.goal)))
    }

    fn judge(&self, curve: &ReportedCurve, rung: u64, others: &[OtherTrial]) -> Option<StopDecision> {
        let (step, value) = self.mark(curve, rung)?;
        let place = i64::try_from(rung).ok()?;
        let there = others.iter().filter_map(|other| other.marks.at(place)).chain([value]);
        let mut losses: Vec<f64> = there.map(|value| self.goal.loss(value)).collect();
        if (losses.len() as u64) < self.min_trials {
            return None;
        }
        losses.sort_by(f64::total_cmp);
        let go_on = ((losses.len() as f64 / self.eta) as usize).max(1);
        let threshold = *losses.get(go_on - 1)?;
        self.goal.loss(value).total_cmp(&threshold).is_gt().then(|| StopDecision {
            rule: "asha",
            rung: Some(rung),
            step,
            value,
            threshold: Some(self.goal.value_of(threshold)),
        })
    }
}

impl Rule for Asha {
    fn compares(&self) -> Compares {
        Compares::All
    }

    fn places(&self, most: u64) -> Vec<u64> {
        self.rungs(i64::try_from(most).unwrap_or(i64::MAX)).collect()
    }

    fn marks(&self, curve: &ReportedCurve) -> ReachedValues {
        let mark =
            |rung| Some(ReachedValue { at: i64::try_from(rung).ok()?, value: self.mark(curve, rung)?.1 });
        ReachedValues(self.reached(curve.reports()).filter_map(mark).collect())
    }

    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool {
        self.reached(curve.reports()).count() > self.reached(curve.before(before)).count()
    }

    fn decide(&self, curve: &ReportedCurve, before: usize, others: &[OtherTrial]) -> Option<StopDecision> {
        let passed = self.reached(curve.before(before)).count();
        self.reached(curve.reports()).skip(passed).find_map(|rung| self.judge(curve, rung, others))
    }
}
