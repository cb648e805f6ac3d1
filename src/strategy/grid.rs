//! Grid search: every combination, each once.

use super::finite::Finite;
use super::sequence::Sequence;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::Config;
use crate::space::Distribution;
use crate::trial::TrialIndex;

/// The combinations of a space, last name fastest, or in a seeded order (`order: shuffled`).
///
/// With conditions or constraints trial k is the k-th combination for which they hold. The config's explicit
/// `points` are left out, because they are tried before the grid: each uses up the combination whose parameters all equal
/// its own; constants and whatever else it holds are ignored.
#[derive(Debug)]
pub struct Grid {
    sequence: Sequence,
}

impl Grid {
    /// The grid of a config.
    ///
    /// # Errors
    /// A parameter that can't be listed, or more combinations than can be counted.
    pub fn new(config: &Config, seed: u64) -> Result<Self, StrategyError> {
        let finite = Finite::new(config, Distribution::grid)?;
        Ok(Self { sequence: Sequence::new(finite, config.shuffled.then_some(seed), &config.points) })
    }
}

impl Strategy for Grid {
    fn size(&self) -> Option<u128> {
        Some(self.sequence.size())
    }

    fn suggest(&self, k: TrialIndex, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        Ok(self.sequence.get(k.0)?.map(Proposal::from))
    }
}
