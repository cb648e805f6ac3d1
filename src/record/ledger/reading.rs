//! A ledger read from outside, by those who claim nothing.

use std::collections::BTreeMap;

use super::keys::Fact;
use super::view::{self, Shard, View};
use super::{Ledger, LedgerState, NO_RUN, Settled, shard_runs};
use crate::tracking::{Result, Run, RunId, Store};
use crate::trial::TrialIndex;

impl Ledger {
    /// Every result that a trial has ever had, the superseded ones of earlier rounds, too.
    ///
    /// # Errors
    /// As the store's.
    pub async fn all_settled(store: &dyn Store, root: &RunId) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        for run in Self::runs(store, root).await? {
            let run = store.run(&run).await?;
            settled.extend(run.params.iter().filter_map(|(key, value)| match Fact::parse(key) {
                Some(Fact::Done { trial, round }) if value != NO_RUN => {
                    Some(Settled { trial, round, run: RunId(value.clone()) })
                }
                _ => None,
            }));
        }
        Ok(settled)
    }

    /// Reads which trials were begun, and what came of them.
    ///
    /// # Errors
    /// As the store's.
    pub async fn state(store: &dyn Store, root: &RunId) -> Result<LedgerState> {
        let root = store.run(root).await?;
        let mut shards = vec![Shard::new(0, root.info.id.clone())];
        shards[0].learn(&root);
        for (number, run) in (1..).zip(shard_runs(&root)) {
            let mut shard = Shard::new(number, run.clone());
            shard.learn(&store.run(&run).await?);
            shards.push(shard);
        }
        let view = View::new(shards);
        let done = view.shards.iter().flat_map(Shard::trials).filter(|(_, entry)| entry.is_done());
        let results = done.filter_map(|(trial, entry)| Some((trial, entry.done.clone()?.1)));
        let mut results: BTreeMap<TrialIndex, RunId> = results.collect();
        let taken = results.len();
        results.retain(|_, run| run.as_str() != NO_RUN);
        Ok(LedgerState { empty: taken - results.len(), results, unfinished: view.unfinished() })
    }

    /// Reads which run is the result of each trial that has one.
    ///
    /// # Errors
    /// As the store's.
    pub async fn results(store: &dyn Store, root: &RunId) -> Result<BTreeMap<TrialIndex, RunId>> {
        let root = store.run(root).await?;
        let mut results = BTreeMap::new();
        let mut collect = |number: u64, run: &Run| {
            let mut shard = Shard::new(number, run.info.id.clone());
            shard.learn(run);
            let done = |(trial, entry): (TrialIndex, &view::Entry)| {
                entry
                    .done
                    .as_ref()
                    .filter(|(_, run)| run.as_str() != NO_RUN)
                    .map(|(_, run)| (trial, run.clone()))
            };
            results.extend(shard.trials().filter_map(done));
        };
        collect(0, &root);
        for (number, run) in (1..).zip(shard_runs(&root)) {
            collect(number, &store.run(&run).await?);
        }
        Ok(results)
    }

    /// The runs of a ledger: its root, and those that came after it.
    ///
    /// # Errors
    /// As the store's.
    pub async fn runs(store: &dyn Store, root: &RunId) -> Result<Vec<RunId>> {
        let run = store.run(root).await?;
        Ok(std::iter::once(root.clone()).chain(shard_runs(&run)).collect())
    }
}
