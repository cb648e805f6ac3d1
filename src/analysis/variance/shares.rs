//! Shares of a variance with their intervals, and how they are said.

use serde::Serialize;

use super::super::ranks;

/// The share of the metric's variance that belongs to each parameter, by a Gaussian process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VarianceShares {
    /// Trials that the process has seen.
    pub trials: usize,
    /// The parameters, the largest total share first.
    pub parameters: Vec<ParameterShare>,
    /// Pairs that do something together that neither does alone, the largest share first.
    pub pairs: Vec<PairShare>,
    /// Standard deviation between trials of one point, in the metric's unit, near its median; null: the trials do not say, or the
    /// process has seen ranks.
    pub noise: Option<VarianceShare>,
}

/// What one parameter explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterShare {
    /// Dotted path of the parameter.
    pub name: String,
    /// By itself (first-order Sobol index).
    pub first: VarianceShare,
    /// With all that it does together with others (total Sobol index).
    pub total: VarianceShare,
}

/// What two parameters explain together, beyond what each explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairShare {
    /// Their names.
    pub names: [String; 2],
    /// The share.
    pub share: VarianceShare,
}

/// A figure with its 95 % credible interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VarianceShare {
    /// The mean of the posterior.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl VarianceShare {
    /// Of draws; `None`: there are none.
    pub(super) fn of(draws: &[f64]) -> Option<Self> {
        let mut sorted = draws.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Some(Self {
            mean: sorted.iter().sum::<f64>() / sorted.len().max(1) as f64,
            low: ranks::quantile(&sorted, 0.025)?,
            high: ranks::quantile(&sorted, 0.975)?,
        })
    }
}

impl VarianceShare {
    /// `0.70 [0.40, 0.90]`.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        format!("{:.2} [{:.2}, {:.2}]", self.mean, self.low, self.high)
    }
}

impl VarianceShares {
    /// The line above the table.
    #[must_use]
    pub(crate) fn heading(&self) -> String {
        format!(
            "Shares of the variance by a Gaussian process ({} trials), with 95 % intervals: alone, and with interactions.",
            self.trials
        )
    }

    /// The interactions, where there are any.
    #[must_use]
    pub(crate) fn pairs_sentence(&self) -> Option<String> {
        let each = self
            .pairs
            .iter()
            .map(|pair| format!("{} × {} {}", pair.names[0], pair.names[1], pair.share.words()));
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| format!("Together: {}.", each.join(", ")))
    }
}
