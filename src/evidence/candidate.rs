//! One of the candidates for the best, with what is known of it.

/// One of the candidates for the best. Values are losses: smaller is better.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidate {
    /// The value that made it a candidate. It is too good on average: it was chosen for it.
    pub searched: f64,
    /// What runs with new seeds gave.
    pub values: Vec<f64>,
    /// Runs that are under way.
    pub running: u64,
    /// Runs that gave no number.
    pub failed: u64,
}

/// After so many runs without a number, and none with one, a candidate is not run again.
const HOPELESS: u64 = 2;

impl Candidate {
    /// Of a candidate that was not run again yet.
    #[must_use]
    pub fn new(searched: f64) -> Self {
        Self { searched, ..Self::default() }
    }

    /// Runs that were spent on it, or are being spent.
    pub(super) fn spent(&self) -> u64 {
        self.values.len() as u64 + self.running + self.failed
    }

    /// Whether it has given no number, however often it was run.
    pub(super) fn is_hopeless(&self) -> bool {
        self.values.is_empty() && self.running == 0 && self.failed >= HOPELESS
    }

    #[allow(clippy::cast_precision_loss)]
    pub(super) fn number(&self) -> f64 {
        self.values.len() as f64
    }

    /// The mean of the new values; `None`: there is none.
    pub(super) fn mean(&self) -> Option<f64> {
        (!self.values.is_empty()).then(|| self.values.iter().sum::<f64>() / self.number())
    }

    /// Sum of the squared deviations of the new values from their mean.
    pub(super) fn squares(&self) -> f64 {
        let mean = self.mean().unwrap_or_default();
        self.values.iter().map(|value| (value - mean).powi(2)).sum()
    }
}
