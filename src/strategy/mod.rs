//! Strategies: which point is trial k.
//!
//! Every strategy is a function of the config, a seed, the trial's index and, for some, of what is known of
//! other trials. Nothing is drawn from a shared sequence, so any agent finds the same point for trial k.
//!
//! [`for_config`] gives the [`Strategy`] of a config: [`suggest`](Strategy::suggest) proposes what a trial is run with, and
//! [`Observation`]s say what became of other trials. Metrics are in their own unit and direction; the config has the goal.
//! Sources: Owen 1995 and Burley 2020 for `sobol`, Li et al. 2020 for `successive_halving`; `docs/bayes.md` has those of
//! `bayes`.

mod backfill;
mod bayes;
mod confirm;
mod earlier;
mod edited;
mod error;
mod explicit;
mod finite;
mod grid;
mod grown;
mod halving;
mod permutation;
mod proposal;
mod random;
mod sequence;
mod sobol;
mod streams;

pub use confirm::Confirm;
pub use edited::for_versions;
pub use error::StrategyError;
pub use proposal::{Expectation, LoggedValues, Observation, Proposal, Strategy};

use crate::config::{Config, Method};
use bayes::Bayes;
use grid::Grid;
use halving::SuccessiveHalving;
use random::Random;
use sobol::Sobol;

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
    Ok(with_points(config, inner))
}

/// The config's own points, then those of a strategy.
fn with_points(config: &Config, inner: Box<dyn Strategy>) -> Box<dyn Strategy> {
    match config.points.is_empty() {
        true => inner,
        false => Box::new(explicit::Explicit { points: config.points.clone(), inner }),
    }
}

/// Trials that may be run in all: `run_cap`, or the points that there are, whichever is less; `None`: there is no end.
#[must_use]
pub fn limit(config: &Config, strategy: &dyn Strategy) -> Option<u64> {
    let points = strategy.size().map(|size| u64::try_from(size).unwrap_or(u64::MAX));
    match (config.run_cap, points) {
        (Some(cap), Some(points)) => Some(cap.min(points)),
        (cap, points) => cap.or(points),
    }
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
