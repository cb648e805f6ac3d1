//! Where one agent is in a ledger. Others may have moved on: what is known taken is taken, what seems free may not be.

use super::claim::{ClaimOrder, SHARD};
use super::keys::LedgerFact;
use super::snapshot::{LedgerShard, LedgerSnapshot};
use crate::tracking::Run;

/// So many agents share a run of the chain without getting into each other's way: each is left some thirty trials of it.
const ABREAST: u64 = 32;
/// Runs that are open at a time, at most.
const WIDEST: u64 = 64;

/// What is known of the chain, and where the agent is in it.
pub(super) struct LedgerView {
    pub(super) known: LedgerSnapshot,
    /// The run of the chain in which claims are tried.
    pub(super) current: usize,
    /// Where the next claim is tried.
    pub(super) cursor: u64,
    /// Trials of the current run that were free when it was entered, and those of them that this agent got.
    free_at_entry: u64,
    won: u64,
    /// Lost claims so far: each one moves the agent to another place.
    pub(super) losses: u64,
    /// When a person last had trials run again, as far as is known: complete shards are read again then.
    pub(super) reopened: Option<String>,
}

impl LedgerView {
    /// Begins in one of the shards.
    pub(super) fn new(shards: Vec<LedgerShard>, current: usize, reopened: Option<String>) -> Self {
        let known = LedgerSnapshot { shards };
        let mut view = Self { known, current, cursor: 0, free_at_entry: 0, won: 0, losses: 0, reopened };
        view.enter(current, None);
        view
    }

    /// Goes to the beginning of a shard.
    pub(super) fn enter(&mut self, shard: usize, limit: Option<u64>) {
        self.current = shard;
        self.cursor = shard as u64 * SHARD;
        self.free_at_entry = self.free(limit).count() as u64;
        self.won = 0;
    }

    /// Remembers that a claim was won; the next one is tried after it.
    pub(super) fn win(&mut self, index: u64) {
        self.won += 1;
        self.cursor = index + 1;
    }

    /// The trials of a shard that may be claimed.
    fn range(shard: usize, limit: Option<u64>) -> std::ops::Range<u64> {
        let start = shard as u64 * SHARD;
        let end = (start + SHARD).min(limit.unwrap_or(u64::MAX));
        start.min(end)..end
    }

    /// The free trials of the current shard.
    fn free(&self, limit: Option<u64>) -> impl Iterator<Item = u64> {
        let shard = self.known.shards.get(self.current);
        Self::range(self.current, limit).filter(move |index| shard.is_some_and(|shard| shard.is_free(*index)))
    }

    /// The first free index from the cursor on, and else the first one before it.
    pub(super) fn next_free(&self, limit: Option<u64>) -> Option<u64> {
        let shard = self.known.shards.get(self.current)?;
        let range = Self::range(self.current, limit);
        let cursor = self.cursor.clamp(range.start, range.end);
        (cursor..range.end).chain(range.start..cursor).find(|index| shard.is_free(*index))
    }

    /// Moves the cursor to a free index that depends on the agent, so that agents spread out.
    pub(super) fn move_away(&mut self, token: &str, limit: Option<u64>) {
        self.losses += 1;
        let free: Vec<u64> = self.free(limit).collect();
        if let Some(place) = self.one_of(free.len(), token) {
            self.cursor = free[place];
        }
    }

    /// One of so many places, by the agent and what it has met so far.
    pub(super) fn one_of(&self, places: usize, token: &str) -> Option<usize> {
        let place = fingerprint(token, self.losses).checked_rem(places as u64)?;
        usize::try_from(place).ok()
    }

    /// Whether every trial of a shard is known to be taken.
    pub(super) fn is_full(&self, shard: usize, limit: Option<u64>) -> bool {
        let known = self.known.shards.get(shard);
        known.is_some_and(|known| Self::range(shard, limit).all(|index| !known.is_free(index)))
    }

    /// How many shards should be open, judged by this agent's share of the one that it leaves, where `open` others are.
    pub(super) fn width(&self, open: usize) -> u64 {
        let agents_here = self.free_at_entry / self.won.max(1);
        (agents_here * (open as u64 + 1)).div_ceil(ABREAST).clamp(1, WIDEST)
    }

    /// Trials that are taken. What was never read lies before the place where the agent began, and was full then.
    pub(super) fn taken(&self) -> u64 {
        let shards = self.known.shards.iter().enumerate();
        let taken = shards.map(|(number, shard)| match shard.was_read() {
            true => shard.trials().filter(|(_, entry)| entry.attempts > 0).count() as u64,
            false if number < self.current => SHARD,
            false => 0,
        });
        taken.sum()
    }
}

/// Where an agent begins: in an open shard, which for most sweeps is the last.
pub(super) fn first_place(root: &Run, shards: usize, order: ClaimOrder, token: &str) -> usize {
    let last = shards.saturating_sub(1);
    if order == ClaimOrder::Ascending || root.param(&LedgerFact::Full(0).key()).is_none() {
        return last;
    }
    let open: Vec<usize> = (0..shards).filter(|shard| !is_marked(root, *shard)).collect();
    let place = fingerprint(token, 0).checked_rem(open.len() as u64);
    place.and_then(|place| open.get(usize::try_from(place).ok()?).copied()).unwrap_or(last)
}

/// Whether somebody has found this shard full.
pub(super) fn is_marked(root: &Run, shard: usize) -> bool {
    root.param(&LedgerFact::Full(shard as u64).key()).is_some()
}

/// FNV-1a over the token and a counter, finished by a multiplication that spreads the low bits.
fn fingerprint(token: &str, counter: u64) -> u64 {
    let bytes = token.bytes().chain(counter.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17
}
