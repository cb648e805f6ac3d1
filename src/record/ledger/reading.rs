//! A ledger read from outside, by those who claim nothing.

use super::snapshot::{LedgerShard, LedgerSnapshot};
use super::{Ledger, shard_runs};
use crate::tracking::{Result, RunId, Store};

impl Ledger {
    /// Reads the whole ledger whose root is `root`.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(store: &dyn Store, root: &RunId) -> Result<LedgerSnapshot> {
        let root = store.run(root).await?;
        let mut first = LedgerShard::new(0, root.info.id.clone());
        first.learn(&root);
        let mut shards = vec![first];
        for (number, run) in (1..).zip(shard_runs(&root)) {
            let mut shard = LedgerShard::new(number, run.clone());
            shard.learn(&store.run(&run).await?);
            shards.push(shard);
        }
        Ok(LedgerSnapshot { shards })
    }

    /// The runs of a ledger: its root, and those that hold what did not fit there.
    ///
    /// # Errors
    /// As the store's.
    pub async fn runs(store: &dyn Store, root: &RunId) -> Result<Vec<RunId>> {
        let run = store.run(root).await?;
        let mut runs = vec![root.clone()];
        runs.extend(shard_runs(&run));
        runs.extend(super::point_shards::shard_runs(&run));
        Ok(runs)
    }
}
