//! Where one agent is in a ledger. Others may have moved on: what is known taken is taken, what seems free may not be.

use super::SHARD;
use super::snapshot::{LedgerShard, LedgerSnapshot};

/// What is known of the chain, and where the agent is in it.
pub(super) struct LedgerView {
    pub(super) known: LedgerSnapshot,
    /// Where the next claim is tried.
    pub(super) cursor: u64,
    /// Lost claims so far: each one moves the agent to another place.
    losses: u64,
    /// When a person last had trials run again, as far as is known: complete shards are read again then.
    pub(super) reopened: Option<String>,
}

impl LedgerView {
    /// Begins at the last shard: anyone who opened it had found the ones before it full.
    pub(super) fn new(shards: Vec<LedgerShard>, reopened: Option<String>) -> Self {
        let cursor = (shards.len() as u64 - 1) * SHARD;
        Self { known: LedgerSnapshot { shards }, cursor, losses: 0, reopened }
    }

    /// The trials of the last shard that may be claimed: the ones before were full when it was entered.
    fn range(&self, limit: Option<u64>) -> std::ops::Range<u64> {
        let shards = self.known.shards.len() as u64;
        let end = (shards * SHARD).min(limit.unwrap_or(u64::MAX));
        ((shards - 1) * SHARD).min(end)..end
    }

    /// The first free index from the cursor on, and else the first one before it.
    pub(super) fn next_free(&self, limit: Option<u64>) -> Option<u64> {
        let shard = self.known.shards.last()?;
        let range = self.range(limit);
        let cursor = self.cursor.clamp(range.start, range.end);
        (cursor..range.end).chain(range.start..cursor).find(|index| shard.is_free(*index))
    }

    /// Moves the cursor to a free index that depends on the agent, so that agents spread out.
    pub(super) fn move_away(&mut self, token: &str, limit: Option<u64>) {
        self.losses += 1;
        let Some(shard) = self.known.shards.last() else { return };
        let free: Vec<u64> = self.range(limit).filter(|index| shard.is_free(*index)).collect();
        if let Some(place) = fingerprint(token, self.losses).checked_rem(free.len() as u64) {
            self.cursor = free[usize::try_from(place).unwrap_or(0)];
        }
    }

    /// Trials that are taken.
    pub(super) fn taken(&self) -> u64 {
        let full = (self.known.shards.len() as u64 - 1) * SHARD;
        let last = self.known.shards.last();
        let taken = last.map_or(0, |shard| shard.trials().filter(|(_, entry)| entry.attempts > 0).count());
        full + taken as u64
    }
}

/// FNV-1a over the token and a counter, finished by a multiplication that spreads the low bits.
fn fingerprint(token: &str, counter: u64) -> u64 {
    let bytes = token.bytes().chain(counter.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17
}
