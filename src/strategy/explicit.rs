//! The config's own `points`, before those of another strategy.

use super::{Observation, Proposal, Strategy, StrategyError};
use crate::space::Point;
use crate::trial::TrialIndex;

/// Trials 0 to n - 1 are the points; trial n is the inner strategy's trial 0.
pub(super) struct Explicit {
    /// The points in order.
    pub points: Vec<Point>,
    /// What comes after them.
    pub inner: Box<dyn Strategy>,
}

impl Strategy for Explicit {
    fn size(&self) -> Option<u128> {
        self.inner.size().map(|size| size.saturating_add(self.points.len() as u128))
    }

    fn reads_history(&self) -> bool {
        self.inner.reads_history()
    }

    fn foreseeable(&self) -> Option<u64> {
        let count = self.points.len() as u64;
        // Results of explicit points already stand in for some of the first points.
        self.inner.foreseeable().map(|first| first.max(count))
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let count = self.points.len() as u64;
        match usize::try_from(k.0).ok().and_then(|at| self.points.get(at)) {
            Some(point) => Ok(Some(point.clone().into())),
            None => self.inner.suggest(TrialIndex(k.0.saturating_sub(count)), history),
        }
    }
}
