//! What the value of a metric means: which of two is better, what stands for a history, what is no number.
//!
//! NaN and both infinities are no numbers here: none is a best, reaches a target, or is compared with. Decided once, so
//! that the agent, the rules, the searches and the tables agree.

/// Direction of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Smaller is better.
    Minimize,
    /// Larger is better.
    Maximize,
}

impl Goal {
    /// The word in a config.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        }
    }

    /// A value as something to be made small; NaN where it is no number. Compare by `total_cmp`: then what is no number
    /// is worse than any number.
    #[must_use]
    pub(crate) fn loss(self, value: f64) -> f64 {
        match self {
            _ if !value.is_finite() => f64::NAN,
            // Zero has no sign.
            Self::Minimize => value + 0.0,
            Self::Maximize => 0.0 - value,
        }
    }

    /// The value that a loss was made from.
    #[must_use]
    pub(crate) fn value_of(self, loss: f64) -> f64 {
        self.loss(loss)
    }

    /// Whether `value` beats `than`: what is no number beats nothing, and any number beats what is none.
    #[must_use]
    pub fn better(self, value: f64, than: f64) -> bool {
        self.best_first(value, than).is_lt()
    }

    /// The order of two values with the better one first; what is no number comes last.
    #[must_use]
    pub(crate) fn best_first(self, a: f64, b: f64) -> std::cmp::Ordering {
        self.loss(a).total_cmp(&self.loss(b))
    }

    /// Whether `value` is a number and at least as good as `target`.
    #[must_use]
    pub fn reaches(self, value: f64, target: f64) -> bool {
        value.is_finite()
            && match self {
                Self::Minimize => value <= target,
                Self::Maximize => value >= target,
            }
    }

    /// Whether a value is the infinity on the good side: a failure of the script, and no sign of a bad point.
    #[must_use]
    pub(crate) fn is_too_good(self, value: f64) -> bool {
        match self {
            Self::Minimize => value == f64::NEG_INFINITY,
            Self::Maximize => value == f64::INFINITY,
        }
    }

    /// The best of some values; NaN where there is no number among them, `None` where there is no value.
    #[must_use]
    pub fn best(self, values: impl IntoIterator<Item = f64>) -> Option<f64> {
        let losses = values.into_iter().map(|value| self.loss(value));
        losses.min_by(f64::total_cmp).map(|loss| self.value_of(loss))
    }
}

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

    const NO_NUMBERS: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

    #[test]
    fn what_is_no_number_is_no_best_and_reaches_no_target() {
        for goal in [Goal::Minimize, Goal::Maximize] {
            for value in NO_NUMBERS {
                assert!(!goal.better(value, 1.0), "{goal:?} {value}");
                assert!(goal.better(1.0, value), "{goal:?} {value}");
                assert!(!goal.reaches(value, 0.5), "{goal:?} {value}");
                assert_eq!(goal.best([value, 3.0]), Some(3.0), "{goal:?} {value}");
            }
            assert!(NO_NUMBERS.iter().all(|a| NO_NUMBERS.iter().all(|b| !goal.better(*a, *b))));
        }
        assert!(Goal::Minimize.better(1.0, 2.0) && Goal::Maximize.better(2.0, 1.0));
        assert!(Goal::Minimize.reaches(0.5, 0.5) && !Goal::Maximize.reaches(0.4, 0.5));
        assert!(!Goal::Minimize.better(-0.0, 0.0));
    }

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
