//! How good each candidate is: a normal model with one noise for all, in which the candidates' own values are drawn around a
//! common mean (empirical Bayes). Few runs of a candidate are pulled towards the others by it.
//!
//! The noise is pooled over the candidates, with the search's value as one more draw of each: it is the largest by choice, so
//! that noise is rather overstated than understated while there are few runs.

use super::candidate::Candidate;

/// The value of the search counts as so many runs where a point is chosen; never in an estimate that is printed.
const SEARCH_COUNTS: f64 = 1.0;
/// The candidates' own values spread at least so much, as a share of the noise's variance: a smaller spread that the values
/// show is chance.
const LEAST_SPREAD: f64 = 0.8;

/// What is known of the candidates.
pub(super) struct Posterior {
    /// The noise between runs of one candidate: its variance.
    pub(super) noise: f64,
    /// Degrees of freedom of the noise.
    pub(super) df: f64,
    /// Expected value of each candidate.
    pub(super) means: Vec<f64>,
    /// Variance of what is expected.
    pub(super) variances: Vec<f64>,
}

impl Posterior {
    /// `spread` is how far the values of the search lie apart. `None`: no run has given a number yet.
    pub(super) fn of(candidates: &[Candidate], spread: f64) -> Option<Self> {
        let (noise, df) = pooled(candidates)?;
        let noise = noise.max(least_noise(spread));
        let weights: Vec<f64> = candidates.iter().map(|one| (one.number() + SEARCH_COUNTS) / noise).collect();
        let observed: Vec<f64> = candidates
            .iter()
            .map(|one| {
                (one.values.iter().sum::<f64>() + SEARCH_COUNTS * one.searched)
                    / (one.number() + SEARCH_COUNTS)
            })
            .collect();
        let total: f64 = weights.iter().sum();
        let centre = weighted(&weights, &observed) / total;
        let spread = spread_of(&weights, &observed, centre).max(LEAST_SPREAD * noise);
        let variances: Vec<f64> = weights.iter().map(|weight| 1.0 / (weight + 1.0 / spread)).collect();
        let pulled =
            |((weight, value), variance): ((&f64, &f64), &f64)| variance * (weight * value + centre / spread);
        let means = weights.iter().zip(&observed).zip(&variances).map(pulled).collect();
        Some(Self { noise, df, means, variances })
    }

    /// The candidate that is expected to be the best, among those that may be.
    pub(super) fn leader(&self, may: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.means.len())
            .filter(|place| may(*place))
            .min_by(|a, b| self.means[*a].total_cmp(&self.means[*b]))
    }

    /// The variance of a candidate's expected value once so many further runs have given their numbers.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn after(&self, place: usize, runs: u64) -> f64 {
        1.0 / (1.0 / self.variances[place] + runs as f64 / self.noise)
    }
}

/// The variance between runs of one candidate, and its degrees of freedom.
#[allow(clippy::cast_precision_loss)]
fn pooled(candidates: &[Candidate]) -> Option<(f64, f64)> {
    let seen = || candidates.iter().filter(|one| !one.values.is_empty());
    let with_search = |one: &Candidate| {
        let apart = one.searched - one.mean().unwrap_or(one.searched);
        one.squares() + apart * apart * one.number() / (one.number() + 1.0)
    };
    let df: usize = seen().map(|one| one.values.len()).sum();
    (df > 0).then(|| (seen().map(with_search).sum::<f64>() / df as f64, df as f64))
}

fn weighted(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

/// The variance of the candidates' own values around their centre, by moments (DerSimonian and Laird 1986).
#[allow(clippy::cast_precision_loss)]
fn spread_of(weights: &[f64], values: &[f64], centre: f64) -> f64 {
    let total: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let deviations: f64 =
        weights.iter().zip(values).map(|(weight, value)| weight * (value - centre).powi(2)).sum();
    let scale = total - squares / total;
    if scale > 0.0 { (deviations - (values.len() as f64 - 1.0)) / scale } else { 0.0 }
}

/// The noise is never taken to be smaller than this variance: a few equal values do not say that there is none.
fn least_noise(spread: f64) -> f64 {
    (1e-9 * spread.abs()).powi(2).max(1e-300)
}
