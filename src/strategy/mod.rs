//! Strategies: which point is trial k.
//!
//! Every strategy is a function of the config, a seed, the trial's index and, for some, of what is known of
//! other trials. Nothing is drawn from a shared sequence, so any agent finds the same point for trial k.

mod bayes;
mod explicit;
mod finite;
mod grid;
mod halving;
mod permutation;
mod random;
mod sequence;
mod sobol;

pub use bayes::Bayes;
pub use grid::{Grid, unseen};
pub use halving::SuccessiveHalving;
pub use random::Random;
pub use sobol::Sobol;

use crate::config::{Config, ConstraintError, Method};
use crate::space::Point;
use crate::trial::RunStatus;

/// What is known of another trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Its index; `None`: it belongs to an earlier sweep.
    pub trial: Option<u64>,
    /// What it was run with.
    pub point: Point,
    /// State of its run.
    pub status: RunStatus,
    /// The value of the sweep's metric that counts, by `metric.summary`; it need not be finite.
    pub metric: Option<f64>,
    /// The finite values that it has logged of the metric; `None`: not one.
    pub logged: Option<Logged>,
    /// A stopping rule ended it: what it had reached is its result.
    pub stopped_early: bool,
}

/// The finite values that a run has logged of the sweep's metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logged {
    /// The smallest.
    pub lowest: f64,
    /// The largest.
    pub highest: f64,
    /// The last in log order.
    pub latest: f64,
}

impl Logged {
    /// Of values in log order; those that are not finite do not count.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().filter(|value| value.is_finite()).fold(None, |logged, value| {
            let Self { lowest, highest, .. } =
                logged.unwrap_or(Self { lowest: value, highest: value, latest: value });
            Some(Self { lowest: lowest.min(value), highest: highest.max(value), latest: value })
        })
    }
}

/// What a trial is to be run with.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The point.
    pub point: Point,
    /// The trial whose work it goes on with: a trial of the same sweep, with its checkpoints.
    pub continues: Option<u64>,
    /// What the model behind it expects there.
    pub expectation: Option<Expectation>,
}

/// What a model expects of a point, in the metric's own units and direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// Predicted value: the median where the model is not symmetric.
    pub mean: f64,
    /// Standard deviation of the prediction.
    pub std: f64,
    /// Expected improvement over the best value so far.
    pub improvement: f64,
    /// Probability of an improvement, 0 to 1.
    pub probability: f64,
}

impl From<Point> for Proposal {
    fn from(point: Point) -> Self {
        Self { point, continues: None, expectation: None }
    }
}

/// A way of choosing points.
pub trait Strategy: Send + Sync {
    /// How many trials there are in all; `None`: it never ends. With conditions or constraints on a large
    /// space this is an upper bound, because counting would take too long.
    fn size(&self) -> Option<u128>;

    /// Whether [`suggest`](Self::suggest) looks at the history, so that trials must be proposed in order.
    fn reads_history(&self) -> bool {
        false
    }

    /// How many of the first trials are the same whatever other trials give; `None`: all of them.
    fn foreseeable(&self) -> Option<u64> {
        None
    }

    /// What trial `k` is to be run with; `None`: there are no more than `k` trials, or, of a strategy that reads history,
    /// nothing is left to try as far as is known.
    ///
    /// `history` holds what is known of other trials, by trial, and may lack the latest; a strategy that does not read
    /// history may be given none.
    ///
    /// # Errors
    /// A space in which no point can be found, or a strategy that can't be used.
    fn suggest(&self, k: u64, history: &[Observation]) -> Result<Option<Proposal>, StrategyError>;

    /// The point of trial `k` where nothing is known of other trials.
    ///
    /// # Errors
    /// As [`suggest`](Self::suggest).
    fn point(&self, k: u64) -> Result<Option<Point>, StrategyError> {
        Ok(self.suggest(k, &[])?.map(|proposal| proposal.point))
    }
}

/// Why there is no point.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StrategyError {
    /// A parameter can't be listed.
    #[error("a grid can't list the values of `{0}`")]
    NotListable(String),
    /// The space has more combinations than can be counted.
    #[error("the space has more than 2^127 combinations")]
    TooLarge,
    /// Constraints and conditions leave (nearly) nothing.
    #[error("no point satisfies the constraints: {tried} in a row did not")]
    NothingFits {
        /// How many were tried.
        tried: u64,
    },
    /// A constraint can't be computed.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A config without `budget` (one that was checked has it).
    #[error("`method: successive_halving` needs a `budget`")]
    NoBudget,
    /// The conditions of the space contradict each other.
    #[error("the conditions of the parameters can't be resolved")]
    Conditions,
}

impl StrategyError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotListable(_) => Some("write its values out, or use `method: random`"),
            Self::TooLarge => Some("use `method: random`"),
            Self::NothingFits { .. } => {
                Some("loosen the constraints, or narrow the ranges to where they hold")
            }
            Self::Constraint(_) | Self::Conditions | Self::NoBudget => None,
        }
    }
}

/// The strategy of a config. `seed` is the one that the sweep stores; explicit `points` come first.
///
/// # Errors
/// A method that is not built, or a space that the method can't search.
pub fn for_config(config: &Config, seed: u64) -> Result<Box<dyn Strategy>, StrategyError> {
    let inner: Box<dyn Strategy> = match config.method {
        Method::Grid => Box::new(Grid::new(config, seed)?),
        Method::Random if config.replace => Box::new(Random::new(config, seed)?),
        Method::Random => Box::new(random::without_repeats(config, seed)?),
        Method::Bayes => Box::new(Bayes::new(config, seed)?),
        Method::Sobol => Box::new(Sobol::new(config, seed)?),
        // It tries the explicit points itself: they need a budget.
        Method::SuccessiveHalving => return halving(config, seed),
    };
    if config.points.is_empty() {
        return Ok(inner);
    }
    Ok(Box::new(explicit::Explicit { points: config.points.clone(), inner }))
}

fn halving(config: &Config, seed: u64) -> Result<Box<dyn Strategy>, StrategyError> {
    let budget = config.budget.as_ref().ok_or(StrategyError::NoBudget)?;
    Ok(Box::new(SuccessiveHalving::new(config, budget, seed)?))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
mod fuzz_tests;

#[cfg(test)]
mod halving_tests;

#[cfg(test)]
mod examples_tests;

#[cfg(test)]
mod sobol_tests;

#[cfg(test)]
mod wild_tests;
