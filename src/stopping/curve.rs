//! What a trial has reported.

use itertools::Itertools as _;

use crate::metric::{Goal, MetricSummary};

/// One reported value of the sweep's metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricReport {
    /// The step it belongs to.
    pub step: i64,
    /// The value; NaN and infinities included.
    pub value: f64,
}

/// The reports of a trial in log order.
///
/// A script that gives no step says 0 with every report: then they are counted, and the k-th report is step k.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportedCurve {
    reports: Vec<MetricReport>,
}

impl ReportedCurve {
    /// The curve of these reports, in log order.
    #[must_use]
    pub fn new(mut reports: Vec<MetricReport>) -> Self {
        if reports.len() > 1 && reports.iter().map(|report| report.step).all_equal() {
            for (step, report) in (1..).zip(&mut reports) {
                report.step = step;
            }
        }
        Self { reports }
    }

    /// The reports.
    #[must_use]
    pub fn reports(&self) -> &[MetricReport] {
        &self.reports
    }

    /// How many there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.reports.len()
    }

    /// The first `count` reports.
    pub(super) fn before(&self, count: usize) -> &[MetricReport] {
        self.reports.get(..count).unwrap_or(&self.reports)
    }

    /// The place of the first report at `step` or beyond it.
    pub(super) fn reached(&self, step: i64) -> Option<usize> {
        self.reports.iter().position(|report| report.step >= step)
    }
}

/// What stands for a trial that has reported these values, as `metric.summary` has it: what it would be worth if it
/// ended here.
pub(super) fn worth(reports: &[MetricReport], summary: MetricSummary, goal: Goal) -> f64 {
    let values: Vec<f64> = reports.iter().map(|report| report.value).collect();
    summary.of(&values, Some(goal)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(of: &[(i64, f64)]) -> Vec<MetricReport> {
        of.iter().map(|&(step, value)| MetricReport { step, value }).collect()
    }

    #[test]
    fn reports_without_steps_are_counted() {
        let curve = ReportedCurve::new(reports(&[(0, 3.0), (0, 2.0), (0, 1.0)]));
        assert_eq!(curve.reports().iter().map(|report| report.step).collect::<Vec<_>>(), [1, 2, 3]);
        let stepped = reports(&[(0, 3.0), (5, 2.0), (5, 1.0)]);
        assert_eq!(ReportedCurve::new(stepped.clone()).reports(), stepped);
        assert_eq!(ReportedCurve::new(reports(&[(7, 1.0)])).reports()[0].step, 7);
    }

    #[test]
    fn a_step_that_was_jumped_over_is_reached_with_the_next_report() {
        let curve = ReportedCurve::new(reports(&[(2, 3.0), (4, 2.0), (8, 1.0)]));
        assert_eq!(curve.reached(1), Some(0));
        assert_eq!(curve.reached(4), Some(1));
        assert_eq!(curve.reached(5), Some(2));
        assert_eq!(curve.reached(9), None);
    }

    #[test]
    fn what_stands_for_a_trial_follows_the_summary() {
        let so_far = reports(&[(1, 2.0), (2, f64::NAN), (3, 5.0), (4, 3.0)]);
        for (summary, value) in [
            (MetricSummary::Last, 3.0),
            (MetricSummary::Min, 2.0),
            (MetricSummary::Max, 5.0),
            (MetricSummary::Best, 5.0),
            (MetricSummary::Mean, 10.0 / 3.0),
        ] {
            assert_eq!(worth(&so_far, summary, Goal::Maximize), value, "{summary:?}");
        }
        assert_eq!(worth(&so_far, MetricSummary::Best, Goal::Minimize), 2.0);
        assert!(worth(&reports(&[(1, f64::NAN)]), MetricSummary::Min, Goal::Minimize).is_nan());
    }
}
