//! What stands for the history of a metric.

use super::goal::Goal;

/// Which value of a metric's history stands for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricSummary {
    /// The latest.
    Last,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The best in the direction of the goal; without one the latest.
    Best,
    /// The mean.
    Mean,
}

impl MetricSummary {
    /// The config's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
            Self::Best => "best",
            Self::Mean => "mean",
        }
    }

    /// The value that stands for a history in log order. `Last` takes the last as it is; the others pass over what is no
    /// number, and take the first where there is no number at all.
    #[must_use]
    pub fn of(self, history: &[f64], goal: Option<Goal>) -> Option<f64> {
        let numbers = || history.iter().copied().filter(|value| value.is_finite());
        let min = || numbers().min_by(f64::total_cmp);
        let max = || numbers().max_by(f64::total_cmp);
        let found = match (self, goal) {
            (Self::Last, _) | (Self::Best, None) => history.last().copied(),
            (Self::Min, _) | (Self::Best, Some(Goal::Minimize)) => min(),
            (Self::Max, _) | (Self::Best, Some(Goal::Maximize)) => max(),
            (Self::Mean, _) => mean(numbers()),
        };
        found.or_else(|| history.first().copied())
    }
}

/// The mean of finite numbers, also where their sum is beyond every number.
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let numbers: Vec<f64> = numbers.collect();
    #[allow(clippy::cast_precision_loss)]
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let mean =
        || if sum.is_finite() { sum / count } else { numbers.iter().map(|number| number / count).sum() };
    (!numbers.is_empty()).then(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_summarised_in_the_way_that_was_asked_for() {
        let history = [2.0, f64::NAN, f64::INFINITY, 5.0, f64::NEG_INFINITY, 1.0];
        for (summary, goal, value) in [
            (MetricSummary::Last, None, 1.0),
            (MetricSummary::Min, None, 1.0),
            (MetricSummary::Max, None, 5.0),
            (MetricSummary::Best, Some(Goal::Maximize), 5.0),
            (MetricSummary::Best, Some(Goal::Minimize), 1.0),
        ] {
            assert_eq!(summary.of(&history, goal), Some(value), "{summary:?}");
        }
        assert!((MetricSummary::Mean.of(&history, None).unwrap() - 8.0 / 3.0).abs() < 1e-12);
        assert!((MetricSummary::Mean.of(&[1e308; 4], None).unwrap() / 1e308 - 1.0).abs() < 1e-12);
        assert_eq!(MetricSummary::Last.of(&[1.0, f64::INFINITY], None), Some(f64::INFINITY));
        assert!(MetricSummary::Min.of(&[f64::NAN], None).unwrap().is_nan());
        assert_eq!(MetricSummary::Min.of(&[f64::NEG_INFINITY], None), Some(f64::NEG_INFINITY));
        assert_eq!(MetricSummary::Mean.of(&[], None), None);
    }
}
