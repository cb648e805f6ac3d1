//! Which of two values is better.

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
}
