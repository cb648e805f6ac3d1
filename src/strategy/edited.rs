//! The strategy of a sweep whose config was edited while it ran.

use super::backfill::Backfill;
use super::bayes::Bayes;
use super::grown::Grown;
use super::{Observation, Proposal, Strategy, StrategyError, for_config};
use crate::config::{Config, Method};
use crate::space::Point;
use crate::trial::TrialIndex;

/// The strategy of a sweep by all versions of its config, the first one first. `seed` is the one that the sweep stores.
///
/// What was run stays as it was: trial k of a list (a grid, random points without repeats) is the same under each version
/// or has no point any more, and what a version adds comes last. Other methods draw trial k from the newest version; points
/// that were added are for the next free trials ([`Strategy::added`]).
///
/// # Errors
/// As [`for_config`].
pub fn for_versions(versions: &[Config], seed: u64) -> Result<Box<dyn Strategy>, StrategyError> {
    let (Some(first), Some(newest)) = (versions.first(), versions.last()) else {
        return Err(StrategyError::Conditions);
    };
    if versions.len() == 1 {
        return for_config(newest, seed);
    }
    if is_a_list(newest) {
        return Ok(Box::new(Grown::new(versions, seed)?));
    }
    // Trial k has the same number behind the explicit points under every version.
    let (kept, added) = newest.points.split_at(first.points.len().min(newest.points.len()));
    let config = Config { points: kept.to_vec(), ..newest.clone() };
    let inner = match newest.method {
        Method::Bayes => {
            let spent = spent(versions, seed)?;
            super::with_points(&config, Box::new(Bayes::new(&config, seed)?.after(spent)))
        }
        _ => for_config(&config, seed)?,
    };
    let added = (kept.len()..).zip(added.iter().cloned()).collect();
    Ok(Box::new(Edited { inner, added, backfill: Backfill::new(newest) }))
}

/// Whether all points of a method are a list whose order is fixed.
fn is_a_list(config: &Config) -> bool {
    config.method == Method::Grid || config.method == Method::Random && !config.replace
}

/// So many trials of earlier versions may have points that the newest space does not have.
fn spent(versions: &[Config], seed: u64) -> Result<u128, StrategyError> {
    let (_, earlier) = versions.split_last().ok_or(StrategyError::Conditions)?;
    let mut spent: u128 = 0;
    for config in earlier {
        spent = spent.saturating_add(Bayes::new(config, seed)?.size().unwrap_or(u128::MAX));
    }
    Ok(spent)
}

/// A method that draws each trial from the newest version.
struct Edited {
    inner: Box<dyn Strategy>,
    added: Vec<(usize, Point)>,
    backfill: Backfill,
}

impl Strategy for Edited {
    fn size(&self) -> Option<u128> {
        self.inner.size().map(|size| size.saturating_add(self.added.len() as u128))
    }

    fn reads_history(&self) -> bool {
        self.inner.reads_history()
    }

    fn foreseeable(&self) -> Option<u64> {
        self.inner.foreseeable()
    }

    fn added(&self) -> &[(usize, Point)] {
        &self.added
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        if self.backfill.is_empty() {
            return self.inner.suggest(k, history);
        }
        let filled = |one: &Observation| Observation { point: self.backfill.fill(&one.point), ..one.clone() };
        self.inner.suggest(k, &history.iter().map(filled).collect::<Vec<_>>())
    }
}

#[cfg(test)]
#[path = "edited_tests.rs"]
mod tests;
