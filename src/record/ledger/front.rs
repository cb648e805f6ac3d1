//! Which runs of the chain are open to new claims. Where few agents work that is one, and trials are taken nearly in their order.
//!
//! A thousand agents in a shard of a thousand trials would each get one of it, after several lost claims, and would then all
//! have to read the next. So an agent that leaves a full shard judges by its own share how many agents work there, and sees to it
//! that so many shards are open that some thirty agents share one. `full/…` on the root says which are not open any more.

use super::keys::LedgerFact;
use super::snapshot::LedgerShard;
use super::view::{LedgerView, is_marked};
use super::{ClaimOrder, Ledger, SHARD, shard_runs};
use crate::tracking::{Result, Run, RunId};

impl LedgerView {
    /// Takes in which runs the chain has.
    pub(super) fn take_in(&mut self, root: &Run) {
        for run in shard_runs(root).into_iter().skip(self.known.shards.len() - 1) {
            let number = self.known.shards.len() as u64;
            self.known.shards.push(LedgerShard::new(number, run));
        }
    }

    /// The shards in which there may be something free.
    fn open(&self, root: &Run, limit: Option<u64>) -> Vec<usize> {
        let shards = 0..self.known.shards.len();
        shards.filter(|shard| !is_marked(root, *shard) && !self.is_full(*shard, limit)).collect()
    }
}

impl Ledger {
    /// Leaves a shard whose trials are all taken for another one; false where every trial is taken.
    pub(super) async fn move_on(&self, view: &mut LedgerView) -> Result<bool> {
        if view.known.shards.len() == 1 && self.ends_before(1) {
            return Ok(false);
        }
        if self.order == ClaimOrder::Ascending {
            return self.enter_next_shard(view).await;
        }
        let mut root = self.store.run(&self.root.id).await?;
        self.mark_full(view, &root).await?;
        let mut was_late = false;
        loop {
            view.take_in(&root);
            let open = view.open(&root, self.limit());
            let wanted = view.width(open.len());
            let too_few = open.is_empty() || (open.len() as u64) < wanted / 2;
            let may_open = !self.ends_before(view.known.shards.len() as u64);
            if too_few && may_open && (open.is_empty() || !was_late) {
                if let Some(shard) = self.open_more(view, wanted - open.len() as u64).await? {
                    view.enter(shard, self.limit());
                    return Ok(true);
                }
                // Another agent is opening some: one is there already.
                was_late = true;
                root = self.store.run(&self.root.id).await?;
                continue;
            }
            let Some(shard) = view.one_of(open.len(), &self.token).map(|place| open[place]) else {
                return Ok(false);
            };
            self.read_shard(view, shard).await?;
            if !view.is_full(shard, self.limit()) {
                view.enter(shard, self.limit());
                view.move_away(&self.token, self.limit());
                return Ok(true);
            }
        }
    }

    /// Enters the shard after the last that is known, making it if need be; false where the limit lies before it.
    pub(super) async fn enter_next_shard(&self, view: &mut LedgerView) -> Result<bool> {
        let number = view.known.shards.len();
        if self.ends_before(number as u64) {
            return Ok(false);
        }
        let root = self.store.run(&self.root.id).await?;
        let key = LedgerFact::Shard(number as u64);
        let run = match root.param(&key.key()) {
            Some(id) => RunId(id.to_owned()),
            None => self.make_shard(key, &number.to_string()).await?.0,
        };
        view.known.shards.push(LedgerShard::new(number as u64, run));
        self.read_shard(view, number).await?;
        view.enter(number, self.limit());
        Ok(true)
    }

    /// Whether no trial of this shard may be run.
    fn ends_before(&self, shard: u64) -> bool {
        self.limit().is_some_and(|limit| shard.saturating_mul(SHARD) >= limit)
    }

    async fn read_shard(&self, view: &mut LedgerView, shard: usize) -> Result<()> {
        if let Some(shard) = view.known.shards.get_mut(shard) {
            shard.learn(&self.store.run(&shard.run).await?);
        }
        Ok(())
    }

    /// Lets others know that the current shard is full. One that the limit cuts off is not marked: who raises the limit finds
    /// the rest of it.
    async fn mark_full(&self, view: &LedgerView, root: &Run) -> Result<()> {
        let shard = view.current;
        if !is_marked(root, shard) && view.is_full(shard, None) {
            self.store.log_param(&self.root.id, &LedgerFact::Full(shard as u64).key(), "yes").await?;
        }
        Ok(())
    }

    /// Makes so many shards, at least one: the first of them; `None`: another agent was faster.
    async fn open_more(&self, view: &mut LedgerView, number: u64) -> Result<Option<usize>> {
        let first = view.known.shards.len();
        for _ in 0..number.max(1) {
            let next = view.known.shards.len() as u64;
            if self.ends_before(next) {
                break;
            }
            let (run, is_own) = self.make_shard(LedgerFact::Shard(next), &next.to_string()).await?;
            if !is_own && next == first as u64 {
                return Ok(None);
            }
            view.known.shards.push(LedgerShard::new(next, run));
        }
        // Nobody knew of it a moment ago, but others may by now: it counts as read, so that what is claimed in it shows.
        self.read_shard(view, first).await?;
        Ok(Some(first))
    }
}
