//! Grid search: every combination, each once.

use super::finite::Finite;
use super::sequence::Sequence;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::Config;
use crate::space::{Distribution, Point};

/// The combinations of a space, last name fastest, or in a seeded order (`order: shuffled`).
///
/// With conditions or constraints trial k is the k-th combination for which they hold. The config's explicit
/// `points` are left out, because they are tried before the grid.
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
        Self::without(config, seed, &config.points)
    }

    /// The grid of a config without the points that known runs, in any state, have used up.
    ///
    /// A run uses up the point whose parameters all equal its own; constants and whatever else it holds are ignored.
    ///
    /// # Errors
    /// A parameter that can't be listed, or more combinations than can be counted.
    pub fn without(config: &Config, seed: u64, known: &[Point]) -> Result<Self, StrategyError> {
        let finite = Finite::new(config, Distribution::grid)?;
        Ok(Self { sequence: Sequence::new(finite, config.shuffled.then_some(seed), known) })
    }
}

impl Strategy for Grid {
    fn size(&self) -> Option<u128> {
        Some(self.sequence.size())
    }

    fn suggest(&self, k: u64, _: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        Ok(self.sequence.get(k)?.map(Proposal::from))
    }
}

/// The next `n` free points of a grid, given the runs that are known, in any state.
///
/// # Errors
/// As [`Grid::without`] and [`Strategy::suggest`].
pub fn unseen(config: &Config, seed: u64, known: &[Point], n: u64) -> Result<Vec<Point>, StrategyError> {
    let grid = Grid::without(config, seed, known)?;
    let mut points = Vec::new();
    for k in 0..n {
        match grid.point(k)? {
            Some(point) => points.push(point),
            None => break,
        }
    }
    Ok(points)
}
