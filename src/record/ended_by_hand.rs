//! Orders to end one attempt of a trial, as tags of the parent run: the agent that runs it reads them with its other orders.

use super::catalog::Sweep;
use super::tags;
use crate::tracking::{Result, Run, Store};
use crate::trial::TrialIndex;

/// What the tag says.
const YES: &str = "yes";

fn key(trial: TrialIndex, attempt: u32) -> String {
    format!("{}{:06}.{attempt}", tags::END_PREFIX, trial.0)
}

/// Whether a person has asked for the end of this attempt.
#[must_use]
pub fn is_ended_by_hand(parent: &Run, trial: TrialIndex, attempt: u32) -> bool {
    parent.tag(&key(trial, attempt)) == Some(YES)
}

impl Sweep {
    /// Asks the agents that run these attempts to end them. They count as stopped early: what they have logged is kept.
    ///
    /// # Errors
    /// As the store's.
    pub async fn end_attempts(&self, store: &dyn Store, attempts: &[(TrialIndex, u32)]) -> Result<()> {
        let orders: Vec<(String, String)> =
            attempts.iter().map(|(trial, attempt)| (key(*trial, *attempt), YES.to_owned())).collect();
        store.log_batch(self.id(), &[], &[], &orders).await
    }
}
