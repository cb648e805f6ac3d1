//! What one agent knows of a ledger. Others may have moved on: what is known taken is taken, what seems free may not be.

use std::collections::BTreeSet;

use super::keys::Fact;
use super::{SHARD, Unfinished};
use crate::tracking::{Run, RunId};
use crate::trial::TrialIndex;

/// What is known of one trial.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// Attempts that were claimed: 1 to this one. 0: the trial is free.
    pub(super) attempts: u32,
    /// Who claimed the latest.
    token: String,
    /// The attempt that the present round began, or is to begin, with.
    pub(super) round: u32,
    /// The attempts that were given back, each as the attempt that may follow it.
    backs: BTreeSet<u32>,
    /// The result of the latest round that has one: the round and the run.
    pub(super) done: Option<(u32, RunId)>,
}

impl Entry {
    /// Whether the present round has its result.
    pub(super) fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(|(round, _)| *round >= self.round.max(1))
    }

    /// Whether the next attempt may be claimed at once: what was given back late, after another attempt had taken the
    /// trial over, changes nothing.
    fn is_given_back(&self) -> bool {
        self.round > self.attempts || self.backs.last().is_some_and(|next| *next > self.attempts)
    }

    /// How many attempts of the present round were given back.
    fn excused(&self) -> u32 {
        u32::try_from(self.backs.range(self.round.max(1) + 1..).count()).unwrap_or(u32::MAX)
    }
}

/// One run of the chain, and what is known of its trials.
pub(super) struct Shard {
    pub(super) run: RunId,
    first: u64,
    entries: Vec<Entry>,
}

impl Shard {
    pub(super) fn new(number: u64, run: RunId) -> Self {
        Self { run, first: number * SHARD, entries: vec![Entry::default(); SHARD as usize] }
    }

    /// Takes in what the shard's run says.
    pub(super) fn learn(&mut self, run: &Run) {
        for (key, value) in &run.params {
            match Fact::parse(key) {
                Some(Fact::Claimed { trial, attempt }) => self.claimed(trial, attempt, value),
                Some(Fact::Done { trial, round }) => {
                    if let Some(entry) = self.entry(trial)
                        && entry.done.as_ref().is_none_or(|(known, _)| *known < round)
                    {
                        entry.done = Some((round, RunId(value.clone())));
                    }
                }
                Some(Fact::Again { trial, attempt }) => {
                    if let Some(entry) = self.entry(trial) {
                        entry.round = entry.round.max(attempt);
                    }
                }
                Some(Fact::Back { trial, attempt }) => {
                    if let Some(entry) = self.entry(trial) {
                        entry.backs.insert(attempt);
                    }
                }
                Some(Fact::Shard(_)) | None => {}
            }
        }
    }

    pub(super) fn claimed(&mut self, trial: TrialIndex, attempt: u32, token: &str) {
        if let Some(entry) = self.entry(trial)
            && attempt > entry.attempts
        {
            entry.attempts = attempt;
            token.clone_into(&mut entry.token);
        }
    }

    fn entry(&mut self, trial: TrialIndex) -> Option<&mut Entry> {
        let offset = usize::try_from(trial.0.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(offset)
    }

    /// Trials with what is known of them.
    pub(super) fn trials(&self) -> impl Iterator<Item = (TrialIndex, &Entry)> {
        (self.first..).map(TrialIndex).zip(&self.entries)
    }

    fn is_free(&self, index: u64) -> bool {
        let offset = usize::try_from(index - self.first).unwrap_or(usize::MAX);
        self.entries.get(offset).is_some_and(|entry| entry.attempts == 0)
    }
}

/// The chain, and where the agent is in it.
pub(super) struct View {
    pub(super) shards: Vec<Shard>,
    /// Where the next claim is tried.
    pub(super) cursor: u64,
    /// Lost claims so far: each one moves the agent to another place.
    losses: u64,
}

impl View {
    /// Begins at the last shard: whoever opened it had found the ones before it full.
    pub(super) fn new(shards: Vec<Shard>) -> Self {
        let cursor = (shards.len() as u64 - 1) * SHARD;
        Self { shards, cursor, losses: 0 }
    }

    pub(super) fn shard_of(&mut self, trial: TrialIndex) -> Option<&mut Shard> {
        self.shards.get_mut(usize::try_from(trial.0 / SHARD).ok()?)
    }

    /// The trials of the last shard that may be claimed: the ones before were full when it was entered.
    fn range(&self, limit: Option<u64>) -> std::ops::Range<u64> {
        let shards = self.shards.len() as u64;
        let end = (shards * SHARD).min(limit.unwrap_or(u64::MAX));
        ((shards - 1) * SHARD).min(end)..end
    }

    /// The first free index from the cursor on, and else the first one before it.
    pub(super) fn next_free(&self, limit: Option<u64>) -> Option<u64> {
        let shard = self.shards.last()?;
        let range = self.range(limit);
        let cursor = self.cursor.clamp(range.start, range.end);
        (cursor..range.end).chain(range.start..cursor).find(|index| shard.is_free(*index))
    }

    /// Moves the cursor to a free index that depends on the agent, so that agents spread out.
    pub(super) fn move_away(&mut self, token: &str, limit: Option<u64>) {
        self.losses += 1;
        let Some(shard) = self.shards.last() else { return };
        let free: Vec<u64> = self.range(limit).filter(|index| shard.is_free(*index)).collect();
        if let Some(place) = fingerprint(token, self.losses).checked_rem(free.len() as u64) {
            self.cursor = free[usize::try_from(place).unwrap_or(0)];
        }
    }

    /// Trials that were begun and have no result in their present round.
    pub(super) fn unfinished(&self) -> Vec<Unfinished> {
        self.shards
            .iter()
            .flat_map(Shard::trials)
            .filter(|(_, entry)| (entry.attempts > 0 || entry.round > 0) && !entry.is_done())
            .map(|(trial, entry)| Unfinished {
                trial,
                attempts: entry.attempts,
                token: entry.token.clone(),
                round: entry.round.max(1),
                excused: entry.excused(),
                given_back: entry.is_given_back(),
            })
            .collect()
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
