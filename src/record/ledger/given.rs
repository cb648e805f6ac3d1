//! Which trials are run with the points that were added to a running sweep: each point is given to one trial, the next that
//! is free, whichever agent has it.

use std::collections::BTreeMap;

use super::Ledger;
use super::keys::LedgerFact;
use crate::tracking::{ParamWrite, Result};
use crate::trial::TrialIndex;

impl Ledger {
    /// Gives a trial the first of the points at `places` that no other trial has; one that it has already stays its own.
    /// `None`: each has its trial.
    ///
    /// # Errors
    /// As the store's.
    pub async fn give_point(&self, trial: TrialIndex, places: &[usize]) -> Result<Option<usize>> {
        let known = self.given_points().await?;
        if let Some(own) = places.iter().find(|place| known.get(place) == Some(&trial)) {
            return Ok(Some(*own));
        }
        for place in places.iter().filter(|place| !known.contains_key(place)) {
            let key = LedgerFact::Given(*place as u64).key();
            if self.store.log_param(&self.root.id, &key, &trial.to_string()).await? == ParamWrite::Held {
                return Ok(Some(*place));
            }
        }
        Ok(None)
    }

    /// Which trial has which of the points that were added.
    async fn given_points(&self) -> Result<BTreeMap<usize, TrialIndex>> {
        let root = self.store.run(&self.root.id).await?;
        let given = root.params.iter().filter_map(|(key, value)| match LedgerFact::parse(key) {
            Some(LedgerFact::Given(place)) => Some((usize::try_from(place).ok()?, value.parse().ok()?)),
            _ => None,
        });
        Ok(given.collect())
    }
}
