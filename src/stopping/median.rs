//! The median rule (Golovin, Solnik, Moitra, Kochanski, Karro, Sculley: "Google Vizier: A Service for Black-Box
//! Optimization", KDD 2017, section 3.2.2).

use super::{Compares, OtherTrial, ReachedValue, ReachedValues, ReportedCurve, Rule, StopDecision};
use crate::config::Goal;

/// So many reports are kept as they are; of later ones only those that come so much later than the one kept before.
const KEPT: usize = 32;
const GROWTH: f64 = 1.08;

/// Where a trial is compared with trials that have ended since: not at each report, but so much later.
const LATER: f64 = 1.25;

/// At step s a trial is stopped if the best it has reported up to s is worse than the median, over the trials that have
/// finished by themselves, of the mean of what they had reported up to s.
#[derive(Debug)]
pub struct Median {
    /// Reports of a trial before it may be stopped.
    pub warmup: u64,
    /// Finished trials before anyone may be stopped.
    pub min_trials: u64,
    /// Direction of the metric.
    pub goal: Goal,
}

impl Median {
    /// The numbers of reports at which others are compared again: the first after the warm-up, and then ever more rarely.
    fn dates(&self) -> impl Iterator<Item = u64> {
        let first = self.warmup.saturating_add(1);
        std::iter::successors(Some(first), |date| Some((date + 1).max((*date as f64 * LATER) as u64)))
    }
}

impl Rule for Median {
    fn compares(&self) -> Compares {
        Compares::Finished
    }

    /// Running averages of what is a number. Of long curves the later ones are thinned out, so that a step is met to within 8 %.
    fn marks(&self, curve: &ReportedCurve) -> ReachedValues {
        let mut marks = Vec::new();
        let (mut sum, mut numbers, mut kept) = (0.0, 0.0, 0);
        for (place, report) in curve.reports().iter().enumerate() {
            if report.value.is_finite() {
                sum += report.value;
                numbers += 1.0;
            }
            let count = place + 1;
            let far = count as f64 >= kept as f64 * GROWTH;
            if count <= KEPT || far || count == curve.len() {
                // NaN where there was no number yet.
                marks.push(ReachedValue { at: report.step, value: sum / numbers });
                kept = count;
            }
        }
        ReachedValues(marks)
    }

    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool {
        let next = self.dates().find(|date| *date > before as u64);
        next.is_some_and(|date| date <= curve.len() as u64)
    }

    fn decide(&self, curve: &ReportedCurve, _: usize, others: &[OtherTrial]) -> Option<StopDecision> {
        let step = curve.reports().last()?.step;
        if curve.len() as u64 <= self.warmup {
            return None;
        }
        let finished = || others.iter().filter(|other| other.finished);
        if (finished().count() as u64) < self.min_trials {
            return None;
        }
        let averages: Vec<f64> =
            finished().filter_map(|other| other.marks.up_to(step)).map(|mean| self.goal.loss(mean)).collect();
        let median = median(averages)?;
        let value = self.goal.best(curve.reports().iter().map(|report| report.value))?;
        self.goal.loss(value).total_cmp(&median).is_gt().then(|| StopDecision {
            rule: "median",
            rung: None,
            step,
            value,
            threshold: Some(self.goal.value_of(median)),
        })
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    let middle = lower + (upper - lower) / 2.0;
    // Between minus and plus infinity there is no middle, and beside NaN there is none either.
    Some(if middle.is_nan() { upper } else { middle })
}
