//! What a ledger's runs said when they were read, and what follows from it. Nothing here asks a store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::claim::{FAILED, NO_RUN, SHARD, SettledClaim, UnfinishedTrial};
use super::keys::LedgerFact;
use crate::record::lease::read_claim;
use crate::tracking::{Run, RunId};
use crate::trial::TrialIndex;

/// What is known of one trial.
#[derive(Debug, Clone, Default)]
pub(super) struct TrialFacts {
    /// Attempts that were claimed: 1 to this one. 0: the trial is free.
    pub(super) attempts: u32,
    /// What the claim of the latest says.
    claim: String,
    /// The attempt that the present round began, or is to begin, with.
    round: u32,
    /// The attempts that were given back, each as the attempt that may follow it, and whether it had failed.
    backs: BTreeMap<u32, bool>,
    /// The result of each round that has one.
    done: BTreeMap<u32, RunId>,
    /// What the trial may be run with: the candidates in their order, from 1.
    pub(super) points: BTreeMap<u32, String>,
    /// So many of them are known to be other trials'.
    pub(super) lost: u32,
}

impl TrialFacts {
    /// The latest result, and the round that it is of.
    fn latest(&self) -> Option<(u32, &RunId)> {
        self.done.last_key_value().map(|(round, run)| (*round, run))
    }

    /// The result of the present round.
    fn result(&self) -> Option<&RunId> {
        self.latest().filter(|(round, _)| *round >= self.round.max(1)).map(|(_, run)| run)
    }

    /// Whether the present round has its result.
    pub(super) fn is_done(&self) -> bool {
        self.result().is_some()
    }

    /// Whether a run has been its result, in any round.
    pub(super) fn has_had_run(&self) -> bool {
        self.latest().is_some_and(|(_, run)| run.as_str() != NO_RUN)
    }

    fn is_begun(&self) -> bool {
        self.attempts > 0 || self.round > 0
    }

    /// Whether the next attempt may be claimed at once: what was given back late, after another attempt had taken the
    /// trial over, changes nothing.
    fn is_given_back(&self) -> bool {
        self.round > self.attempts
            || self.backs.last_key_value().is_some_and(|(next, _)| *next > self.attempts)
    }

    /// How many attempts of the present round were given back without having failed.
    fn preemptions(&self) -> u32 {
        let of_round = self.backs.range(self.round.max(1) + 1..);
        u32::try_from(of_round.filter(|(_, failed)| !**failed).count()).unwrap_or(u32::MAX)
    }
}

/// One run of the chain, and what is known of its trials.
#[derive(Debug, Clone)]
pub(super) struct LedgerShard {
    pub(super) run: RunId,
    first: u64,
    /// What is known of its trials. One that is not there is free.
    entries: BTreeMap<TrialIndex, TrialFacts>,
    /// Pieces of long texts of points, by what follows `pointtext/` in their keys.
    pub(super) pieces: BTreeMap<String, String>,
    /// Whether it was ever read.
    was_read: bool,
}

impl LedgerShard {
    pub(super) fn new(number: u64, run: RunId) -> Self {
        let first = number.saturating_mul(SHARD);
        Self { run, first, entries: BTreeMap::new(), pieces: BTreeMap::new(), was_read: false }
    }

    /// Takes in what the shard's run says.
    pub(super) fn learn(&mut self, run: &Run) {
        self.was_read = true;
        for (key, value) in &run.params {
            match LedgerFact::parse(key) {
                Some(LedgerFact::Claimed { trial, attempt }) => self.claimed(trial, attempt, value),
                Some(LedgerFact::Done { trial, round }) => {
                    if let Some(entry) = self.entry_mut(trial) {
                        entry.done.insert(round, RunId(value.clone()));
                    }
                }
                Some(LedgerFact::Again { trial, attempt }) => {
                    if let Some(entry) = self.entry_mut(trial) {
                        entry.round = entry.round.max(attempt);
                    }
                }
                Some(LedgerFact::Back { trial, attempt }) => {
                    if let Some(entry) = self.entry_mut(trial) {
                        entry.backs.insert(attempt, value == FAILED);
                    }
                }
                Some(LedgerFact::PointOf { trial, candidate }) => self.point_of(trial, candidate, value),
                Some(
                    LedgerFact::Reported { .. }
                    | LedgerFact::Given(_)
                    | LedgerFact::Shard(_)
                    | LedgerFact::Full(_)
                    | LedgerFact::PointShard(_),
                ) => {}
                None => {
                    if let Some(name) = key.strip_prefix("pointtext/") {
                        self.pieces.insert(name.to_owned(), value.clone());
                    }
                }
            }
        }
    }

    pub(super) fn claimed(&mut self, trial: TrialIndex, attempt: u32, claim: &str) {
        if let Some(entry) = self.entry_mut(trial)
            && attempt >= entry.attempts
        {
            entry.attempts = attempt;
            claim.clone_into(&mut entry.claim);
        }
    }

    pub(super) fn point_of(&mut self, trial: TrialIndex, candidate: u32, point: &str) {
        if let Some(entry) = self.entry_mut(trial) {
            entry.points.insert(candidate, point.to_owned());
        }
    }

    /// `None`: it is no trial of this run.
    fn entry_mut(&mut self, trial: TrialIndex) -> Option<&mut TrialFacts> {
        let offset = trial.0.checked_sub(self.first)?;
        (offset < SHARD).then(|| self.entries.entry(trial).or_default())
    }

    /// `None`: nothing is known of it.
    fn entry(&self, trial: TrialIndex) -> Option<&TrialFacts> {
        self.entries.get(&trial)
    }

    /// Trials with what is known of them.
    pub(super) fn trials(&self) -> impl Iterator<Item = (TrialIndex, &TrialFacts)> {
        self.entries.iter().map(|(trial, entry)| (*trial, entry))
    }

    pub(super) fn was_read(&self) -> bool {
        self.was_read
    }

    pub(super) fn is_free(&self, index: u64) -> bool {
        self.entry(TrialIndex(index)).is_none_or(|entry| entry.attempts == 0)
    }

    /// Whether nothing new is to be read in it, unless a person has trials run again.
    pub(super) fn is_complete(&self) -> bool {
        let all = self.entries.len() as u64 == SHARD;
        self.was_read && all && self.entries.values().all(TrialFacts::is_done)
    }
}

/// What a ledger said when it was read.
#[derive(Debug, Clone, Default)]
pub struct LedgerSnapshot {
    pub(super) shards: Vec<LedgerShard>,
}

/// What a ledger says of a sweep's trials, without who runs them.
#[derive(Debug, Clone, Default)]
pub struct LedgerLook {
    /// The run that is the result of each trial that has one.
    pub results: BTreeMap<TrialIndex, RunId>,
    /// Trials that were started and have no result.
    pub unfinished: BTreeSet<TrialIndex>,
    /// Indices for which there was no point left.
    pub empty: u64,
}

impl LedgerSnapshot {
    /// The same in short.
    #[must_use]
    pub fn look(&self) -> LedgerLook {
        let begun = self.trials().filter(|(_, entry)| entry.is_begun() && !entry.is_done());
        let unfinished = begun.map(|(trial, _)| trial).collect();
        LedgerLook { results: self.results(), unfinished, empty: self.empty() as u64 }
    }

    pub(super) fn entry(&self, trial: TrialIndex) -> Option<&TrialFacts> {
        self.shards.get(usize::try_from(trial.0 / SHARD).ok()?)?.entry(trial)
    }

    pub(super) fn shard_of(&mut self, trial: TrialIndex) -> Option<&mut LedgerShard> {
        self.shards.get_mut(usize::try_from(trial.0 / SHARD).ok()?)
    }

    /// The pieces of long texts that the trial's shard holds.
    pub(super) fn pieces_of(&self, trial: TrialIndex) -> Option<&BTreeMap<String, String>> {
        Some(&self.shards.get(usize::try_from(trial.0 / SHARD).ok()?)?.pieces)
    }

    /// Remembers that the first candidates of a trial, up to this one, are other trials'.
    pub(super) fn lose(&mut self, trial: TrialIndex, candidate: u32) {
        if let Some(entry) = self.shard_of(trial).and_then(|shard| shard.entry_mut(trial)) {
            entry.lost = entry.lost.max(candidate);
        }
    }

    pub(super) fn trials(&self) -> impl Iterator<Item = (TrialIndex, &TrialFacts)> {
        self.shards.iter().flat_map(LedgerShard::trials)
    }

    /// The run that is the result of each trial that has one, and is not to be run again.
    #[must_use]
    pub fn results(&self) -> BTreeMap<TrialIndex, RunId> {
        let results = self.trials().filter_map(|(trial, entry)| Some((trial, entry.result()?)));
        results.filter(|(_, run)| run.as_str() != NO_RUN).map(|(trial, run)| (trial, run.clone())).collect()
    }

    /// Indices for which there was no point left.
    #[must_use]
    pub fn empty(&self) -> usize {
        let results = self.trials().filter_map(|(_, entry)| entry.result());
        results.filter(|run| run.as_str() == NO_RUN).count()
    }

    /// The trials that have had a result, each with the latest: also that of a trial that is to be run again.
    #[must_use]
    pub fn settled(&self) -> Vec<SettledClaim> {
        let latest = self.trials().filter_map(|(trial, entry)| Some((trial, entry.latest()?)));
        latest.filter_map(|(trial, (round, run))| settled(trial, round, run)).collect()
    }

    /// Every result that a trial has ever had.
    #[must_use]
    pub fn all_settled(&self) -> Vec<SettledClaim> {
        let all = self.trials().flat_map(|(trial, entry)| entry.done.iter().map(move |done| (trial, done)));
        all.filter_map(|(trial, (round, run))| settled(trial, *round, run)).collect()
    }

    /// Trials that were started and have no result in their present round.
    #[must_use]
    pub fn unfinished(&self) -> Vec<UnfinishedTrial> {
        let begun = self.trials().filter(|(_, entry)| entry.is_begun() && !entry.is_done());
        begun
            .map(|(trial, entry)| {
                let (token, lease): (&str, Duration) = read_claim(&entry.claim);
                UnfinishedTrial {
                    trial,
                    attempts: entry.attempts,
                    token: token.to_owned(),
                    lease,
                    round: entry.round.max(1),
                    preemptions: entry.preemptions(),
                    given_back: entry.is_given_back(),
                }
            })
            .collect()
    }

    /// Trials that had several attempts and have their result, with the number of attempts: of these there may be runs
    /// that ended well and do not count.
    #[must_use]
    pub fn attempted_again(&self) -> BTreeMap<TrialIndex, u32> {
        let again = self.trials().filter(|(_, entry)| entry.attempts > 1 && entry.is_done());
        again.map(|(trial, entry)| (trial, entry.attempts)).collect()
    }
}

fn settled(trial: TrialIndex, round: u32, run: &RunId) -> Option<SettledClaim> {
    (run.as_str() != NO_RUN).then(|| SettledClaim { trial, round, run: run.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger whose root says this.
    fn ledger(facts: &[(&str, &str)]) -> LedgerSnapshot {
        let info = crate::tracking::RunInfo::sample("root", crate::trial::RunStatus::Running);
        let params = facts.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut shard = LedgerShard::new(0, info.id.clone());
        shard.learn(&Run { params, ..Run::bare(info) });
        LedgerSnapshot { shards: vec![shard] }
    }

    #[test]
    fn a_trial_that_is_to_be_run_again_has_no_result_wherever_one_asks() {
        let done = [("trial/000003", "me"), ("done/000003", "run-1")];
        let before = ledger(&done);
        assert_eq!(before.results(), BTreeMap::from([(TrialIndex(3), RunId("run-1".into()))]));
        assert_eq!(before.unfinished(), []);
        let reopened = ledger(&[done[0], done[1], ("again/000003/2", "yes")]);
        assert_eq!(reopened.results(), BTreeMap::new());
        let [trial] = &reopened.unfinished()[..] else { panic!("it is unfinished") };
        assert_eq!((trial.attempts, trial.round, trial.given_back), (1, 2, true));
        // What it gave before is still known.
        assert_eq!(reopened.settled(), reopened.all_settled());
        assert_eq!(reopened.settled().len(), 1);
    }

    #[test]
    fn an_attempt_that_was_interrupted_is_excused_and_one_that_failed_is_not() {
        let ledger = ledger(&[
            ("trial/000003", "me"),
            ("back/000003/2", "yes"),
            ("trial/000003/2", "you"),
            ("back/000003/3", "failed"),
        ]);
        let [trial] = &ledger.unfinished()[..] else { panic!("it is unfinished") };
        assert_eq!((trial.attempts, trial.preemptions, trial.given_back), (2, 1, true));
    }

    #[test]
    fn keys_that_no_agent_wrote_change_nothing_and_overflow_nothing() {
        let hostile = ledger(&[
            ("trial/000000", "me"),
            ("trial/000000/4294967295", "evil"),
            ("back/000000/4294967295", "yes"),
            ("again/000000/4294967295", "yes"),
            ("done/000000/4294967295", "run"),
            ("pointof/000000/4294967295", "{}"),
            ("trial/18446744073709551615", "evil"),
            ("shard/18446744073709551615", "evil"),
        ]);
        let [trial] = &hostile.unfinished()[..] else { panic!("one trial is under way") };
        assert_eq!((trial.attempts, trial.round, trial.preemptions, trial.given_back), (1, 1, 0, false));
        assert_eq!(trial.token, "me");
        assert_eq!(hostile.results(), BTreeMap::new());
    }

    #[test]
    fn a_claim_says_how_long_its_agent_may_be_silent() {
        let ledger = ledger(&[("trial/000000", "me"), ("trial/000001", "you lease=4")]);
        let owners: Vec<(String, Duration)> =
            ledger.unfinished().into_iter().map(|trial| (trial.token, trial.lease)).collect();
        let seconds = Duration::from_secs;
        assert_eq!(owners, [("me".to_owned(), seconds(60)), ("you".to_owned(), seconds(4))]);
    }
}
